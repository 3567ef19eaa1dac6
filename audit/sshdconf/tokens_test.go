package sshdconf

import "testing"

func TestKeysPathExpandsAsSshdDoes(t *testing.T) {
	for entry, want := range map[string]struct {
		path    string
		unknown byte
	}{
		".ssh/authorized_keys":    {"/home/al/.ssh/authorized_keys", 0},
		"%h/.ssh/authorized_keys": {"/home/al/.ssh/authorized_keys", 0},
		"/etc/keys/%u.%U":         {"/etc/keys/al.1000", 0},
		"keys%%%u":                {"/home/al/keys%al", 0},
		"/x/%q":                   {"/x/%q", 'q'},
		"/x/%":                    {"/x/%", '%'},
	} {
		path, unknown := KeysPath(entry, "/home/al", "al", 1000)
		if path != want.path || unknown != want.unknown {
			t.Errorf("%s: %q %q, want %q %q", entry, path, unknown, want.path, want.unknown)
		}
	}
}
