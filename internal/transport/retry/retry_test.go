package retry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/transport"
	"slipway/internal/transport/retry"
)

func TestRetryDoesAgainWhatTheLinkFailed(t *testing.T) {
	t.Parallel()
	tries := 0
	err := retry.Do(t.Context(), time.Minute, func() error {
		if tries++; tries == 1 {
			return transport.ErrLost
		}
		return nil
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestRetryLeavesOtherErrorsAlone(t *testing.T) {
	t.Parallel()
	tries := 0
	refused := &deploy.Error{Cause: errors.New("refuses the key")}
	err := retry.Do(context.Background(), time.Minute, func() error { tries++; return refused })
	if !errors.Is(err, refused) || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestRetryEnds(t *testing.T) {
	t.Parallel()
	if err := retry.Do(t.Context(), 0, func() error { return transport.ErrLost }); !errors.Is(err, transport.ErrLost) {
		t.Error(err)
	}
}
