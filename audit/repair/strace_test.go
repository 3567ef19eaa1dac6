//go:build linux

package repair

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sshaudit/audit/hostfs"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/sshdtest"
)

// childOnce repairs and takes back, once.
func childOnce(args []string) error {
	root, err := hostfs.Open(args[0])
	if err != nil {
		return err
	}
	f := &Fixer{Root: root, StateDir: args[1] + "/state", LockPath: args[1] + "/lock", UIDMin: 1000,
		ValidKeys: validText, RepairText: repairMark}
	r, err := f.Fix(context.Background(), []Target{aliceTarget()}, Options{Keys: true})
	if err != nil {
		return err
	}
	_, err = f.Undo(context.Background(), r.ID, Options{})
	return err
}

var (
	// An strace that is older than fchmodat2 shows its number, 452 on every architecture.
	changesMode  = regexp.MustCompile(`^(chmod|fchmod|fchmodat|fchmodat2|syscall_0x1c4)\(`)
	byDescriptor = regexp.MustCompile(`^fchmod\(|^fchmodat2\(\d+, "", 0\d+, AT_EMPTY_PATH|^syscall_0x1c4\(0x[0-9a-f]+, 0x[0-9a-f]+, 0x[0-9a-f]+, 0x1000,`)
	changesOwner = regexp.MustCompile(`^(chown|lchown|fchown|fchownat)\(`)
	opens        = regexp.MustCompile(`^(open|openat|openat2|creat)\((.*)`)
)

// TestSystemCallsNameNothingThatAUserControls traces a repair and its undo: no
// mode or owner is changed by a path, nothing below the home is opened in a
// way that follows a link or can wait, and no program is started.
func TestSystemCallsNameNothingThatAUserControls(t *testing.T) {
	hostfstest.NeedRoot(t)
	strace := sshdtest.NeedProgram(t, "strace", "strace")
	b := newBench(t, with(aliceHome(), own("/", 0o777), *marked(mark + goodKey), own("/.ssh/id_rsa", 0o666), own("/.ssh/other", 0o666),
		hostfstest.Entry{Path: "/home/alice/.ssh/known_hosts", Mode: 0o600, Content: goodHost})...)
	log := filepath.Join(t.TempDir(), "trace")
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-s", "512", "-o", log, exe, b.dir, t.TempDir())
	cmd.Env = append(os.Environ(), childVar+"=once")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	must(t, err)
	modes, owners, execs, below := 0, 0, 0, 0
	for line := range strings.Lines(string(text)) {
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		switch {
		case changesMode.MatchString(call):
			modes++
			if !byDescriptor.MatchString(call) {
				t.Errorf("mode changed by a path: %s", call)
			}
		case changesOwner.MatchString(call):
			owners++
			if !strings.Contains(call, `, "", `) || !strings.Contains(call, "AT_EMPTY_PATH") {
				t.Errorf("owner changed by a path: %s", call)
			}
		case strings.HasPrefix(call, "execve"):
			execs++
		case opens.MatchString(call) && ofAlice(call):
			below++
			careful := strings.Contains(call, "O_NOFOLLOW") && (strings.Contains(call, "O_EXCL") ||
				strings.Contains(call, "O_PATH") && strings.Contains(call, "RESOLVE_NO_SYMLINKS"))
			if !careful {
				t.Errorf("opened by name: %s", call)
			}
		case opens.MatchString(call) && strings.Contains(call, `"/proc/self/fd/`) && strings.Contains(call, "O_RDONLY"):
			if !strings.Contains(call, "O_NONBLOCK") && !strings.Contains(call, "O_DIRECTORY") {
				t.Errorf("could wait: %s", call)
			}
		}
	}
	t.Logf("%d changes of mode, %d of owner, %d opens below the home, %d programs", modes, owners, below, execs)
	if modes < 7 || owners != 2 || below < 10 || execs != 1 {
		t.Error("the trace does not show what was to be shown")
	}
}

// ofAlice reports whether the call names something in the home.
func ofAlice(call string) bool {
	for _, name := range []string{`"alice`, `".ssh`, `"authorized_keys`, `"id_rsa`, `"other`, `"known_hosts`, "/home/alice"} {
		if strings.Contains(call, name) {
			return true
		}
	}
	return false
}
