package live

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"sshaudit/audit"

	"github.com/google/go-cmp/cmp"
)

// soakFor is how long TestSoak goes on; SSHAUDIT_SOAK (a duration) has it longer.
const soakFor = 15 * time.Second

// TestSoak makes random changes to many accounts, and compares what the daemon
// knows with a fresh audit again and again. Only events count: the sweep takes a day.
func TestSoak(t *testing.T) {
	length, n := soakFor, 150
	if text := os.Getenv("SSHAUDIT_SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		must(t, err)
		n = 1000
	}
	h := makeHost(t, n)
	s, _ := h.keep(never, func(k *Keeper) { k.pollAtMost = 2 * time.Second })
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	m := &mutator{host: h, random: random}
	var begin, end usage
	rounds, changes, began := 0, 0, time.Now()
	for time.Since(began) < length || rounds < 3 {
		for range 1 + random.IntN(40) {
			m.change()
			changes++
		}
		h.compare(s, &m.log)
		rounds++
		switch rounds {
		case 3:
			begin = measure()
		default:
			end = measure()
		}
		m.log = m.log[:0]
	}
	t.Logf("%d comparisons after %d changes in %v: no difference; %v at the begin, %v at the end; %d events, %.1f ms on average",
		rounds, changes, time.Since(began).Round(time.Second), begin, end, s.Snapshot().Verdicts.Count,
		1000*s.Snapshot().Verdicts.Sum/float64(max(1, s.Snapshot().Verdicts.Count)))
	if end.goroutines > begin.goroutines+5 || end.descriptors > begin.descriptors+10 || end.heap > begin.heap+16<<20 {
		t.Errorf("grew from %v to %v", begin, end)
	}
}

// compare waits until the daemon knows what a fresh audit finds.
func (h *host) compare(s *State, log *[]string) {
	h.t.Helper()
	want := h.fresh()
	var difference string
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := s.Snapshot().Report
		difference = cmp.Diff(summary(want), summary(got))
		if difference == "" {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("after %v\nthe daemon differs from a check (-check +daemon):\n%s", *log, difference)
		}
	}
}

// summary is what of a report must be equal.
func summary(r *audit.Report) any {
	return struct {
		Users, Blocked int
		Complete       bool
		Errors         []audit.Problem
		Findings       []audit.Finding
	}{r.Users, r.Blocked, r.Complete, r.Errors, r.Findings}
}

// usage is what the process holds.
type usage struct {
	goroutines, descriptors int
	heap                    uint64
}

func measure() usage {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, _ := os.ReadDir("/proc/self/fd") // without it the number is 0 both times
	return usage{runtime.NumGoroutine(), len(open), m.HeapAlloc}
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d KiB heap", u.goroutines, u.descriptors, u.heap>>10)
}

// mutator changes a host as tenants and administrators do.
type mutator struct {
	*host
	random *rand.Rand
	log    []string
}

// change makes one change. What cannot be done, because an earlier change is in
// the way, is left undone.
func (m *mutator) change() {
	i := m.random.IntN(len(m.users))
	ssh := m.home(i) + "/.ssh"
	mode := []os.FileMode{0o600, 0o640, 0o644, 0o660, 0o666, 0o700, 0o755, 0o770, 0o777, 0o400, 0}[m.random.IntN(11)]
	var err error
	what := m.random.IntN(22)
	switch what {
	case 0, 1, 2:
		err = os.Chmod(m.keys(i), mode)
	case 3, 4:
		err = os.Chmod(ssh, mode)
	case 5, 6:
		err = os.Chmod(m.home(i), mode)
	case 7:
		err = os.Chown(m.keys(i), firstUID+m.random.IntN(len(m.users)), -1)
	case 8:
		err = os.WriteFile(m.keys(i), []byte(m.text(i)), 0o600)
	case 9:
		err = os.WriteFile(m.keys(i)+".new", []byte(m.text(i)), 0o600)
		_ = os.Rename(m.keys(i)+".new", m.keys(i))
	case 10:
		err = os.RemoveAll(ssh)
	case 11:
		err = os.WriteFile(ssh+"/id_rsa"+strconv.Itoa(m.random.IntN(3)), []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"), 0o644)
	case 12:
		err = os.Rename(ssh, ssh+".old")
	case 13:
		err = os.Symlink(".ssh.old", ssh)
	case 14:
		err = os.RemoveAll(m.home(i))
	case 15, 16, 17:
		_ = os.RemoveAll(m.home(i)) // a home from scratch; a file in its place goes too
		m.makeHome(i)
	case 18:
		err = os.WriteFile(m.home(i)+"/.rhosts", nil, 0o600)
	case 19:
		err = os.Link(m.keys(i), ssh+"/"+strconv.Itoa(m.random.IntN(100)))
	case 20:
		if m.random.IntN(10) == 0 {
			m.accounts()
		}
	case 21:
		if m.random.IntN(10) == 0 {
			m.write("/etc/ssh/sshd_config", []string{"UsePAM yes\n", "StrictModes no\n", "PubkeyAuthentication no\n",
				"AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\n"}[m.random.IntN(4)])
		}
	}
	m.log = append(m.log, fmt.Sprintf("%s:%d:%v(%v)", m.users[i], what, mode, err != nil))
}

func (m *mutator) text(i int) string {
	return []string{
		keyOf(i) + "\n", keyOf(i) + "\n" + keyOf(m.random.IntN(len(m.users))) + "\n", "\xef\xbb\xbf" + keyOf(i) + "\n", "ssh-rsa AAAA\n", "",
		"from=\"192.0.2.1\",nosuchoption " + keyOf(i) + "\n", keyOf(i),
	}[m.random.IntN(7)]
}

// accounts takes some accounts out of passwd, or puts them back.
func (m *mutator) accounts() {
	var users []string
	for _, u := range m.users {
		if m.random.IntN(20) > 0 {
			users = append(users, u)
		}
	}
	m.writeAccounts(users)
	m.log = append(m.log, fmt.Sprintf("%d accounts", len(users)))
}
