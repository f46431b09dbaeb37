package artifact

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"syscall"

	"github.com/slipway/slipway/internal/artifact/content"
)

// input is where an artifact is read from.
type input func() (content io.ReadCloser, size int64, err error)

// fileAt is the file of a name. What is no regular file is refused without waiting for it: a FIFO opens when somebody
// writes to it, and not before.
func fileAt(path string) input {
	return func() (io.ReadCloser, int64, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, errors.Unwrap(err) // the path is put before every refusal
		}
		if err := regular(info); err != nil {
			return nil, 0, err
		}
		file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, 0, errors.Unwrap(err)
		}
		// Once more, of what was opened: the name may mean another file by now.
		if info, err = file.Stat(); err == nil {
			err = regular(info)
		}
		if err != nil {
			_ = file.Close()
			return nil, 0, err
		}
		return file, info.Size(), nil
	}
}

func regular(info os.FileInfo) error {
	switch {
	case info.IsDir():
		return content.Refuse("`slipway pack` makes a tarball of a folder", "it is a folder")
	case !info.Mode().IsRegular():
		return content.Refuse("name a file", "it is no regular file, but %s", kindName(info.Mode()))
	case info.Size() == 0:
		return content.Refuse("look at what the build wrote", "it is empty (0 bytes)")
	}
	return nil
}

func kindName(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "of another kind"
}

// hashed reads a file, hashes it, and ends with its context.
type hashed struct {
	ctx  context.Context
	file io.Reader
	sum  hash.Hash
}

func (h *hashed) Read(p []byte) (int, error) {
	if h.ctx.Err() != nil {
		return 0, context.Cause(h.ctx)
	}
	n, err := h.file.Read(p)
	h.sum.Write(p[:n])
	return n, err
}
