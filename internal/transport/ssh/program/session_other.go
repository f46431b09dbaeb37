//go:build !linux

package program

import "syscall"

// ownSession starts a program in a session of its own: it has no terminal to ask at, gets none of the terminal's signals, and can be
// signalled together with whom it starts.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func keepThread() (free func()) { return func() {} }

func signalGroup(pid int, signal syscall.Signal) error { return syscall.Kill(-pid, signal) }
