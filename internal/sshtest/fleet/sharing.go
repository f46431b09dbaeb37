package fleet

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Hundreds of releases of hundreds of megabytes fit on no disk, and to hash them takes an hour: what of that is a host's own work, these
// programs do once for all hosts. They stand before the real ones on PATH; what is sent a host reads to its end, and decodes, as any other.
//
//go:embed sharing
var sharing embed.FS

// Shared is a folder of large files that hosts have in common: in a release, they are in its folder `shared`, as hard links.
type Shared struct {
	dir string
}

// Share makes a store in dir, which has a folder `shared` of files without blanks in their names. They must not change any more.
func Share(dir string) (*Shared, error) {
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		return nil, err
	}
	for _, program := range []string{"tar", "cp", "openssl"} {
		text, err := sharing.ReadFile("sharing/" + program)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "bin", program), text, 0o755); err != nil {
			return nil, err
		}
	}
	hashes, err := os.Create(filepath.Join(dir, "hashes"))
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(filepath.Join(dir, "shared"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return hashTo(hashes, path)
	})
	return &Shared{dir}, errors.Join(err, hashes.Close())
}

// hashTo writes the inode and the hash of a file.
func hashTo(hashes io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	_, err = fmt.Fprintln(hashes, info.Sys().(*syscall.Stat_t).Ino, hex.EncodeToString(sum.Sum(nil)))
	return err
}

// Env is what hosts need in their environment.
func (s *Shared) Env() []string {
	return []string{"PATH=" + filepath.Join(s.dir, "bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
}

// Whole says whether the payloads that come from now on hold all files of the store. Those that do not are unpacked as they are.
func (s *Shared) Whole(whole bool) error {
	mark := filepath.Join(s.dir, "whole")
	if whole {
		return os.WriteFile(mark, nil, 0o600)
	}
	return os.Remove(mark)
}
