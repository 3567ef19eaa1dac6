package live

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sshaudit/audit/survey"
)

const never = 24 * time.Hour

func TestChangesOfAnAccountAreFoundByEvents(t *testing.T) {
	h := makeHost(t, 20)
	s, _ := h.keep(never)
	user := h.users[3]
	for _, tc := range []struct {
		name, check string
		spoil, mend func() error
	}{
		{"mode of the key file", "akf-strict-file",
			func() error { return os.Chmod(h.keys(3), 0o666) }, func() error { return os.Chmod(h.keys(3), 0o600) }},
		{"mode of the home", "akf-strict-dir",
			func() error { return os.Chmod(h.home(3), 0o777) }, func() error { return os.Chmod(h.home(3), 0o755) }},
		{"content of the key file", "ak-bom",
			func() error { return os.WriteFile(h.keys(3), []byte("\xef\xbb\xbf"+keyOf(3)+"\n"), 0o600) },
			func() error { return os.WriteFile(h.keys(3), []byte(keyOf(3)+"\n"), 0o600) }},
		{"home that is gone", "home-missing",
			func() error { return os.Rename(h.home(3), h.home(3)+".old") },
			func() error { return os.Rename(h.home(3)+".old", h.home(3)) }},
		{"owner of .ssh", "akf-unreadable",
			func() error { return os.Chown(h.home(3)+"/.ssh", firstUID+4, -1) },
			func() error { return os.Chown(h.home(3)+"/.ssh", firstUID+3, -1) }},
		{"mode of /home", "akf-unreadable",
			func() error { return os.Chmod(h.path("/home"), 0o700) },
			func() error { return os.Chmod(h.path("/home"), 0o755) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			must(t, tc.spoil())
			wait(t, "finding", func() bool { return has(s.Snapshot(), tc.check, user) })
			must(t, tc.mend())
			wait(t, "end of the finding", func() bool { return !has(s.Snapshot(), tc.check, user) })
		})
	}
	if n := s.Snapshot().Verdicts.Count; n == 0 {
		t.Error("no event was timed")
	}
}

func TestAccountsComeAndGo(t *testing.T) {
	h := makeHost(t, 20)
	h.writeAccounts(h.users[1:19])
	s, k := h.keep(never)
	if n := s.Snapshot().Report.Users; n != 19 {
		t.Fatalf("%d accounts, want 18 and root", n)
	}
	must(t, os.Chmod(h.keys(19), 0o666))
	h.writeAccounts(h.users)
	wait(t, "two new accounts", func() bool { return s.Snapshot().Report.Users == 21 })
	if !has(s.Snapshot(), "akf-strict-file", h.users[19]) {
		t.Error("what is wrong with a new account is not found with it")
	}
	wait(t, "watches of the new homes", func() bool { return k.accounts.Stats().Watched >= 2*21 })
	must(t, os.Chmod(h.keys(0), 0o666))
	wait(t, "event of the first account, before which all others have moved up",
		func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[0]) })
	must(t, os.Chmod(h.keys(5), 0o666))
	wait(t, "event of an account with a new number", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[5]) })
	h.writeAccounts(h.users[:5])
	wait(t, "accounts gone", func() bool { return s.Snapshot().Report.Users == 6 })
	wait(t, "watches gone", func() bool { return k.accounts.Stats().Watched <= 2*6+2 })
}

func TestConfigurationOfSSHDCountsForEverybody(t *testing.T) {
	h := makeHost(t, 20)
	s, _ := h.keep(never)
	for i := range h.users {
		must(t, os.Chmod(h.keys(i), 0o666))
	}
	wait(t, "every key file refused", func() bool { return s.Snapshot().Report.Blocked == 20 })
	h.write("/etc/ssh/sshd_config", "StrictModes no\n")
	wait(t, "no key file refused", func() bool { return s.Snapshot().Report.Blocked == 0 })
	must(t, os.MkdirAll(h.path("/etc/ssh/keys"), 0o755))
	h.write("/etc/ssh/sshd_config", "AuthorizedKeysFile /etc/ssh/keys/%u\n")
	wait(t, "finding about keys that sshd does not read", func() bool { return has(s.Snapshot(), "authorized-keys-wrong-location", h.users[7]) })
	h.write("/etc/ssh/keys/"+h.users[7], keyOf(7)+"\n")
	must(t, os.Chmod(h.path("/etc/ssh/keys/"+h.users[7]), 0o666))
	wait(t, "key file elsewhere refused", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[7]) })
	must(t, os.Chmod(h.path("/etc/ssh/keys/"+h.users[7]), 0o644))
	wait(t, "key file elsewhere taken", func() bool { return !has(s.Snapshot(), "akf-strict-file", h.users[7]) })
	must(t, os.Chmod(h.path("/etc/ssh/keys"), 0o777))
	wait(t, "directory of the key files refused", func() bool { return has(s.Snapshot(), "akf-strict-dir", h.users[7]) })
}

