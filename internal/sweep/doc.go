// Package sweep is the fault sweep: it counts the operations of a whole deployment over three hosts, then repeats the
// deployment once for each of them with a fault exactly there, and looks whether the invariants of docs/design.md held.
//
// Terms: an operation is a moment at which something crosses between the runner and a host, or is written on either; a
// fault is what breaks there; a mission is what is done, a deployment, a rollback or a promotion, and what it begins with; a trial is one
// mission with one fault, and the re-run after it; a world is three hosts with a live site each and the folder of a CI job, which serves one
// trial after another; a violation is what must never be.
//
// It holds tests alone. The runner is a process of its own, so that it can be killed, and nothing in it knows of faults.
// It needs Linux: /proc to find a host's processes, inotify to see what is written.
// `go test ./...` tries each kind of fault once; make sweep-round, sweep-all and sweep try more, and what is behind the tag long.
// To repeat one trial: go test ./internal/sweep -run 'TestSweep/cut/web1-12$'
package sweep
