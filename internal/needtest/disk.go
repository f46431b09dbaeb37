package needtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Disk mounts a file system in memory on a folder, by options of tmpfs(5) (size=1m, nr_inodes=40, ro), and gives how to take it
// away. It needs the superuser, or sudo that asks nothing. The file system belongs to the user who runs the test.
func Disk(t T, folder, options string) (unmount func()) {
	if err := Mount(folder, options); err != nil {
		Skip(t, "no right to mount a tmpfs: "+err.Error())
	}
	return func() { _ = Unmount(folder) }
}

// Mount is Disk for one who has no test at hand.
func Mount(folder, options string) error {
	options = fmt.Sprintf("mode=0700,uid=%d,gid=%d,%s", os.Getuid(), os.Getgid(), options)
	return asRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
}

// Remount changes the options of what Disk or Mount has mounted.
func Remount(folder, options string) error {
	return asRoot("mount", "-o", "remount,"+options, folder)
}

// Unmount takes the file system away, even while it is in use.
func Unmount(folder string) error { return asRoot("umount", "-l", folder) }

func asRoot(name string, args ...string) error {
	line := append([]string{name}, args...)
	if os.Geteuid() != 0 {
		line = append([]string{"sudo", "-n"}, line...)
	}
	if out, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(line, " "), err, out)
	}
	return nil
}
