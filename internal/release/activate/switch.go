// Package activate changes what current names on a host, and keeps what belongs to that: intents and outcomes, marks of
// releases, and the block by which a release is restarted and verified.
//
// Terms: a switch is the one rename(2) that changes current; an intent is written before something live is changed, its
// outcome after; a mark says what a release proved to be. The package must not know why a release is switched to.
package activate

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

// Change is one change of current.
type Change struct {
	Deployment deploy.DeploymentID
	Release    deploy.ReleaseID // "" when the target is another tool's
	Target     string           // text of the link: "releases/<ID>", or what another tool's link said
	Previous   string           // text for the link previous; "" leaves previous alone
	Then       Entry            // a line for the journal behind that of success: the intent of what follows at once; the zero value is none
}

// Entry is a line of a deployment's activation.jsonl.
type Entry = deploy.LiveEntry

// line is an entry with the runner's time: an outcome that the same command writes has the time of its intent.
func line(e Entry) (string, error) {
	line, err := json.Marshal(struct {
		At time.Time `json:"at"`
		Entry
	}{time.Now().UTC().Truncate(time.Millisecond), e})
	return string(line), err
}

// lines are an entry's three states.
func lines(e Entry) ([]string, error) {
	var all []string
	for _, state := range []deploy.RecordState{deploy.RecordIntent, deploy.RecordOK, deploy.RecordFailed} {
		e.State = state
		line, err := line(e)
		if err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, nil
}

//go:embed switch.sh
var switchScript string

//go:embed unlink.sh
var unlinkScript string

//go:embed live.sh
var liveScript string

//go:embed note.sh
var noteScript string

var switchReasons = map[int]release.Reason{
	90: {Hint: "move it away on the host: the site stays as it is until then"},
	91: {Hint: "nothing was switched; run the job again, or choose another release"},
	92: {Hint: "nothing was switched; look at the owner and the free space of the deploy path"},
	93: {Hint: "something else changes that link: find it before you deploy again"},
	94: {Hint: "look at the owner and the free space of the deploy path"},
}

// Untouched reports whether the error of Switch says that current was not touched.
func Untouched(err error) bool {
	var exit *transport.ExitError
	return errors.As(err, &exit) && exit.Status >= 90 && exit.Status <= 92
}

var unlinkReasons = map[int]release.Reason{
	90: switchReasons[90],
	91: {Hint: "something else changed that link: it is left as it is"},
	92: {Hint: "look at the owner of the deploy path"},
	94: switchReasons[94],
}

var liveReasons = map[int]release.Reason{
	90: {Op: "current", Hint: "Slipway switches `current`: take what changes that link out of `restart`, and of the checks"},
}

// Elsewhere reports whether the error of Live says that current leads elsewhere, or nowhere.
func Elsewhere(err error) bool {
	var exit *transport.ExitError
	return errors.As(err, &exit) && exit.Status == 90
}

// Live fails where current does not lead to a release that it was switched to.
func Live(site release.Site, id deploy.ReleaseID) release.Operation {
	return release.Operation{Name: "current", Script: liveScript, Args: []string{site.Root, string(id)}, Reasons: liveReasons}
}

// Switch makes current name the target, in one rename, with the intent and the outcome in the deployment's journal, in
// one command. A release must be staged, another tool's target must exist. After an error current names what it named
// before, unless the error says otherwise; after a lost connection it names one or the other.
func Switch(site release.Site, c Change) release.Operation {
	if c.Release != "" && (!c.Release.Valid() || c.Target != "releases/"+string(c.Release)) {
		return release.Invalid("switch", fmt.Errorf("%q is no link to release %q", c.Target, c.Release))
	}
	states, err := lines(Entry{What: deploy.LiveSwitch, Release: c.Release, Target: c.Target, Before: c.Previous})
	if err != nil {
		return release.Invalid("switch", err)
	}
	if c.Then.What != "" {
		next, err := line(c.Then)
		if err != nil {
			return release.Invalid("switch", err)
		}
		states[1] += "\n" + next
	}
	args := []string{site.Root, string(c.Deployment), string(c.Release), c.Target, c.Previous, release.Unique}
	return release.Operation{Name: "switch", Script: switchScript, Args: append(args, states...), Reasons: switchReasons, Silence: transport.LongSilence}
}

// Unlink removes current if it names the change's target. A first deployment that failed is taken back so.
// It succeeds when there is no current.
func Unlink(site release.Site, c Change) release.Operation {
	states, err := lines(Entry{What: deploy.LiveUnlink, Release: c.Release, Before: c.Target})
	if err != nil {
		return release.Invalid("unlink", err)
	}
	args := []string{site.Root, string(c.Deployment), c.Target}
	return release.Operation{Name: "unlink", Script: unlinkScript, Args: append(args, states...), Reasons: unlinkReasons}
}

// mostNoted is how long a line may be, in bytes, so that a journal stays one that is read: the survey takes 4 MiB of it.
const mostNoted = 1 << 20

var errTooLong = errors.New("what is to be taken back there, with its scripts and variables, takes more than 1 MiB, and no journal keeps that")

// Note adds lines to the deployment's activation.jsonl.
func Note(site release.Site, id deploy.DeploymentID, entries ...Entry) release.Operation {
	args := []string{site.Root, string(id)}
	for _, entry := range entries {
		text, err := line(entry)
		if err != nil {
			return release.Invalid("note", err)
		}
		if len(text) > mostNoted {
			return release.Invalid("note", errTooLong)
		}
		args = append(args, text)
	}
	return release.Operation{Name: "note", Script: noteScript, Args: args, Falls: true}
}
