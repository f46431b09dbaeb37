package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/slipway/slipway/internal/attest/protocol"
)

// Bundles splits a file of attestations: one JSON object, or several, one behind the other, as actions/attest writes them. What is in them
// is for the verifier to say.
func Bundles(text []byte) ([]json.RawMessage, error) {
	if len(text) > protocol.MaxBundleBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", protocol.MaxBundleBytes>>20)
	}
	var bundles []json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var bundle json.RawMessage
		err := decoder.Decode(&bundle)
		switch {
		case errors.Is(err, io.EOF) && len(bundles) == 0:
			return nil, errors.New("it is empty")
		case errors.Is(err, io.EOF):
			return bundles, nil
		case err != nil:
			return nil, fmt.Errorf("it is no JSON: %w", err)
		case bundle[0] != '{':
			return nil, errors.New("it is no Sigstore bundle: that is a JSON object")
		case len(bundles) == protocol.MaxBundles:
			return nil, fmt.Errorf("it has more than %d attestations", protocol.MaxBundles)
		}
		bundles = append(bundles, bundle)
	}
}
