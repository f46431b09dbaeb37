//go:build !linux

package ssh

import "syscall"

// controlSocket does nothing: TCP_USER_TIMEOUT is Linux's, keepalives find a dead peer everywhere.
func controlSocket(_, _ string, _ syscall.RawConn) error { return nil }

// acknowledge does nothing: TCP_QUICKACK is Linux's.
func acknowledge(syscall.RawConn) {}
