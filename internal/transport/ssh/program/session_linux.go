package program

import (
	"runtime"
	"syscall"
)

// ownSession starts a program in a session of its own: it has no terminal to ask at, gets none of the terminal's signals, and can be
// signalled together with whom it starts. Where this process is killed, it is told (prctl(2), PR_SET_PDEATHSIG).
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGHUP}
}

// keepThread keeps the thread that starts a program until it has ended: for the kernel the thread, not the process, is the parent
// whose death is told.
func keepThread() (free func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}

func signalGroup(pid int, signal syscall.Signal) error { return syscall.Kill(-pid, signal) }
