package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// What is not worth another try at once may still pass for a host that was connected to before.
func TestWhatMayPass(t *testing.T) {
	t.Parallel()
	d := &Dialer{}
	for _, test := range []struct {
		err        *attemptError
		now, later bool
	}{
		{&attemptError{stage: reaching, cause: errors.New("connection refused")}, true, true},
		{&attemptError{stage: reaching, cause: context.DeadlineExceeded}, false, true},
		{&attemptError{stage: greeting, cause: context.DeadlineExceeded}, false, true},
		{&attemptError{stage: reaching, cause: &net.DNSError{Err: "no such host", IsNotFound: true}}, false, true},
		{&attemptError{stage: offeredKey, cause: context.DeadlineExceeded}, false, false},
		{&attemptError{stage: reaching, cause: &ssh.OpenChannelError{Reason: ssh.Prohibited}}, false, false},
		{&attemptError{stage: greeting, cause: &ssh.AlgorithmNegotiationError{}}, false, false},
	} {
		name := fmt.Sprintf("%v at stage %d", test.err, test.err.stage)
		if got := transient(test.err); got != test.now {
			t.Errorf("%s: worth another try: %t", name, got)
		}
		explained := d.explain(t.Context(), hop{name: "web1", address: deploy.Address{Host: "web1"}}, test.err)
		if got := errors.Is(explained, transport.ErrUnreachable); got != test.later {
			t.Errorf("%s: may be back later: %t", name, got)
		}
	}
}
