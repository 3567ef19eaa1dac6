package sshdtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

func eachRelease(t *testing.T, f func(*testing.T, *sshdtest.Host)) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel() // waiting, and at first installing, is most of the time
			f(t, sshdtest.Open(t, r))
		})
	}
}

func TestVersionIsTheBinarysFullName(t *testing.T) {
	want := map[sshdtest.Release]audit.OpenSSH{
		sshdtest.Bullseye: {Major: 8, Minor: 4, Patch: 1},
		sshdtest.Bookworm: {Major: 9, Minor: 2, Patch: 1},
		sshdtest.Trixie:   {Major: 10, Minor: 0, Patch: 1},
	}
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		got, err := audit.ParseOpenSSH(h.Version())
		if err != nil {
			t.Fatal(err)
		}
		w := want[h.Release()]
		if !got.Debian() || got.Major != w.Major || got.Minor != w.Minor {
			t.Errorf("Version() = %q, want Debian's %v", h.Version(), w)
		}
	})
}

func TestCommandRunsInsideTheSystem(t *testing.T) {
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		out, err := h.Command(t.Context(), "sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME; pwd; id -u").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if want := string(h.Release()) + "\n/\n0\n"; string(out) != want {
			t.Errorf("got %q, want %q", out, want)
		}
	})
}

func TestChangesStayInOneSystem(t *testing.T) {
	a, b := sshdtest.Open(t, sshdtest.Bookworm), sshdtest.Open(t, sshdtest.Bookworm)
	if err := a.FS().WriteFile("etc/passwd", []byte("broken\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	other, err := b.FS().ReadFile("etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(other), "root:") {
		t.Errorf("another system's passwd begins %.20q", other)
	}
}

func TestSystemIsGoneAfterTheTest(t *testing.T) {
	var root string
	t.Run("owner", func(t *testing.T) {
		h := sshdtest.Open(t, sshdtest.Bookworm)
		root = h.Root()
		if err := h.Command(t.Context(), "sleep", "1000").Start(); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Lstat(filepath.Dir(root)); !os.IsNotExist(err) {
		t.Errorf("stat of a finished test's system: %v, want that it does not exist", err)
	}
}
