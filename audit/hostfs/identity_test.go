//go:build linux

package hostfs_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

// uids returns real, effective, saved and file system uid of each thread.
func uids(t *testing.T) map[int]string {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	m := map[int]string{}
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		if err != nil {
			continue // it has ended
		}
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		m[tid] = field(string(status), "Uid:")
	}
	return m
}

func field(status, name string) string {
	_, rest, _ := strings.Cut(status, "\n"+name)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Join(strings.Fields(line), " ")
}

func TestT44OtherThreadsKeepTheirIdentity(t *testing.T) {
	r := build(t, homeOf(alice)...)
	var mine sync.Map // threads that act as an account just now
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			err := r.Worker(func(w *hostfs.Worker) error {
				for n := 0; !stop.Load(); n++ {
					mine.Store(unix.Gettid(), true)
					err := w.As(hostfs.Identity{UID: uint32(61000 + i), GID: alice}, func(v *hostfs.View) error {
						_, err := v.Stat("/home")
						return err
					})
					mine.Delete(unix.Gettid())
					if err != nil {
						return err
					}
					if unix.Geteuid() != 0 || unix.Getegid() != 0 {
						return errors.New("identity was not given back")
					}
					time.Sleep(time.Microsecond)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	checked, switched := 0, 0
	for n := 0; n < 200 || switched == 0 && n < 20000; n++ {
		for tid, u := range uids(t) {
			_, busy := mine.Load(tid)
			ours := strings.HasPrefix(u, "0 61") && strings.Fields(u)[2] == "0"
			if u == "0 0 0 0" || ours {
				checked++
			}
			if ours {
				switched++
				continue
			}
			if u != "0 0 0 0" {
				t.Errorf("thread %d (busy %v) has uids %s", tid, busy, u)
			}
		}
		if tid := unix.Geteuid(); tid != 0 {
			t.Fatal("the test's own goroutine runs as", tid)
		}
	}
	stop.Store(true)
	wg.Wait()
	if switched == 0 || checked == switched {
		t.Errorf("%d of %d looks met a switched thread: the test saw nothing", switched, checked)
	}
	for tid, u := range uids(t) {
		if u != "0 0 0 0" {
			t.Errorf("afterwards thread %d has uids %s", tid, u)
		}
	}
}

func TestGroupsAreThoseOfTheAccountAndComeBack(t *testing.T) {
	r := build(t)
	before, err := unix.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	id := hostfs.Identity{UID: alice, GID: bob, Groups: []uint32{bob, 7, 61003}}
	err = r.Worker(func(w *hostfs.Worker) error {
		err := w.As(id, func(*hostfs.View) error {
			status, err := os.ReadFile("/proc/thread-self/status")
			groups := strings.Fields(field(string(status), "Groups:"))
			slices.Sort(groups)
			if got := fmt.Sprint(groups); got != "[61002 61003 7]" || err != nil {
				t.Error(got, err)
			}
			if got := field(string(status), "Gid:"); got != fmt.Sprintf("0 %d 0 %d", bob, bob) {
				t.Error(got)
			}
			if got := field(string(status), "CapEff:"); got != "0000000000000000" {
				t.Error(got)
			}
			return nil
		})
		after, _ := unix.Getgroups()
		if !slices.Equal(before, after) {
			t.Error(before, after)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestT45ThreadThatCannotComeBackIsDestroyed(t *testing.T) {
	r := build(t, homeOf(alice)...)
	var tid int
	hostfs.FailCalls(t, unix.ENOMEM, "restore")
	err := r.Worker(func(w *hostfs.Worker) error {
		err := w.As(hostfs.Identity{UID: alice, GID: alice}, func(v *hostfs.View) error {
			tid = unix.Gettid()
			_, err := v.Stat("/home/alice/.ssh")
			return err
		})
		t.Error("the function went on as the account:", err)
		return nil
	})
	if !errors.Is(err, hostfs.ErrIdentity) {
		t.Error(err)
	}
	// Many goroutines, each of which asks for its identity.
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			runtime.Gosched()
			if unix.Geteuid() != 0 {
				t.Error("a goroutine runs with the account's identity")
			}
		})
	}
	wg.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		u := uids(t)
		// The runtime cannot end the first thread; it parks that one for good.
		if _, alive := u[tid]; !alive || tid == os.Getpid() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the thread still exists:", u)
		}
	}
}

func TestFailureToBecomeTheAccountReadsNothing(t *testing.T) {
	r := build(t)
	for _, id := range []hostfs.Identity{{UID: 1<<32 - 1, GID: 1}, {UID: 1, GID: 1<<32 - 1}, {UID: 1, Groups: make([]uint32, 65537)}} {
		err := r.As(id, func(*hostfs.View) error { t.Error("called"); return nil })
		if !errors.Is(err, hostfs.ErrIdentity) {
			t.Error(err)
		}
	}
	hostfs.FailCalls(t, unix.EAGAIN, "setresuid")
	err := r.As(hostfs.Identity{UID: alice, GID: alice}, func(*hostfs.View) error { t.Error("called"); return nil })
	if !errors.Is(err, hostfs.ErrIdentity) || !errors.Is(err, unix.EAGAIN) {
		t.Error(err)
	}
	if g, err := unix.Getgroups(); len(g) == 65537 || err != nil {
		t.Error(g, err)
	}
}

func TestPanicAndGoexitInAsReachTheCaller(t *testing.T) {
	r := build(t)
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Error("recovered", got)
			}
		}()
		r.As(hostfs.Identity{UID: alice}, func(*hostfs.View) error { panic("boom") })
	}()
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- returned }()
		r.As(hostfs.Identity{UID: alice}, func(*hostfs.View) error { runtime.Goexit(); return nil })
		returned = true
	}()
	if <-ended {
		t.Error("As returned after Goexit")
	}
	for tid, u := range uids(t) {
		if u != "0 0 0 0" {
			t.Errorf("thread %d has uids %s", tid, u)
		}
	}
}

