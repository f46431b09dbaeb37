//go:build linux

package sweep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// watch tells of everything that is made, written, moved or touched in some folders, right after it happened (inotify). A file that
// is made and touched at once is told of once.
type watch struct {
	file  *os.File // the inotify descriptor
	paths map[int32]string
	done  chan struct{}
}

const watched = syscall.IN_CREATE | syscall.IN_MODIFY | syscall.IN_ATTRIB | syscall.IN_MOVED_TO | syscall.IN_DELETE

// watchFolders calls happened with the path of each entry and whether it was removed, one at a time, until close.
func watchFolders(happened func(path string, removed bool), folders ...string) (*watch, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	w := &watch{file: os.NewFile(uintptr(fd), "inotify"), paths: map[int32]string{}, done: make(chan struct{})}
	for _, folder := range folders {
		id, err := syscall.InotifyAddWatch(fd, folder, watched)
		if err != nil {
			return nil, errors.Join(&os.PathError{Op: "watch", Path: folder, Err: err}, w.file.Close())
		}
		w.paths[int32(id)] = folder
	}
	go w.read(happened)
	return w, nil
}

func (w *watch) read(happened func(path string, removed bool)) {
	defer close(w.done)
	buffer := make([]byte, 64<<10)
	made := ""
	for {
		n, err := w.file.Read(buffer)
		if err != nil {
			return
		}
		for at := 0; at+syscall.SizeofInotifyEvent <= n; {
			var event syscall.InotifyEvent
			head := buffer[at : at+syscall.SizeofInotifyEvent]
			event.Wd = int32(binary.NativeEndian.Uint32(head[unsafe.Offsetof(event.Wd):]))
			event.Mask = binary.NativeEndian.Uint32(head[unsafe.Offsetof(event.Mask):])
			event.Len = binary.NativeEndian.Uint32(head[unsafe.Offsetof(event.Len):])
			at += syscall.SizeofInotifyEvent
			name := string(bytes.TrimRight(buffer[at:at+int(event.Len)], "\x00"))
			at += int(event.Len)
			path := filepath.Join(w.paths[event.Wd], name)
			if event.Mask&syscall.IN_ATTRIB != 0 && path == made {
				continue
			}
			if made = ""; event.Mask&syscall.IN_CREATE != 0 {
				made = path
			}
			happened(path, event.Mask&syscall.IN_DELETE != 0)
		}
	}
}

func (w *watch) close() {
	_ = w.file.Close()
	<-w.done
}
