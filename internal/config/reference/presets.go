package reference

import (
	"fmt"
	"strings"

	"slipway/internal/config/preset"
)

const presetIntro = `## Presets

A preset brings the usual steps of a kind of application. Your steps keep their order, and take the place of the preset's of the same
name. A step of the preset that you do not replace runs right before the first of the steps after it that you do; where there is none, right
after the one before it; where you replace none, after all yours. ` + "`skip: [Check]`" + ` drops steps by name. Restart, checks, and what is
linked from ` + "`shared`" + ` are your own.
`

// presetSection is the part of the reference that shows each preset as it would be written.
func presetSection() string {
	var b strings.Builder
	b.WriteString(presetIntro)
	for _, name := range preset.Names() {
		text, _ := preset.Text(name) // one of its names
		fmt.Fprintf(&b, "\n`preset: %s` stands for\n\n```yaml\n%s```\n", name, text)
	}
	return b.String()
}
