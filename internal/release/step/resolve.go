package step

import (
	"context"
	"errors"

	"slipway/internal/release"
	"slipway/internal/transport"
)

// Resolve writes down what a person, or the step's check, found out about an instance whose outcome is unknown: "done"
// makes it a success, "rerun" void.
func Resolve(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, decision string) error {
	return errors.ErrUnsupported
}
