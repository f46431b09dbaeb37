package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// mostNamed is how large a file may be that an input names beside the artifact, in bytes: known_hosts of a large fleet, or attestations.
const mostNamed = 16 << 20

// readNamed reads such a file. What is no regular file is refused without waiting for it: nobody may ever write to a FIFO.
func readNamed(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	refused := func(why error) ([]byte, error) { return nil, &fs.PathError{Op: "read", Path: path, Err: why} }
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return refused(syscall.EISDIR)
	case !info.Mode().IsRegular():
		return refused(errors.New("it is no regular file"))
	}
	text, err := io.ReadAll(io.LimitReader(file, mostNamed+1))
	if err == nil && len(text) > mostNamed {
		return refused(fmt.Errorf("it is larger than %d MiB", mostNamed>>20))
	}
	return text, err
}
