package ci

import (
	"os"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// dotenvFile is the variable that names a file for the outputs as variables, SLIPWAY_URL=https://example.com, as GitLab's
// artifacts:reports:dotenv takes them: without quotes, so not for a shell. Who wants it sets it.
const dotenvFile = "SLIPWAY_DOTENV"

// inDotenv is what a value may hold: GitLab takes no blanks, line breaks and quotes, and expands what follows a $. What begins like JSON is a list.
var inDotenv = lazyregexp.New(`^[!#%&(-Z\]-_a-z|}~][!#%&(-\[\]-_a-~]*$`)

// maxDotenv is how long one value may be, in bytes; GitLab takes 5 KiB and 20 variables altogether.
const maxDotenv = 240

// dotenv is that file. Its content is the outputs of the last command that was told of it, less those that no variable can hold:
// what is empty, lists of hosts, and result.
type dotenv struct {
	path  string // "": none
	begun bool
}

func (d *dotenv) set(name, value string) error {
	if d.path == "" || len(value) > maxDotenv || !inDotenv.MatchString(value) {
		return nil
	}
	flag := os.O_APPEND
	if !d.begun {
		d.begun, flag = true, os.O_TRUNC
	}
	return writeTo(dotenvFile, d.path, flag, "SLIPWAY_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value+"\n")
}
