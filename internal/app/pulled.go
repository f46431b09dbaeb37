package app

import (
	"errors"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
)

// pulled is the artifact as hosts fetch it by themselves, where the deploy file says that they do; the error says why they cannot.
func (f *fetched) pulled(cfg *config.Config) (*stage.Archive, error) {
	if cfg.Remote == nil || !cfg.Remote.Pull {
		return nil, nil //nolint:nilnil // nobody asked for it
	}
	if f.SHA256() != cfg.Remote.SHA256 {
		return nil, errors.New("what lies at the address is a zip")
	}
	encoding, strip, err := f.Archive(cfg.StripComponents)
	if err != nil {
		return nil, err
	}
	unpacked, _ := f.Unpacked()
	archive := &stage.Archive{
		Address: secret.New(cfg.Remote.URL), SHA256: f.SHA256(), Size: f.Size(), Encoding: encoding, Strip: strip, Unpacked: unpacked,
	}
	return archive, archive.Check()
}
