package ssh

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/transport/ssh/program"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// throughProgram makes one connection that is a program. Not many begin at once: each may start an interpreter and ask a cloud.
func (d *Dialer) throughProgram(ctx context.Context, hop hop, algorithms []string, login sshkey.Login) (*link, error) {
	free, err := d.starting.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	ctx, cancel := context.WithTimeout(ctx, d.config.ConnectTimeout)
	defer cancel()
	conn, err := d.programs.Start(hop.proxy)
	if err != nil {
		return nil, &attemptError{stage: reaching, cause: err}
	}
	l, err := d.handshake(ctx, hop, watch(conn), algorithms, login)
	var failure *attemptError
	if errors.As(err, &failure) {
		failure.stderr = conn.Said()
	}
	return l, err
}

// notThere reports whether the program of a connection is not there, or may not be run: that does not pass.
func notThere(err error) bool {
	var start *program.StartError
	var end *program.EndError
	return errors.As(err, &start) || errors.As(err, &end) && end.NotFound()
}

// ofProgram is the cause and the hint of a program over which no SSH server was heard, and the last lines that it printed.
func (e *attemptError) ofProgram(hop hop) (cause error, hint string, lines []string) {
	name, address := hop.proxy[0], hop.address.String()
	if said := strings.TrimSpace(e.stderr); said != "" {
		lines = strings.Split(said, "\n")
	}
	var start *program.StartError
	var end *program.EndError
	switch {
	case errors.As(e.cause, &start):
		return fmt.Errorf("%w; it is the proxy_command of %s", start, address), notThereHint, nil
	case errors.As(e.cause, &end) && end.NotFound():
		return fmt.Errorf("no SSH server at %s: %w", address, end), notThereHint, lines
	case errors.As(e.cause, &end):
		return fmt.Errorf("no SSH server at %s: %w", address, end), "is it logged in, and does it name the host as it should? " + byHand, lines
	case errors.Is(e.cause, context.DeadlineExceeded):
		return fmt.Errorf("`%s` is no way to %s: no SSH version came in time", name, address),
			"it may wait for an answer that nobody gives, or for a host that is silent. " + byHand, lines
	}
	return fmt.Errorf("`%s` is no way to %s: %w", name, address, short(e.cause)),
		"its standard output must be the connection and nothing else. " + byHand, lines
}

const (
	notThereHint = "install it in a step before, on the runner: a container action sees no program of the runner's, so run Slipway there, too (docs/networks.md)"
	byHand       = "Run in a step of the job it must print a line that begins with SSH-2.0"
)
