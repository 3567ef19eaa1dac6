// Package live holds the daemon's current state: it audits on a timer and
// publishes each outcome as an immutable Snapshot.
//
// One goroutine, State.Run, owns everything that changes. Audits run beside it
// and report back over a channel; others ask for a change by a command that the
// owner executes; readers take the Snapshot from an atomic pointer and never
// wait.
package live
