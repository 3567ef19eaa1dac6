//go:build linux

// Package repair puts modes, owners and key files of an account right, and
// takes it back again.
//
// It assumes that the account's owner fights it: every component of a path may
// be exchanged for a link at any moment. Hence one order, kept for every object:
//
//   - pin the object with O_PATH, by a walk that follows no link and crosses
//     no mount, and look at what was pinned, never at the name again;
//   - act with the account's own identity, so that a mistake can cost the
//     account's files only;
//   - write down what will be changed, and sync it, before changing it;
//   - change through the pinned descriptor, look at it again, and walk to the
//     name again to see that it is still the same object;
//   - write down how it ended.
//
// A repair only takes bits away, except for the owner's own bits that sshd
// needs. What an object should be is decided by package keyfiles and by the
// pure functions of plan.go; who may own what, by owner.go.
//
// The record (journal_*.go) is a list of lines in segments; undo reads it, and
// so does the recovery that runs before every fix and undo.
package repair
