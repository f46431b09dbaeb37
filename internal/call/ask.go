package call

import (
	"context"
	"fmt"
	"io"

	"github.com/slipway/slipway/internal/call/request"
)

// Ask is Send for a request whose answer is what it is sent for: it gives the body, of which more than limit bytes is an error.
func Ask(ctx context.Context, r request.Filled, policy Policy, limit int64, said func(line string)) (body []byte, err error) {
	t := &try{request: r, policy: policy, said: said}
	response, err := t.do(ctx)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, t.failed(ctx, err)
	case int64(len(body)) > limit:
		return nil, &Error{Cause: fmt.Errorf("the answer is longer than %d KiB", limit>>10), Hint: "is this the right address?"}
	}
	return body, nil
}
