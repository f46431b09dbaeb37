// Command generate writes what is made of the inputs and outputs: action.yml and a page.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/slipway/slipway/internal/report"
)

func main() {
	root := os.Args[1]
	for name, content := range report.Generated() {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