func TestT50AccountCanNeitherSignalNorTraceUs(t *testing.T) {
	r := build(t, homeOf(alice)...)
	attacker := newChildAs(t, alice, "kill")
	as(t, r, alice, func(*hostfs.View) {
		target := strconv.Itoa(os.Getpid())
		for _, call := range []string{"kill ", "tgkill ", "ptrace "} {
			if _, errno := attacker.ask(t, call+target+" "+strconv.Itoa(unix.Gettid())); errno != unix.EPERM {
				t.Errorf("%s: %v", call, errno)
			}
		}
	})
}

func childKill([]string) error {
	return echo(func(q string) (string, error) {
		var call string
		var pid, tid int
		if _, err := fmt.Sscan(q, &call, &pid, &tid); err != nil {
			return "", err
		}
		switch call {
		case "kill":
			return "", unix.Kill(pid, unix.SIGURG)
		case "tgkill":
			return "", unix.Tgkill(pid, tid, unix.SIGURG)
		}
		return "", unix.PtraceAttach(tid)
	})
}

func TestT50ChildrenInheritNoDescriptor(t *testing.T) {
	r := build(t, homeOf(alice)...)
	v := r.Self()
	w, err := v.Walk("/home/alice/.ssh/authorized_keys")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	open, _ := newChild(t, "descriptors").ask(t, "")
	for link := range strings.SplitSeq(open, "\n") {
		if strings.HasPrefix(link, r.Dir()) || strings.Contains(link, fmt.Sprintf("/proc/%d/", os.Getpid())) {
			t.Error("open in a child:", link)
		}
	}
	if !strings.Contains(open, "pipe:") {
		t.Error("the child saw nothing:", open)
	}
}

// childDescriptors lists what its descriptors lead to.
func childDescriptors([]string) error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	var open []string
	for _, e := range entries {
		if link, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			open = append(open, link)
		}
	}
	return echo(func(string) (string, error) { return strings.Join(open, "\n"), nil })
}

func TestAsWithinAsIsRefused(t *testing.T) {
	r := build(t)
	err := r.Worker(func(w *hostfs.Worker) error {
		return w.As(hostfs.Identity{UID: alice, GID: alice}, func(v *hostfs.View) error {
			err := w.As(hostfs.Identity{UID: bob}, func(*hostfs.View) error { t.Error("called"); return nil })
			if !errors.Is(err, hostfs.ErrIdentity) || unix.Geteuid() != alice {
				t.Error(err, unix.Geteuid())
			}
			_, err = v.Stat("/")
			return err
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// TestUnprivilegedProcessIsItselfOnly runs as alice throughout.
func TestUnprivilegedProcessIsItselfOnly(t *testing.T) {
	dir := hostfstest.Build(t, append(homeOf(alice),
		hostfstest.Entry{Path: "/home/alice/link", Link: ".ssh/authorized_keys", UID: alice},
		hostfstest.Entry{Path: "/home/bob/", UID: bob},
		hostfstest.Entry{Path: "/home/bob/public", UID: bob},
		hostfstest.Entry{Path: "/home/bob/private", UID: bob, Mode: 0o600},
		hostfstest.Entry{Path: "/home/bob/link", UID: bob, Link: "public"})...)
	c := newChildAs(t, alice, "unprivileged", dir)
	for question, want := range map[string]string{
		"61001 /home/alice/.ssh/authorized_keys": "true <nil>",
		"61001 /home/alice/link":                 "true <nil>",
		"61002 /home/bob/public":                 "false <nil>",
		"61002 /home/bob/private":                "false read /home/bob/private: permission denied",
		"61002 /home/bob/link":                   "false read /home/bob/link: " + hostfs.ErrSymlink.Error(),
	} {
		if got, _ := c.ask(t, question); got != want {
			t.Errorf("%s: %s, want %s", question, got, want)
		}
	}
}

func childUnprivileged(args []string) error {
	r, err := hostfs.Open(args[0])
	if err != nil {
		return err
	}
	return echo(func(q string) (answer string, err error) {
		var uid uint32
		var path string
		if _, err := fmt.Sscan(q, &uid, &path); err != nil {
			return "", err
		}
		err = r.As(hostfs.Identity{UID: uid, GID: uid}, func(v *hostfs.View) error {
			_, _, err := v.ReadFile(path, 100, nil)
			answer = fmt.Sprint(v.Switched(), " ", err)
			return nil
		})
		return answer, err
	})
}
