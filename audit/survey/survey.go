package survey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/facts"
	"sshaudit/audit/settings"
)

// Options are what one audit is to look at.
type Options struct {
	// Root is the directory of the audited host.
	Root string
	// Settings are the administrator's; SettingsFile names the file for messages.
	Settings     settings.Settings
	SettingsFile string
	// Users are the accounts wanted by name; empty for those that Settings chooses.
	Users []string
	// Probe has the listeners of SSH and FTP connected to.
	Probe bool
	// Progress is told how many of the accounts were looked at; nil for nobody.
	// It is called by several goroutines.
	Progress func(done, total int)

	memory *collect.Memory
}

// maxWorkers bounds the accounts that are read at the same time.
const maxWorkers = 4

// UnknownUserError says that an account was named that the host does not have.
type UnknownUserError struct{ Name string }

// Error names the account.
func (e *UnknownUserError) Error() string {
	return fmt.Sprintf("no account named %s on this host; names are case-sensitive", audit.Untrusted(e.Name))
}

// Survey is an audit under way.
type Survey struct {
	opts     Options
	collect  *collect.Collector
	list     []*checks.Check
	accounts []int
	started  time.Time
	// matched tells which accepted findings occurred.
	matched []bool
}

// Open reads the host and chooses the accounts. Close it.
func Open(ctx context.Context, o Options) (*Survey, error) {
	started := time.Now()
	list, err := chosenChecks(o.Settings)
	if err != nil {
		return nil, err
	}
	if len(o.Users) == 0 && os.Geteuid() != 0 {
		if o.Users, err = ownAccount(ctx, o.Root, started); err != nil {
			return nil, err
		}
	}
	c, err := collect.Open(ctx, collect.Options{
		Root: o.Root, SSHDConfig: o.Settings.SSHD.Config, Filesystems: o.Settings.Filesystems.Allow,
		Named: o.Users, Now: started, UIDMin: o.Settings.Accounts.UIDMin, Memory: o.memory,
	})
	if err != nil {
		return nil, err
	}
	s := &Survey{opts: o, collect: c, list: list, started: started}
	if err := s.choose(); err != nil {
		_ = c.Close() // read only
		return nil, err
	}
	c.ReadFilesystems(s.accounts)
	return s, nil
}

// Close ends the survey.
func (s *Survey) Close() error { return s.collect.Close() }

// Host returns the facts of the host.
func (s *Survey) Host() *facts.Host { return s.collect.Host() }

// Collector returns what reads the host.
func (s *Survey) Collector() *collect.Collector { return s.collect }

// ownAccount returns the caller's name, for a run without root's rights.
func ownAccount(ctx context.Context, root string, now time.Time) ([]string, error) {
	c, err := collect.Open(ctx, collect.Options{Root: root, Now: now})
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	uid := uint32(os.Geteuid())
	if list := c.Host().Accounts.WithUID(uid); len(list) > 0 {
		return []string{list[0].Name}, nil
	}
	return nil, fmt.Errorf("uid %d has no account on this host; run sshaudit as root or name an account with --user",
		uid)
}

// each calls f with every chosen account, in several goroutines; worker tells
// which of them calls. The account is f's for the time of the call only. It ends
// early when ctx is done.
func (s *Survey) each(ctx context.Context, f func(worker, i int, a *facts.Account)) error {
	var next, done atomic.Int64
	var wg sync.WaitGroup
	failed := make([]error, workers())
	for n := range workers() {
		wg.Go(func() {
			failed[n] = s.collect.Work(func(w *collect.Worker) error {
				for ctx.Err() == nil {
					k := int(next.Add(1)) - 1
					if k >= len(s.accounts) {
						return nil
					}
					a := w.Account(s.accounts[k])
					if !s.uninteresting(a) {
						f(n, s.accounts[k], a)
					}
					w.Release(a)
					if s.opts.Progress != nil {
						s.opts.Progress(int(done.Add(1)), len(s.accounts))
					}
				}
				return ctx.Err()
			})
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

func workers() int { return min(runtime.GOMAXPROCS(0), maxWorkers) }
