package rollout_test

import (
	"context"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/release/stage"
)

// brought is an artifact whose payloads may be slowed, and its deltas fail.
type brought struct {
	*artifact.Artifact
	slowed  func(stage.Payload) stage.Payload // may be nil
	noDelta error
}

func (b brought) Payload(ctx context.Context, encoding string) (stage.Payload, error) {
	payload, err := b.Artifact.Payload(ctx, encoding)
	if b.slowed != nil && err == nil {
		return b.slowed(payload), nil
	}
	return payload, err
}

func (b brought) Patched(ctx context.Context, reuse *content.Reuse, old content.Old, thorough bool) (stage.Payload, error) {
	return b.Artifact.Patched(ctx, reuse, old, thorough)
}

func (b brought) Delta(ctx context.Context, reuse *content.Reuse, encoding string) (stage.Payload, error) {
	if b.noDelta != nil {
		return nil, b.noDelta
	}
	return b.Artifact.Delta(ctx, reuse, encoding)
}

func (b brought) Listing(ctx context.Context, encoding string) (stage.Payload, error) {
	return b.Artifact.Listing(ctx, encoding)
}
