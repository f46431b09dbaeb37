package survey

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed measure.sh
var measureScript string

// Measure asks a host how much room its releases take, and puts that into its facts. It reads every folder of every release: a
// question for a host that lacks room.
func Measure(site release.Site, facts *deploy.Facts) release.Operation {
	read := func(a release.Answer) error {
		for line := range strings.Lines(string(a.Text)) {
			name, room, ok := parseRoom(line)
			if !ok {
				continue
			}
			if name == "left" {
				facts.Left = room
			}
			for i := range facts.Releases {
				if string(facts.Releases[i].ID) == name {
					facts.Releases[i].Size = room
				}
			}
		}
		return nil
	}
	return release.Operation{Name: "measure", Script: measureScript, Args: []string{site.Root}, Read: read, Limit: 1 << 20, Silence: transport.LongSilence}
}

// parseRoom reads "<name> <KiB> <inodes>". Nothing that a host says makes a sum of many of them overflow.
func parseRoom(line string) (name string, room deploy.Room, ok bool) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return "", deploy.Room{}, false
	}
	kib, errKiB := strconv.ParseUint(fields[1], 10, 40)
	inodes, errInodes := strconv.ParseUint(fields[2], 10, 40)
	return fields[0], deploy.Room{Bytes: int64(kib << 10), Inodes: int64(inodes)}, errKiB == nil && errInodes == nil
}
