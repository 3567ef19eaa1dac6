package sshdconf

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLoad reads any text as a configuration of three releases: it must end, in
// settings or in one of the package's own errors, and twice in the same.
func FuzzLoad(f *testing.F) {
	for _, line := range wrongLines {
		f.Add(line+"\n", "PermitTTY no\n", "alice")
	}
	for _, line := range matchLines {
		f.Add("Match "+line+"\nInclude d/*\nPermitTTY yes\n", "Match all\nPermitTTY no\n", "bob")
	}
	for seed := range uint64(20) {
		s := generate(seed, 1000, "/etc/ssh")
		f.Add(s.files[s.main], "Include d/*\n", "root")
	}
	f.Fuzz(func(t *testing.T, main, extra, user string) {
		files := memory{DefaultFile: main, "/etc/ssh/d/a.conf": extra, "/etc/services": "ssh 22/tcp\n"}
		conn := Conn{User: user, Groups: []string{user}, Host: "h", Addr: "10.1.2.3", LocalAddr: "::1", LocalPort: 22}
		for _, r := range []rel{804, 902, 909, 1000, 1005} {
			c, err := Load(files, Options{Version: version(r)})
			if err != nil {
				mustBeOurs(t, err)
				continue
			}
			first, err := c.Effective(conn)
			if err != nil {
				mustBeOurs(t, err)
				continue
			}
			second := effective(t, load(t, files, r), conn)
			if diff := cmp.Diff(first.All(), second.All()); diff != "" {
				t.Errorf("two readings differ: %s", diff)
			}
			for _, l := range first.All() {
				if got, ok := first.Get(l.Keyword); !ok {
					t.Errorf("%s is printed, Get finds %v", l.Keyword, got)
				}
			}
		}
	})
}

func mustBeOurs(t *testing.T, err error) {
	t.Helper()
	var (
		refused *ConfigError
		unread  *ReadError
		limit   *LimitError
		unknown *UnknownError
	)
	if !errors.As(err, &refused) && !errors.As(err, &unread) && !errors.As(err, &limit) && !errors.As(err, &unknown) {
		t.Errorf("an error of another kind: %v", err)
	}
	if err.Error() == "" {
		t.Error("an error without words")
	}
}
