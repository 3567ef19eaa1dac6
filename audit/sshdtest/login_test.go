package sshdtest_test

import (
	"os"
	"strings"
	"testing"

	"sshaudit/audit/sshdtest"
)

func writeKeys(h *sshdtest.Host, u sshdtest.User, keys string) {
	h.Mkdir(u.Home+"/.ssh", 0o700, u.UID, u.GID)
	h.WriteFile(u.Home+"/.ssh/authorized_keys", []byte(keys), 0o600, u.UID, u.GID)
}

func TestListedKeyIsAcceptedAndOtherKeyRefused(t *testing.T) {
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		listed, other := h.Keygen("ed25519", 0), h.Keygen("rsa", 2048)
		alice := h.AddUser(sshdtest.User{Name: "alice"})
		writeKeys(h, alice, listed.Public+"\n")
		s := h.StartSshd("")

		got := s.Login("alice", listed.Path)
		if !got.Accepted || got.Exit != 0 {
			t.Errorf("listed key: accepted %v, exit %d, want true, 0\n%s%s", got.Accepted, got.Exit, got.Client, got.Log)
		}
		got = s.Login("alice", other.Path)
		if got.Accepted || got.Exit != 255 {
			t.Errorf("other key: accepted %v, exit %d, want false, 255\n%s", got.Accepted, got.Exit, got.Client)
		}
		if !strings.Contains(got.Log, "Failed publickey for alice") || strings.Contains(got.Log, "Accepted publickey") {
			t.Errorf("the log of the refused login is not its own:\n%s", got.Log)
		}
	})
}

func TestWorldWritableHomeIsRefusedByStrictModes(t *testing.T) {
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		key := h.Keygen("ed25519", 0)
		alice := h.AddUser(sshdtest.User{Name: "alice"})
		writeKeys(h, alice, key.Public+"\n")
		h.Mkdir(alice.Home, 0o777, alice.UID, alice.GID)
		got := h.StartSshd("UsePAM yes\n").Login("alice", key.Path)
		const why = "bad ownership or modes for directory /home/alice"
		if got.Accepted || !strings.Contains(got.Log, why) {
			t.Errorf("accepted %v, want false with %q in the log:\n%s", got.Accepted, why, got.Log)
		}
	})
}

func TestRunReturnsTheCommandsStatusAndOutput(t *testing.T) {
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		key := h.Keygen("ed25519", 0)
		alice := h.AddUser(sshdtest.User{Name: "alice", Shell: "/bin/bash"})
		writeKeys(h, alice, key.Public+"\n")
		got := h.StartSshd("UsePAM yes\n", "-o", "LogLevel=INFO").Run("alice", key.Path, "id -un; exit 7")
		if !got.Accepted || got.Exit != 7 || !strings.Contains(got.Client, "alice\n") {
			t.Errorf("accepted %v, exit %d, want true, 7 and alice's name\n%s%s", got.Accepted, got.Exit, got.Client, got.Log)
		}
		if strings.Contains(got.Log, "debug1:") {
			t.Error("the caller's LogLevel did not win over the helper's")
		}
	})
}

func TestEveryRefusedLoginIsDecidedAnew(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Trixie)
	key := h.Keygen("ed25519", 0)
	h.AddUser(sshdtest.User{Name: "alice"})
	s := h.StartSshd("")
	for i := range 12 {
		if got := s.Login("alice", key.Path); !strings.Contains(got.Log, "Failed publickey for alice") {
			t.Fatalf("login %d was dropped, not decided:\n%s", i, got.Log)
		}
	}
}

func TestReloadReadsTheConfigurationAnew(t *testing.T) {
	eachRelease(t, func(t *testing.T, h *sshdtest.Host) {
		key := h.Keygen("ed25519", 0)
		alice := h.AddUser(sshdtest.User{Name: "alice"})
		writeKeys(h, alice, key.Public+"\n")
		s := h.StartSshd("")
		h.WriteFile("/etc/ssh/sshd_config", []byte("DenyUsers alice\n"), 0o644, 0, 0)
		if got := s.Login("alice", key.Path); !got.Accepted {
			t.Errorf("before the reload: refused, want accepted:\n%s", got.Log)
		}
		s.Reload()
		if got := s.Login("alice", key.Path); got.Accepted {
			t.Errorf("after the reload: accepted, want refused:\n%s", got.Log)
		}
	})
}

func TestFilesHaveTheirModeWhateverTheUmask(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Bookworm)
	h.WriteFile("/srv/a/b", nil, 0o666, 7, 8)
	h.Mkdir("/srv/c/d", 0o2777, 7, 8)
	for name, want := range map[string]os.FileMode{
		"srv/a": os.ModeDir | 0o755, "srv/a/b": 0o666, "srv/c": os.ModeDir | 0o755,
	} {
		info, err := h.FS().Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

func BenchmarkLogin(b *testing.B) {
	for _, r := range sshdtest.Releases() {
		b.Run(string(r), func(b *testing.B) {
			h := sshdtest.Open(b, r)
			key := h.Keygen("ed25519", 0)
			h.AddUser(sshdtest.User{Name: "alice"})
			s := h.StartSshd("")
			for b.Loop() {
				s.Login("alice", key.Path)
			}
		})
	}
}
