package artifact

import (
	"errors"
	"io"
	"os"
)

// store keeps what is written to it until it is closed.
type store interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// newStore makes a store.
type newStore func() (store, error)

// storeIn makes temporary files in a folder, which are nobody's but ours. Where the system permits it, one has no name any
// more when it is made, so that not even a killed process leaves it behind.
func storeIn(dir string) newStore {
	return func() (store, error) {
		file, err := os.CreateTemp(dir, "slipway-payload-*")
		if err != nil {
			return nil, tempError(err)
		}
		t := &tempFile{File: file}
		if os.Remove(file.Name()) != nil {
			t.name = file.Name()
		}
		return t, nil
	}
}

type tempFile struct {
	*os.File
	name string // to be removed; "" when it is already
}

// Write says of a failed write that it was the temporary file's.
func (t *tempFile) Write(p []byte) (int, error) {
	n, err := t.File.Write(p)
	if err != nil {
		err = tempError(err)
	}
	return n, err
}

func (t *tempFile) Close() error {
	err := t.File.Close()
	if t.name != "" {
		err = errors.Join(err, os.Remove(t.name))
	}
	return err
}
