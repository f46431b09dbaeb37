package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Receiver is an address that is told on some occasions.
type Receiver struct {
	Service string        // slack, mattermost, teams, discord or webhook
	URL     secret.Secret // of which nothing but the host is shown
	Key     secret.Secret // of webhook: what the signature is made with
	On      []deploy.Occasion
}

// payloads make what each service takes of a message.
func payloads() map[string]func(Message) any {
	return map[string]func(Message) any{"slack": slack, "mattermost": mattermost, "teams": teams, "discord": discord, "webhook": webhook}
}

// policy bounds one message to one receiver, beside the time that all of them have together.
var policy = call.Policy{Timeout: 4 * time.Second, Retries: 3, Wait: 500 * time.Millisecond}

// host is the part of the address that may be shown.
func (r Receiver) host() string {
	u, err := url.Parse(r.URL.Reveal())
	if err != nil {
		return ""
	}
	return u.Host
}

// send tells a receiver. Its error names service and host, and nothing else of the address. What may be sent twice is: a webhook, whose
// receiver knows it by its ID. A chat would show it twice.
func (r Receiver) send(ctx context.Context, m Message, now time.Time) error {
	filled, err := r.request(m, now)
	if err == nil {
		_, err = call.Send(ctx, filled, policy, func(string) {})
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s (%s): %s", r.Service, r.host(), call.Plainly(err))
}

// encoded is a payload as JSON. HTML is not escaped in it: what a service shows is escaped for it.
func encoded(payload any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(payload)
	return bytes.TrimRight(body.Bytes(), "\n"), err
}

// request is what is sent.
func (r Receiver) request(m Message, now time.Time) (request.Filled, error) {
	address, err := request.Address(r.URL.Reveal(), false)
	if err != nil {
		return request.Filled{}, errors.New("its secret holds no https address")
	}
	body, err := encoded(payloads()[r.Service](m))
	if err != nil {
		return request.Filled{}, err
	}
	filled := request.Filled{Method: http.MethodPost, URL: address, Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
	if r.Service == "webhook" {
		filled.Idempotent = true
		sign(filled.Header, m.ID, now, filled.Body, r.Key)
	}
	return filled, nil
}
