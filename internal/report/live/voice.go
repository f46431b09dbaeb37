package live

import (
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/sanitize"
)

// voice is what Slipway says itself, between the lines of hosts.
type voice struct {
	sink   Sink
	clean  sanitize.Sanitizer
	stream stream
}

// Say prints lines of our own, outside groups. They are cleaned once more: two texts beside each other may make up a third.
func (v *voice) Say(lines ...string) { v.say(layout.Mark{}, lines...) }

func (v *voice) say(mark layout.Mark, lines ...string) {
	if len(lines) == 0 {
		return
	}
	v.stream.suspend()
	for _, line := range lines {
		v.sink.Own(v.clean.Own(line), mark)
		mark = layout.Mark{} // of the first line
	}
}

// Note shows what a person should know.
func (v *voice) Note(n deploy.Noted) {
	word, tone := "note", layout.Quiet
	if n.Level == deploy.LevelWarning {
		word, tone = "WARNING", layout.Warn
	}
	v.say(layout.Mark{Word: word, Tone: tone}, layout.Wrap(layout.Pad(word, layout.PhaseWidth)+n.Text, layout.PhaseWidth)...)
}

// Away says at once that a host does not answer.
func (v *voice) Away(e deploy.HostAway) {
	v.Say(hostLine("lost", e.Host, "does not answer; it is waited for up to "+layout.Elapsed(e.Wait))...)
}

// Back says that a host answers again.
func (v *voice) Back(e deploy.HostBack, after time.Duration) {
	v.Say(hostLine("back", e.Host, "answers again after "+layout.Elapsed(after))...)
}

func hostLine(word, host, text string) []string {
	return layout.Wrap(layout.Pad(word, layout.TextColumn)+host+" "+text, layout.TextColumn)
}
