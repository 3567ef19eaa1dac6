//go:build linux

package hostfs_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
)

const (
	tries  = 20000
	marker = "secret of another"
)

// childSwap exchanges two names without end.
func childSwap(args []string) error {
	go func() {
		for {
			unix.Renameat2(unix.AT_FDCWD, args[0], unix.AT_FDCWD, args[1], unix.RENAME_EXCHANGE)
		}
	}()
	return echo(func(string) (string, error) { return "", nil })
}

// TestRaceReaderNeverLeavesTheHome lets a process of another uid exchange a
// directory, and then a file, with a link to somebody else's. A careless reader
// loses first, which shows that the attacker is awake.
func TestRaceReaderNeverLeavesTheHome(t *testing.T) {
	for _, c := range []struct{ name, real, link, target string }{
		{"last component", "/home/alice/.ssh/authorized_keys", "/home/alice/.ssh/link", "/home/bob/.ssh/authorized_keys"},
		{"directory", "/home/alice/.ssh", "/home/alice/link", "/home/bob/.ssh"},
		{"directory upwards", "/home/alice/.ssh", "/home/alice/link", "../bob/.ssh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := hostfstest.Build(t, append(homeOf(alice),
				hostfstest.Entry{Path: "/home/bob/", UID: bob, GID: bob},
				hostfstest.Entry{Path: "/home/bob/.ssh/", UID: bob, GID: bob},
				hostfstest.Entry{Path: "/home/bob/.ssh/authorized_keys", UID: bob, Mode: 0o600, Content: marker})...)
			target := c.target
			if target[0] == '/' {
				target = dir + target // for the careless reader; inside the root it dangles
			}
			if err := os.Symlink(target, dir+c.link); err != nil {
				t.Fatal(err)
			}
			newChildAs(t, alice, "swap", dir+c.real, dir+c.link).ask(t, "")
			carelessLoses(t, dir+"/home/alice/.ssh/authorized_keys")
			t.Run("native", func(t *testing.T) { raced(t, dir) })
			for errno, calls := range map[syscall.Errno][]string{unix.ENOSYS: {"openat2"}, unix.EPERM: {"openat2", "statx"}} {
				t.Run("T-46/"+unix.ErrnoName(errno), func(t *testing.T) {
					hostfs.FailCalls(t, errno, calls...)
					raced(t, dir)
				})
			}
		})
	}
}

func carelessLoses(t *testing.T, path string) {
	t.Helper()
	// On a busy machine the attacker may have to wait for a processor.
	start := time.Now()
	for n := 0; n < tries || time.Since(start) < time.Minute; n++ {
		if i, err := os.Lstat(path); err != nil || !i.Mode().IsRegular() {
			continue
		}
		if data, _ := os.ReadFile(path); bytes.Contains(data, []byte(marker)) {
			return
		}
	}
	t.Fatal("the attacker is asleep: a careless reader never lost")
}

// raced reads as root would, strictly below the home, and without the right to
// switch: never a byte of bob's.
func raced(t *testing.T, dir string) {
	r, unswitched := openRoot(t, dir), openRoot(t, dir)
	hostfs.ForbidSwitch(unswitched)
	met, buf := 0, make([]byte, 0, 100)
	look := func(data []byte, err error) {
		if bytes.Contains(data, []byte(marker)) {
			t.Fatal("read another account's file")
		}
		if err != nil {
			met++
			if errors.Is(err, hostfs.ErrIdentity) || errors.Is(err, unix.EBADF) {
				t.Fatal(err)
			}
		}
	}
	home, err := r.Self().OpenHome("/home/alice")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	for round := 0; round == 0 || met < tries/10 && round < 20; round++ {
		once(t, r, unswitched, home, buf, look)
	}
	if met < tries/10 {
		t.Errorf("only %d tries met the exchanged state", met)
	}
}

// once makes 20,000 looks: strictly below the home, as alice, and unswitched.
func once(t *testing.T, r, unswitched *hostfs.Root, home *hostfs.Walked, buf []byte, look func([]byte, error)) {
	for range tries / 4 {
		p, err := home.Beneath(".ssh/authorized_keys")
		if err != nil {
			look(nil, err)
			continue
		}
		data, err := p.ReadAll(100, buf)
		p.Close()
		look(data, err)
	}
	id := hostfs.Identity{UID: alice, GID: alice}
	read := func(v *hostfs.View) error {
		_, _, err := v.ReadDir("/home/alice/.ssh", 10)
		look(nil, err)
		data, _, err := v.ReadFile("/home/alice/.ssh/authorized_keys", 100, buf)
		look(data, err)
		return nil
	}
	for _, root := range []*hostfs.Root{r, unswitched} {
		err := root.Worker(func(w *hostfs.Worker) error {
			for range tries / 8 {
				if err := errors.Join(w.As(id, read), w.ReadAs(id, read)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestT46RealSeccompFilter runs the race and the chroot comparison again behind a
// filter, which a hook inside the program cannot stand in for.
func TestT46RealSeccompFilter(t *testing.T) {
	hostfstest.NeedRoot(t)
	for _, errno := range []string{"ENOSYS", "EPERM"} {
		cmd := exec.Command("/proc/self/exe", errno, "^(TestChrootSemantics|TestWalk.*|TestT07.*|TestT52.*)$/^(native)?$")
		cmd.Env = append(os.Environ(), childVar+"=seccomp")
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestChrootSemantics")) {
			t.Errorf("%s: %v\n%s", errno, err, out)
		}
	}
}
