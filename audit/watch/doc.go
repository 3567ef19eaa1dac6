// Package watch tells that something changed: in the directories of accounts, in
// those of the system, in the table of mounts. It does not say what that means,
// and what it tells is a hint only: whoever is told looks for himself.
//
// Accounts speaks to inotify(7) directly. Whoever owns a directory there wants to
// redirect or to drown the watcher: watches are put on pinned directories, never
// on paths; the kernel sends only the kinds of events that matter; a directory
// whose events come too fast is not watched any more for a while, so that it can
// neither cost much nor displace the events of others. System watches what root
// owns by fsnotify, in an inotify instance of its own, which no account can fill.
package watch
