package program

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// EndError says that the program's output has ended, and how the program did. It Is io.EOF.
type EndError struct {
	Program string
	State   string // "ended with exit status 255", "closed its standard output"
	Status  int    // of its exit; -1 where it was ended by a signal, or has not exited
	Said    string // the end of its standard error
}

func (e *EndError) Error() string {
	text := fmt.Sprintf("`%s` %s", e.Program, e.State)
	said := strings.TrimSpace(e.Said)
	if last := said[strings.LastIndexByte(said, '\n')+1:]; last != "" {
		text += ": " + last
	}
	return text
}

// Is makes it an end of what is read, for errors.Is.
func (e *EndError) Is(target error) bool { return target == io.EOF }

// NotFound reports whether a program was not there: by the statuses that a shell has for what it cannot run.
func (e *EndError) NotFound() bool { return e.Status == 126 || e.Status == 127 }

// StartError says that a program cannot be started.
type StartError struct {
	Program string
	Cause   error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("`%s` cannot be started: %s", e.Program, e.Cause)
}

func (e *StartError) Unwrap() error { return e.Cause }

// reason is an error without the program's name.
func reason(err error) error {
	var lookup *exec.Error
	if errors.As(err, &lookup) {
		err = lookup.Err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err
}
