package contents

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

var fuzzedIDs = []deploy.ReleaseID{"20261121-073000-1a2b3c4-9f3c51", "20261120-073000-1a2b3c4-9f3c51"}

// FuzzReadManifests holds that what a host prints is manifests of releases that were asked for, the first among them, or an error.
func FuzzReadManifests(f *testing.F) {
	one, two := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	whole := "= " + string(fuzzedIDs[0]) + "\nd 755 ./d\nf 644 ./d/a b\n-\n" + one + "  ./d/a b\n"
	f.Add(whole + ".\n")
	f.Add(whole + "= " + string(fuzzedIDs[1]) + "\nf 644 ./n\n-\n" + two + "  ./n\n" + ".\n")
	f.Add(whole + "= " + string(fuzzedIDs[1]) + "\n-\n.\n")
	f.Add(whole)
	f.Add("= " + string(fuzzedIDs[0]) + "\n-\n.\n")
	f.Fuzz(func(t *testing.T, text string) {
		var found []deploy.ReleaseID
		err := readManifests([]byte(text), fuzzedIDs, func(id deploy.ReleaseID, m content.Manifest) {
			found = append(found, id)
			if m.Len() > strings.Count(text, "\n") {
				t.Errorf("%d members of %q", m.Len(), text)
			}
		})
		if err == nil && (len(found) == 0 || len(found) > len(fuzzedIDs) || found[0] != fuzzedIDs[0]) {
			t.Errorf("%q gives %q", text, found)
		}
	})
}

func TestReadManifestsRefuses(t *testing.T) {
	t.Parallel()
	whole := "= " + string(fuzzedIDs[0]) + "\nf 644 ./a\n-\n" + strings.Repeat("ab", 32) + "  ./a\n"
	for name, text := range map[string]string{
		"nothing": "", "no end": whole, "another release": strings.Replace(whole, "20261121", "20261122", 1) + ".\n",
		"cut in a hash": whole[:len(whole)-10] + "\n.\n", "the other alone": strings.Replace(whole, "20261121", "20261120", 1) + ".\n", "no hashes": "= " + string(fuzzedIDs[0]) + "\n.\n",
	} {
		if err := readManifests([]byte(text), fuzzedIDs, func(deploy.ReleaseID, content.Manifest) {}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
