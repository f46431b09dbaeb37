package reference

import (
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/config/preset"
)

const presetIntro = `## Presets

A preset brings the usual steps of a kind of application, and what is linked from ` + "`shared`" + `, a restart and a check, for a host that is as the
preset's first line says. Your file is laid over it:

- Your steps keep their order, and take the place of the preset's of the same name. A step of the preset that you do not replace runs right before the first
  of the steps after it that you do; where there is none, right after the one before it; where you replace none, after all yours.
- ` + "`skip: [Check]`" + ` drops steps by name.
- ` + "`restart`, `verify` and `shared: dirs`" + ` are lists, which yours replace; ` + "`restart: []`" + ` is none. ` + "`vars`" + ` are merged, so that
  ` + "`vars: {PORT: \"8080\"}`" + ` changes the port alone.

` + "`slipway validate --print`" + ` shows the deploy file in full, as it comes of that; ` + "`plan`" + ` shows the steps and where each runs.
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
