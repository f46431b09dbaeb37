// Command slipway-verify verifies Sigstore attestations for slipway, which starts it where a deploy file says `attestation`. It reads one
// request from its standard input and writes one verdict to its standard output: see package protocol.
//
// It is a program of its own, because what it is made of is as large as all of slipway.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/slipway/slipway/slipway-verify/protocol"
	"github.com/slipway/slipway/slipway-verify/verify"
)

// version is that of the release, set when it is built.
var version = "development"

// maxRequest bounds what is read, in bytes: JSON in JSON stays as long as it is.
const maxRequest = protocol.MaxBundleBytes + 2*protocol.MaxRootBytes + 1<<20

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Fprintln(os.Stdout, "slipway-verify "+version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "slipway-verify: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err != nil {
		return err
	}
	if len(text) > maxRequest {
		return fmt.Errorf("the request is longer than %d MiB", maxRequest>>20)
	}
	var request protocol.Request
	if err := json.Unmarshal(text, &request); err != nil {
		return fmt.Errorf("standard input is no request; slipway starts this program by itself: %w", err)
	}
	verdict, err := verify.Judge(ctx, request)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(verdict)
}
