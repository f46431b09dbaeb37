// Package timezone knows the time zones of the IANA database on a machine that has none, as the image and many runners are. The data is
// the Go release's own, compressed: package time/tzdata would be four times as large.
package timezone

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"time"
)

//go:generate go run ./generate

// zones is lib/time/zoneinfo.zip of the Go release in .go-version, which is a file for each zone, not compressed.
//
//go:embed zoneinfo.zip.gz
var zones []byte

// Load is a zone by its name, like Europe/Berlin: as this machine has it, else as the Go release knew it.
func Load(name string) (*time.Location, error) {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone, nil
	}
	return embedded(name)
}

func embedded(name string) (*time.Location, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(zones))
	if err != nil {
		return nil, err
	}
	archive, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %s: %w", name, err)
	}
	return time.LoadLocationFromTZData(name, data)
}
