// Command generate writes what is made of the deploy file's keys and the recipes: the JSON schema and two pages.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/slipway/slipway/internal/config/reference"
)

func main() {
	root := os.Args[1]
	for name, content := range reference.Files() {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