func TestBrokenSSHDConfigurationIsFound(t *testing.T) {
	h := makeHost(t, 2)
	h.write("/usr/sbin/sshd", "OpenSSH_9.2p1 Debian-2+deb12u3\x00")
	s, _ := h.keep(never)
	h.write("/etc/ssh/sshd_config", "NoSuchKeyword yes\n")
	wait(t, "finding", func() bool { return has(s.Snapshot(), "config-invalid", "") })
	h.write("/etc/ssh/sshd_config", "UsePAM yes\n")
	wait(t, "end of the finding", func() bool { return !has(s.Snapshot(), "config-invalid", "") })
}

func TestKeysInCommonFollowTheAccounts(t *testing.T) {
	h := makeHost(t, 5)
	s, _ := h.keep(never)
	must(t, os.WriteFile(h.keys(1), []byte(keyOf(2)+"\n"), 0o600))
	wait(t, "a key of two accounts", func() bool { return has(s.Snapshot(), "key-shared-between-users", h.users[1]) })
	must(t, os.WriteFile(h.keys(1), []byte(keyOf(1)+"\n"), 0o600))
	wait(t, "each its own again", func() bool { return !has(s.Snapshot(), "key-shared-between-users", h.users[1]) })
}

func TestReloadTakesNewSettings(t *testing.T) {
	h := makeHost(t, 5)
	s, _ := h.keep(never)
	o := h.options(never)
	o.Survey.Settings.Accounts.Exclude = []string{"user0000[0-2]"}
	s.Reload(o)
	wait(t, "fewer accounts", func() bool { return s.Snapshot().Report.Users == 3 })
}

func TestFailureIsToldAndOvercome(t *testing.T) {
	h := makeHost(t, 3)
	s, _ := h.keep(never)
	must(t, os.Rename(h.path("/etc/passwd"), h.path("/etc/passwd.old")))
	wait(t, "failure", func() bool { return s.Snapshot().Err != nil })
	if n := s.Snapshot().Report.Users; n != 4 {
		t.Errorf("%d accounts during the failure, want those of before", n)
	}
	must(t, os.Rename(h.path("/etc/passwd.old"), h.path("/etc/passwd")))
	wait(t, "recovery", func() bool { return s.Snapshot().Err == nil })
}

// TestWithoutWatchesChangesAreFoundByPolling takes the watchers away, as a host
// does whose inotify instances are used up.
func TestWithoutWatchesChangesAreFoundByPolling(t *testing.T) {
	h := makeHost(t, 20)
	s, _ := h.keep(time.Second, func(k *Keeper) { k.blind = true })
	must(t, os.Chmod(h.keys(3), 0o666))
	wait(t, "finding", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[3]) })
	h.writeAccounts(h.users[:5])
	wait(t, "accounts gone", func() bool { return s.Snapshot().Report.Users == 6 })
}

