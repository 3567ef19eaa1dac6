package main

import (
	"context"
	"log/slog"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/live"
)

// logPause is the time before a log that could not be followed is tried again.
const logPause = time.Minute

// countRefusals counts the refused logins of the running host until ctx is
// done. It returns nil for the file system of another host, whose log does not
// go on.
func countRefusals(ctx context.Context, root string, log *slog.Logger) func() map[string]uint64 {
	if root != "/" {
		return nil
	}
	r := new(live.Refusals)
	go func() {
		for ctx.Err() == nil {
			err := follow(ctx, r)
			if ctx.Err() == nil {
				log.Warn("sshd's log cannot be followed, so refusals are not counted; trying again in a minute", "err", audit.Untrusted(err.Error()).String())
			}
			select {
			case <-ctx.Done():
			case <-time.After(logPause):
			}
		}
	}()
	return r.Counts
}

func follow(ctx context.Context, r *live.Refusals) error {
	root, err := hostfs.Open("/")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	f := collect.Follower{Root: root, Zone: time.Local, Entry: r.Add}
	return f.Follow(ctx)
}
