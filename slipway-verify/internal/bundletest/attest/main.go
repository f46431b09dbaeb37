// Attest makes an instance of Sigstore and has it attest a file, for tests of the main module: that of how the file was built, as
// Default says, at "bundle", and the trusted root at "root", in the folder that it runs in.
//
// usage: attest FILE
package main

import (
	"fmt"
	"os"

	"github.com/slipway/slipway/slipway-verify/internal/bundletest"
)

type program struct{}

func (program) Helper() {}

func (program) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"attest:"}, args...)...)
	os.Exit(1)
}

func main() {
	var t program
	if len(os.Args) != 2 {
		t.Fatal("usage: attest FILE")
	}
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		t.Fatal(err)
	}
	sigstore, build := bundletest.New(t, "sigstore.dev"), bundletest.Default()
	build.SHA256 = bundletest.Digest(content)
	if err := os.WriteFile("bundle", sigstore.Attest(t, build), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("root", []byte(sigstore.Root(t)), 0o600); err != nil {
		t.Fatal(err)
	}
}
