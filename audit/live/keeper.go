package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/survey"
	"sshaudit/audit/watch"
)

// Options are what a Keeper audits and how often.
type Options struct {
	Survey survey.Options
	// Interval is the time in which every account is looked at once more, whether
	// anything was told of it or not.
	Interval time.Duration
}

const (
	// longestPoll is the longest time between two looks at what cannot be watched,
	// unless Options.Interval is shorter.
	longestPoll = time.Minute
	// suspendedPoll is that for accounts that are suspended for their many events.
	suspendedPoll = 5 * time.Second
	// sweepStep is the time between two steps of the sweep through all accounts.
	sweepStep = 20 * time.Second
	// systemSettle is how long changes to the system are let come to an end.
	systemSettle = 100 * time.Millisecond
	// overflowPause is the least time between two passes after lost events.
	overflowPause = time.Minute
)

// Keeper keeps the audit of this host current: it is told of changes, looks at
// what they concern, and goes through everything in turn besides. Make one with
// NewKeeper and hand it to New.
type Keeper struct {
	log *slog.Logger
	out func(Update)

	mu   sync.Mutex
	opts Options
	// pollAtMost is longestPoll outside of tests; blind is for tests of what is done
	// without watches.
	pollAtMost time.Duration
	blind      bool
	current    *generation
	queue      *queue
	// missed are the accounts with events while a successor to current is made.
	missed map[int32]time.Time
	making bool
	// above are directories above homes and key files, and login shells: of the
	// system, and known by the accounts.
	above map[string]struct{}
	// verdicts are the times of events that were dealt with and not yet reported.
	verdicts []time.Time
	changed  bool
	lastFull time.Time
	lastTook time.Duration
	// numbering is the list of accounts whose indexes are used.
	numbering *accounts.DB
	// reached is when the packet filter was asked; it belongs to serve.
	reached time.Time

	accounts *watch.Accounts
	system   *watch.System
	wake     [lanes]chan struct{}
	publish  chan struct{}
	requests chan request
	busy     [lanes + 1]atomic.Int64
	panicked atomic.Pointer[error]
}

// generation is a Standing that is in use, possibly by several goroutines.
type generation struct {
	*survey.Standing
	users sync.WaitGroup
}

// request asks for the host to be looked at.
type request struct {
	// every asks for every account to be looked at too; reach for the packet filter.
	every, reach bool
	// since is when the reason was told; zero if there is none but time.
	since time.Time
	// opts are new settings; nil to keep the old ones.
	opts *Options
}

func (r request) with(o request) request {
	r.every, r.reach = r.every || o.every, r.reach || o.reach
	if r.since.IsZero() {
		r.since = o.since
	}
	if o.opts != nil {
		r.opts = o.opts
	}
	return r
}

// NewKeeper returns a Keeper.
func NewKeeper(o Options, log *slog.Logger) *Keeper {
	k := &Keeper{
		log: log, opts: o, pollAtMost: longestPoll, queue: newQueue(), above: make(map[string]struct{}),
		publish: make(chan struct{}, 1), requests: make(chan request, 1),
	}
	for l := range k.wake {
		k.wake[l] = make(chan struct{}, 1)
	}
	return k
}

// Reconfigure has everything looked at by other settings.
func (k *Keeper) Reconfigure(o Options) { k.ask(request{every: true, reach: true, opts: &o}) }

// ask adds a request to the one that waits.
func (k *Keeper) ask(r request) {
	for {
		select {
		case k.requests <- r:
			return
		case waiting := <-k.requests:
			r = waiting.with(r)
		}
	}
}

// Run keeps the audit current until ctx is done and hands out each new state of
// it.
func (k *Keeper) Run(ctx context.Context, out func(Update)) {
	k.out = out
	k.watch()
	defer k.unwatch()
	var tasks sync.WaitGroup
	for l := range lanes {
		tasks.Go(func() { k.guard("lane", func() { k.work(ctx, l) }) })
	}
	tasks.Go(func() { k.guard("reports", func() { k.report(ctx) }) })
	tasks.Go(func() { k.guard("events", func() { k.listen(ctx) }) })
	k.ask(request{every: true, reach: true})
	k.guard("host", func() { k.serve(ctx) })
	tasks.Wait()
	if k.current != nil {
		_ = k.current.Close() // read only
	}
}

// guard keeps a panic from ending the daemon at once: the watchdog, which is not
// fed any more, restarts it, and the metrics say why until then.
func (k *Keeper) guard(what string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("the daemon's %s panicked: %v", what, p)
			k.panicked.Store(&err)
			k.log.Error(err.Error(), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// Stuck reports whether work is under way that should have ended long ago, or
// will never be done, so that a watchdog may act.
func (k *Keeper) Stuck() bool {
	if k.panicked.Load() != nil {
		return true
	}
	for i := range k.busy {
		if since := k.busy[i].Load(); since != 0 && time.Since(time.Unix(0, since)) > auditLimit+stopLimit {
			return true
		}
	}
	return false
}

// working notes that a task is under way; the function that it returns, that it ended.
func (k *Keeper) working(task int) func() {
	k.busy[task].Store(time.Now().UnixNano())
	return func() { k.busy[task].Store(0) }
}

// watch opens the watchers. Without them everything is polled.
func (k *Keeper) watch() {
	if k.blind {
		return
	}
	var err, systemErr error
	if k.accounts, err = watch.NewAccounts(); err != nil {
		k.accounts = nil
	}
	if k.system, systemErr = watch.NewSystem(); systemErr != nil {
		k.system = nil
	}
	if err = errors.Join(err, systemErr); err != nil {
		k.log.Error("changes are not told by the kernel; everything is looked at now and then instead", "err", err)
	}
}

func (k *Keeper) unwatch() {
	if k.accounts != nil {
		_ = k.accounts.Close() // nothing was written
	}
	if k.system != nil {
		_ = k.system.Close() // as above
	}
}

// poll is the time between two looks at what is not watched.
func (k *Keeper) poll() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return min(k.opts.Interval, k.pollAtMost)
}

// wakeLanes has the lanes look at the queue.
func (k *Keeper) wakeLanes() {
	for _, c := range k.wake {
		poke(c)
	}
}

// poke sends to a channel that holds one message, if it is empty.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Update is a new state of the audit.
type Update struct {
	// Report is nil if it is as before.
	Report *audit.Report
	// Err is why there is no new report: the last pass came to no end.
	Err error
	// LastFull is the moment since which every account was looked at; Took the
	// duration of a pass that just ended, 0 otherwise.
	LastFull time.Time
	Took     time.Duration
	// Events are the times of the events that this state takes in.
	Events []time.Time
	// Watch says what is watched.
	Watch watch.Stats
}
