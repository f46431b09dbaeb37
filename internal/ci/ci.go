// Package ci is what CI gives and takes. It gives inputs (Inputs) and an identity of the run (Run); it takes workflow
// commands on standard output (Commands: masks, groups, annotations) and files for outputs, state and the job's summary
// (Files).
//
// Everything that a host prints passes through Commands.Remote or Clean: whatever the bytes are, the runner must find no
// command in them. The package must not know what is deployed.
package ci
