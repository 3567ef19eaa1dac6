package pam

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
)

// files is a host's files by path.
type files map[string]string

func (f files) source() Source {
	return Source{
		Read: func(p string) ([]byte, error) {
			if text, ok := f[p]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Mode: func(p string) (fs.FileMode, error) {
			if _, ok := f[p]; ok {
				return 0o644, nil
			}
			if f.isDir(p) {
				return fs.ModeDir | 0o755, nil
			}
			return 0, fs.ErrNotExist
		},
		List: func(dir string) ([]string, error) {
			var names []string
			for p := range f {
				if path.Dir(p) == dir {
					names = append(names, path.Base(p))
				}
			}
			if names == nil && !f.isDir(dir) {
				return nil, fs.ErrNotExist
			}
			slices.Sort(names)
			return names, nil
		},
	}
}

func (f files) isDir(dir string) bool {
	for p := range f {
		if strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

var bookworm = Library{1, 5, 2, true}

// today is the day of the tests' logins: 2026-03-04, a Wednesday, at 14:30.
var now = time.Date(2026, 3, 4, 14, 30, 0, 0, time.UTC)

func today() int32 { return int32(now.Unix() / secondsPerDay) }

func alice() *Facts {
	return &Facts{
		User: "alice", UID: 1000, GID: 1000, Groups: []string{"alice", "web"}, GIDs: []uint32{1000, 33},
		Home: "/home/alice", Shell: "/bin/bash", Local: true, Password: accounts.PasswordInShadow,
		Shadow: &accounts.Shadow{
			Present: true, Password: accounts.PasswordSet, LastChange: 19000, Max: 99999, Warn: 7, Inactive: -1, ExpireOn: -1,
		},
		Now: now, RemoteHost: "192.0.2.7", Service: "sshd",
	}
}

// stack evaluates a text of /etc/pam.d/sshd among other files.
func (f files) stack(lib Library, sshd string) *Stack {
	all := files{"/etc/pam.d/sshd": sshd}
	maps.Copy(all, f)
	return Load("sshd", all.source(), lib)
}

func wantVerdict(t *testing.T, o Outcome, verdict audit.Verdict, cause, module string) {
	t.Helper()
	if o.Verdict != verdict || o.Cause != cause || module != "*" && string(o.Module) != module {
		t.Errorf("got %v %q by %q (%s), want %v %q by %q", o.Verdict, o.Cause, o.Module, o.Message, verdict, cause, module)
	}
}
