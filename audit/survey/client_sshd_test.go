package survey

import (
	"bytes"
	"context"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/clientlog"
	"sshaudit/audit/decide"
	"sshaudit/audit/settings"
	"sshaudit/audit/sshdtest"
)

// TestClientLogIsJoinedWithTheHost lets the real ssh fail at a real sshd, and asks
// the host about it with nothing but what ssh -v wrote.
func TestClientLogIsJoinedWithTheHost(t *testing.T) {
	h := sshdtest.Open(t, sshdtest.Bookworm)
	key := h.Keygen("ed25519", 0)
	for _, name := range []string{"good", "loose", "empty"} {
		u := h.AddUser(sshdtest.User{Name: name})
		mode := map[string]uint32{"good": 0o600, "loose": 0o666, "empty": 0o600}[name]
		text := key.Public + "\n"
		if name == "empty" {
			text = "\n"
		}
		h.WriteFile("/home/"+name+"/.ssh/authorized_keys", []byte(text), 0o600, u.UID, u.GID)
		must(t, h.FS().Chmod("home/"+name+"/.ssh/authorized_keys", fs.FileMode(mode)))
	}
	s := h.StartSshd("UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nPort 22\n")
	for _, c := range []struct {
		user, cause string
		verdict     audit.Verdict
		options     []string
	}{
		{"good", "", audit.Accept, []string{"-i", key.Path}},
		{"loose", "akf-strict-file", audit.Refuse, []string{"-i", key.Path}},
		{"empty", "ak-not-listed", audit.Refuse, []string{"-i", key.Path}},
		{"nobody-here", "user-unknown", audit.Refuse, []string{"-i", key.Path}},
		{"good", "hostkey-unconfirmed", audit.Refuse, []string{"-i", key.Path, "-o", "StrictHostKeyChecking=yes"}},
		{"good", "kex-no-match", audit.Refuse, []string{"-i", key.Path, "-o", "KexAlgorithms=diffie-hellman-group1-sha1"}},
		{"good", "client-no-key-offered", audit.Refuse, []string{"-o", "PubkeyAuthentication=no"}},
	} {
		args := slices.Concat([]string{"-v", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"}, c.options,
			[]string{"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-p", strconv.Itoa(s.Port()), c.user + "@127.0.0.1", "true"})
		cmd := h.Command(context.Background(), "/usr/bin/ssh", args...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil && out.Len() == 0 {
			t.Fatal(err)
		}
		l, err := clientlog.Read(&out)
		must(t, err)
		req := decide.Request{User: string(l.User), From: netip.MustParseAddr("127.0.0.1"), Service: decide.SSH, Method: decide.Publickey}
		r, err := Why(t.Context(), WhyOptions{Root: h.Root(), Settings: settings.Default(), Request: req, Client: l})
		must(t, err)
		first := ""
		if len(r.Causes) > 0 {
			first = r.Causes[0].ID
		}
		if first != c.cause || r.Verdict != c.verdict {
			t.Errorf("%s %v: %s by %q, want %s by %q; the client's step was %s", c.user, c.options, r.Verdict, first, c.verdict, c.cause, l.Step)
		}
		if got := r.Client.Here; l.HostKey.Fingerprint != "" && got != audit.Accept {
			t.Errorf("%s: this host is %s, because %q", c.user, got, r.Client.Because)
		}
	}
	// Another host's key proves that somebody else answered.
	l, err := clientlog.Read(strings.NewReader("debug1: Connecting to 127.0.0.1 [127.0.0.1] port 22.\ndebug1: Authenticating to 127.0.0.1:22 as 'good'\n" +
		"debug1: Server host key: ssh-ed25519 SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\ngood@127.0.0.1: Permission denied (publickey).\n"))
	must(t, err)
	r, err := Why(t.Context(), WhyOptions{Root: h.Root(), Settings: settings.Default(), Client: l,
		Request: decide.Request{User: "good", Service: decide.SSH, Method: decide.Publickey}})
	must(t, err)
	if r.Client.Here != audit.Refuse || r.Verdict != audit.Refuse || r.Causes[0].ID != "network-other-device-answers" {
		t.Errorf("a foreign host key: here %s, %s by %v", r.Client.Here, r.Verdict, r.Causes)
	}
}
