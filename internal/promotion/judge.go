package promotion

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// judge says why what a host runs may not be promoted; nil where it may.
func judge(f deploy.Facts, policy Policy) error {
	current, _ := f.Release(f.CurrentID)
	switch {
	case f.Current != deploy.CurrentRelease:
		return refuse(f.Host, policy.Environment+" runs no release of Slipway there", "deploy there first")
	case len(f.Unfinished) > 0:
		return refuse(f.Host, fmt.Sprintf("the deployment %s is not at its end there", f.Unfinished[0].ID), "wait for it; where it died, the next deployment there reconciles it")
	case current.Bad:
		return refuse(f.Host, fmt.Sprintf("%s failed its checks there", f.CurrentID), "fix it, and deploy there again")
	case !current.Verified:
		return refuse(f.Host, fmt.Sprintf("%s was not verified there", f.CurrentID), "deploy there again: a deployment that ends well has verified it")
	case policy.Soak <= 0:
		return nil
	}
	entry, ok := f.WentLive(f.CurrentID)
	if !ok {
		return refuse(f.Host, fmt.Sprintf("it is not known since when it runs %s", f.CurrentID), "deploy there again, or leave out `soak`")
	}
	if live := policy.Now.Sub(entry.At); live < policy.Soak {
		return refuse(f.Host, fmt.Sprintf("%s has been live in %s for %s, and `soak` is %s", f.CurrentID, policy.Environment, plain(max(0, live)), plain(policy.Soak)),
			"wait for another "+plain(policy.Soak-live))
	}
	return nil
}

// plain is a time without the zeros at its end: "1h".
func plain(d time.Duration) string {
	text := d.Round(time.Second).String()
	for _, unit := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, unit) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func refuse(host, cause, hint string) *deploy.Error {
	return &deploy.Error{Op: "promote", Host: host, Phase: deploy.Preflight, Cause: errors.New(cause), Hint: hint}
}
