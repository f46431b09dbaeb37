package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/notify"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/trace/otlp"
)

// toldState is the state that the main step leaves to the post step when people were told how it ended.
const toldState = "told"

// notifier tells people how a deployment goes. What lies in the address of a webhook is secret by itself, wherever it turns up.
func (s *session) notifier(ctx context.Context) *notify.Notifier {
	var receivers []notify.Receiver
	for _, n := range s.cfg.Notify {
		if !config.Live(s.in.Command) { // prune and exec deploy nothing
			break
		}
		if n.URL.IsEmpty() {
			s.say("note       nobody is told at %s: the secret is not given", n)
			continue
		}
		if at, err := url.Parse(n.URL.Reveal()); err == nil && len(at.RequestURI()) >= shortestAddress {
			s.mask(secret.New(at.RequestURI()))
		}
		receivers = append(receivers, notify.Receiver{Service: n.Service, URL: n.URL, Key: n.Key, On: n.On})
	}
	return notify.New(ctx, notify.Options{Receivers: receivers, Run: s.run, Redactor: s.options.Redactor})
}

// shortestAddress is how many characters the path of an address has that is a secret: a shorter one is a word.
const shortestAddress = 16

// both hands each event to two.
func both(first, second deploy.Emit) deploy.Emit {
	return func(e deploy.Event) {
		first(e)
		second(e)
	}
}

// tell tells people how it ended, once the log has said so, and sends the trace. Who could not be told is a warning, and no failure.
func (s *session) tell(ctx context.Context, told *notify.Notifier, result deploy.Result) error {
	if len(s.cfg.Notify) == 0 && s.cfg.Otel == nil || result.Upkeep() {
		return nil
	}
	traced := make(chan error, 1)
	go func() { traced <- s.sendTrace(ctx, result) }()
	failed := told.End(ctx, result)
	if err := <-traced; err != nil {
		failed = append(failed, "the trace: "+err.Error())
	}
	if len(failed) > 0 {
		s.options.Log.Annotate(ci.Annotation{Level: deploy.LevelWarning, Message: "Not told how it went:\n" + strings.Join(failed, "\n")})
		for _, why := range failed {
			s.say("WARNING    not told: %s", why)
		}
	}
	return s.options.Files.SaveState(toldState, "true")
}

// sendTrace sends a deployment to where traces go; nothing of one that was over before it had an ID.
func (s *session) sendTrace(ctx context.Context, result deploy.Result) error {
	if s.cfg.Otel == nil || result.Deployment == "" {
		return nil
	}
	return otlp.Receiver{URL: s.cfg.Otel.URL, Headers: s.cfg.Otel.Headers, Redactor: s.options.Redactor}.Send(ctx, result)
}

// sayWhoIsTold says whom a deployment tells.
func (c *console) sayWhoIsTold(cfg *config.Config) {
	for _, line := range whoIsTold(cfg) {
		c.say("    tells    %s", line)
	}
}

// whoIsTold are the receivers, with what each is told of, and the hosts of their addresses where these are given.
func whoIsTold(cfg *config.Config) (lines []string) {
	for _, n := range cfg.Notify {
		line := n.String()
		if at, err := url.Parse(n.URL.Reveal()); err == nil && at.Host != "" {
			line += fmt.Sprintf(" (%s)", at.Host)
		}
		lines = append(lines, line)
	}
	if cfg.Otel != nil {
		lines = append(lines, "a trace to "+cfg.Otel.URL)
	}
	return lines
}
