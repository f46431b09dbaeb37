package cache

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// makeFolder makes a folder that is nobody else's, and those above it.
func makeFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		if filepath.Base(dir) == folder && info.Mode().Perm() != 0o700 {
			return os.Chmod(dir, 0o700)
		}
		return nil
	}
	if above := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && above != dir {
		if err := makeFolder(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) { // another process was sooner
			return nil
		}
		return err
	}
	if above, err := os.Stat(filepath.Dir(dir)); err == nil {
		giveTo(above, func(uid, gid int) error { return os.Lchown(dir, uid, gid) })
	}
	return nil
}

// giveTo gives what the superuser made to whom the folder above it belongs: an action in a container runs as root, and the runner's user,
// who saves the cache when the job is over, could not read it. Where that is not possible it is kept all the same.
func giveTo(above fs.FileInfo, chown func(uid, gid int) error) {
	if owner, known := above.Sys().(*syscall.Stat_t); known && os.Geteuid() == 0 {
		_ = chown(int(owner.Uid), int(owner.Gid))
	}
}

// write writes a file in the place of whatever has its name: whole, or not at all.
func write(root *os.Root, name string, fill func(io.Writer) error) (err error) {
	fresh := unfinished + rand.Text()
	file, err := root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(fresh) // the error that led here says more
		}
	}()
	if err := errors.Join(filled(root, file, fill), file.Close()); err != nil {
		return err
	}
	return root.Rename(fresh, name)
}

// filled writes a file until it is on the disk.
func filled(root *os.Root, file *os.File, fill func(io.Writer) error) error {
	above, err := root.Stat(".")
	if err != nil {
		return err
	}
	giveTo(above, file.Chown)
	if err := fill(file); err != nil {
		return err
	}
	return file.Sync()
}

// sizeOf is how many bytes a file has, where it is one.
func sizeOf(root *os.Root, name string) (size int64, there bool) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	return info.Size(), true
}

// openFile opens a file in a folder for reading, and nothing but a file: a FIFO, which an archive may hold, would wait for ever.
func openFile(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", filepath.Join(dir, name))
	}
	return root.Open(name)
}
