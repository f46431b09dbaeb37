package retry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/retry"
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

// A host that lets everybody in and then says nothing is away, however long each try takes.
func TestRetryEndsOnASilentHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, silent := time.Now(), fmt.Errorf("%w: %w", transport.ErrLost, transport.ErrSilent)
		err := retry.Do(t.Context(), time.Minute, func() error { <-time.After(25 * time.Second); return silent })
		if !errors.Is(err, silent) || time.Since(start) > 2*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestRetryEnds(t *testing.T) {
	t.Parallel()
	if err := retry.Do(t.Context(), 0, func() error { return transport.ErrLost }); !errors.Is(err, transport.ErrLost) {
		t.Error(err)
	}
}