// TestUnwatchableAccountIsPolled: behind a link no watch is put.
func TestUnwatchableAccountIsPolled(t *testing.T) {
	h := makeHost(t, 5)
	must(t, os.MkdirAll(h.path("/data"), 0o755))
	must(t, os.Rename(h.home(3)+"/.ssh", h.path("/data/ssh3")))
	must(t, os.Symlink("/data/ssh3", h.home(3)+"/.ssh"))
	s, _ := h.keep(never, func(k *Keeper) { k.pollAtMost = time.Second })
	wait(t, "the count of unwatched directories", func() bool { return s.Snapshot().Watch.Unwatched > 0 })
	must(t, os.WriteFile(h.path("/data/ssh3/id_rsa"), []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"), 0o644))
	must(t, os.Chown(h.path("/data/ssh3/id_rsa"), firstUID+3, firstUID+3))
	wait(t, "finding", func() bool { return has(s.Snapshot(), "private-key-mode-loose", h.users[3]) })
}

func TestLostEventsAreMadeGoodByOnePass(t *testing.T) {
	h := makeHost(t, 50)
	s, k := h.keep(never)
	before := s.Snapshot().LastAudit
	// The watches go, and with them the events; then the kernel says that some were lost.
	for i := range int32(51) {
		k.accounts.Forget(i)
	}
	must(t, os.Chmod(h.keys(3), 0o666))
	sweep := sweeper{keeper: k}
	sweep.all(time.Now())
	wait(t, "finding", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[3]) })
	must(t, os.Chmod(h.keys(4), 0o666))
	wait(t, "event of an account that is watched again", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[4]) })
	if s.Snapshot().LastAudit.Before(before) {
		t.Error("the time of the last audit went back")
	}
}

func TestPassesAfterLostEventsAreKeptApart(t *testing.T) {
	var p lossPacer
	now := time.Now()
	if p.due(now) {
		t.Error("a pass without a loss")
	}
	p.note()
	if !p.due(now) || p.due(now) {
		t.Error("want one pass at once")
	}
	p.note()
	if p.due(now.Add(overflowPause - time.Second)) {
		t.Error("a second pass within the pause")
	}
	if !p.due(now.Add(overflowPause)) {
		t.Error("no second pass after the pause")
	}
}

func TestSweepLooksAtEveryAccountOnceInTheInterval(t *testing.T) {
	h := makeHost(t, 40)
	_, k := h.keep(never)
	k.mu.Lock()
	k.opts.Interval = 100 * time.Second
	g := k.current
	k.mu.Unlock()
	g2 := *g.Standing
	frozen := &Keeper{opts: k.opts, pollAtMost: longestPoll, accounts: k.accounts, queue: newQueue(), publish: make(chan struct{}, 1)}
	for l := range frozen.wake {
		frozen.wake[l] = make(chan struct{}, 1)
	}
	frozen.current = &generation{Standing: &g2}
	now := time.Now()
	sweep := sweeper{keeper: frozen, last: now}
	seen := map[int32]int{}
	for range 20 {
		now = now.Add(5 * time.Second)
		sweep.step(now)
		list := first(frozen.queue.take(fast, 1000, now))
		if len(list) > 4 {
			t.Errorf("%d accounts in one step, want the load spread", len(list))
		}
		for _, a := range list {
			seen[a]++
		}
	}
	if len(seen) < 40 || len(seen) > 41 {
		t.Errorf("%d accounts of 41 were looked at in the interval", len(seen))
	}
	for a, n := range seen {
		if n != 1 {
			t.Errorf("account %d was looked at %d times", a, n)
		}
	}
}

// TestStormDelaysNobody has one account change all the time while others are
// spoilt and mended.
func TestStormDelaysNobody(t *testing.T) {
	h := makeHost(t, 50)
	s, k := h.keep(never)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			name := filepath.Join(h.home(0), ".ssh", strconv.Itoa(i%64))
			_ = os.WriteFile(name, nil, 0o600) // what it does matters more than that it succeeds
			_ = os.Remove(name)
		}
	}()
	defer func() { close(stop); <-ended }()
	wait(t, "suspension", func() bool { return k.accounts.Stats().Suspensions > 0 })
	began := time.Now()
	for i := 1; i < 20; i++ {
		must(t, os.Chmod(h.keys(i), 0o666))
		wait(t, "finding during the storm", func() bool { return has(s.Snapshot(), "akf-strict-file", h.users[i]) })
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("19 changes took %v: each waited for a poll", took)
	}
}

func TestStuckWorkIsNoticed(t *testing.T) {
	k := NewKeeper(Options{Survey: survey.Options{}, Interval: time.Hour}, nil)
	if k.Stuck() {
		t.Error("stuck before anything began")
	}
	done := k.working(int(slow))
	if k.Stuck() {
		t.Error("stuck though it just began")
	}
	k.busy[slow].Store(time.Now().Add(-auditLimit - 2*stopLimit).UnixNano())
	if !k.Stuck() {
		t.Error("work of a quarter of an hour is not noticed")
	}
	done()
	if k.Stuck() {
		t.Error("stuck after the end")
	}
}
