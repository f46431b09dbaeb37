package content

import (
	"fmt"
	"strconv"

	"github.com/slipway/slipway/internal/deploy"
)

// What several refusals advise.
const (
	HintAgain  = "it was cut short when it was built, uploaded or downloaded, or the disk was full: build it again"
	HintRename = "rename it, or leave it out of the tarball"
)

// Refuse makes an error with what is wrong and what to do about it.
func Refuse(hint, format string, args ...any) error {
	return &deploy.Error{Op: "read artifact", Cause: fmt.Errorf(format, args...), Hint: hint}
}

// Quote shows a name from an archive: nothing in it can end a line or steer a terminal.
func Quote(name string) string {
	const longest = 320
	if len(name) > longest {
		return strconv.QuoteToASCII(name[:longest]) + "..."
	}
	return strconv.Quote(name)
}
