package sshdtest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Key is a key pair in the system.
type Key struct {
	// Path is the private key's path inside the system; the public key lies beside it as Path.pub.
	Path string
	// Public is the public key's line without line feed, as authorized_keys takes it.
	Public string
}

// Keygen makes a key pair of root's without passphrase, by the release's own
// ssh-keygen. The type is what -t takes ("ed25519", "rsa"); 0 bits means its
// default. Further arguments are passed on (such as "-C", "comment").
func (h *Host) Keygen(typ string, bits int, args ...string) Key {
	h.t.Helper()
	h.Mkdir("/root/keys", 0o700, 0, 0)
	h.keys++
	key := Key{Path: fmt.Sprintf("/root/keys/%d-%s", h.keys, typ)}
	args = append([]string{"-q", "-t", typ, "-N", "", "-f", key.Path}, args...)
	if bits != 0 {
		args = append(args, "-b", strconv.Itoa(bits))
	}
	if out, err := h.Command(context.Background(), "ssh-keygen", args...).CombinedOutput(); err != nil {
		h.t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
	}
	public, err := h.fs.ReadFile(relative(key.Path + ".pub"))
	if err != nil {
		h.t.Fatal(err)
	}
	key.Public = strings.TrimSuffix(string(public), "\n")
	return key
}
