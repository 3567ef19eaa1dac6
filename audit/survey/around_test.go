package survey_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/decide"
	"sshaudit/audit/hostfs/hostfstest"
	"sshaudit/audit/survey"
)

// volume mounts a file system for a home, until the test ends.
func volume(t *testing.T, at, options string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "mode=0755,"+options); err != nil {
		t.Fatalf("mount %s: %v", at, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
}

// fill writes until nothing more fits.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for piece := make([]byte, 4096); err == nil; {
		_, err = f.Write(piece)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestDisksThatTakeNoFilesAreFound: each fault made for real, each beside a home without it.
func TestDisksThatTakeNoFilesAreFound(t *testing.T) {
	hostfstest.NeedRoot(t)
	var passwd strings.Builder
	passwd.WriteString("root:x:0:0::/root:/bin/sh\n")
	names := []string{"fine", "full", "inodes", "readonly", "small"}
	for i, name := range names {
		fmt.Fprintf(&passwd, "%s:x:%d:%d::/srv/%s/home:/bin/sh\n", name, 61000+i, 61000+i, name)
	}
	root := hostfstest.Build(t,
		hostfstest.Entry{Path: "/etc/passwd", Content: passwd.String()},
		hostfstest.Entry{Path: "/etc/group", Content: "root:x:0:\n"},
		hostfstest.Entry{Path: "/etc/shells", Content: "/bin/sh\n"},
		hostfstest.Entry{Path: "/bin/sh", Content: "#!", Mode: 0o755},
		hostfstest.Entry{Path: "/root/"},
		hostfstest.Entry{Path: "/etc/ssh/sshd_config", Content: "Port 22\nSubsystem sftp internal-sftp\n"})
	at := func(name string) string { return filepath.Join(root, "srv", name) }
	volume(t, at("fine"), "size=64m")
	volume(t, at("full"), "size=1m")
	volume(t, at("inodes"), "size=64m,nr_inodes=2000")
	volume(t, at("readonly"), "size=64m")
	volume(t, at("small"), "size=1m") // little, and all of it free
	for i, name := range names {
		home := filepath.Join(at(name), "home")
		if err := os.Mkdir(home, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(home, 61000+i, 61000+i); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, filepath.Join(at("full"), "file"))
	for i := 0; ; i++ {
		if err := os.Mkdir(filepath.Join(at("inodes"), fmt.Sprint(i)), 0o755); errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount("", at("readonly"), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	s, err := survey.Open(t.Context(), survey.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		if f.Check == "disk-full" || f.Check == "fs-readonly" {
			got = append(got, f.Check+" "+strings.TrimPrefix(string(f.Path), root))
		}
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{"disk-full /srv/full", "disk-full /srv/inodes", "fs-readonly /srv/readonly"}, got); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]string{"fine": "", "small": "", "full": "disk-full", "inodes": "no inodes", "readonly": "fs-readonly"} {
		w, err := survey.Why(t.Context(), survey.WhyOptions{
			Root: root, Request: decide.Request{User: name, Service: decide.SFTP, Method: decide.Publickey},
		})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(w.Steps, func(s audit.Step) bool { return s.Layer == audit.LayerSession })
		said := ""
		if i >= 0 {
			said = w.Steps[i].Message
		}
		if want == "" && strings.Contains(said, "uploads") || !strings.Contains(said, want) {
			t.Errorf("%s: the session's step says %q, want %q", name, said, want)
		}
	}
}
