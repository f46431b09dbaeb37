// Package ci is what CI gives and takes. It gives inputs (Inputs) and an identity of the run (Run); it takes the
// log on standard output (Log: masks, sections, annotations) and files for outputs, state and the job's summary (Files).
//
// A CI is one file: how it is recognised, what its run is, and its log where that has a dialect (actions.go is the model), with
// a line in platforms.
//
// Everything that a host prints passes through Log.Remote or Clean: whatever the bytes are, the runner must find no
// command in them. The package must not know what is deployed.
package ci
