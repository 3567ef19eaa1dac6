package checks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/facts/factstest"
	"sshaudit/audit/sshdconf"
)

const (
	hostKeyPath = "/etc/ssh/ssh_host_ed25519_key"
	configPath  = sshdconf.DefaultFile
)

// quiet is a configuration in which no setting is advised against.
const quiet = "PermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM yes\nAllowTcpForwarding no\nX11Forwarding no\n" +
	"ClientAliveInterval 300\nAllowGroups web\nLoginGraceTime 60\n"

// calm is a host on which nothing is found.
func calm(t *testing.T) *facts.Host {
	t.Helper()
	h := factstest.Host(t, quiet)
	s := h.Servers[0]
	key := facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File(hostKeyPath, 0o600, 0, 0)}, Configured: true}
	s.HostKeys = []facts.HostKey{key}
	s.KeysCommand = &facts.Program{Setting: "/usr/bin/keys"}
	s.KeysCommand.Node = factstest.File("/usr/bin/keys", 0o755, 0, 0)
	s.KeysCommand.Dirs = []facts.Node{factstest.Dir("/usr/bin", 0o755, 0, 0), factstest.Dir("/", 0o755, 0, 0)}
	s.Running, s.PID, s.Started, s.Newest, s.NewestFile = true, 7, factstest.Now, factstest.Now.Add(-time.Hour), configPath
	h.PrivsepDir = "/run/sshd"
	for _, n := range []facts.Node{factstest.File(configPath, 0o644, 0, 0), factstest.Dir("/etc/ssh", 0o755, 0, 0),
		factstest.Dir("/run/sshd", 0o755, 0, 0), factstest.File(hostKeyPath+".pub", 0o644, 0, 0)} {
		h.Files[string(n.Path)] = facts.SystemFile{Node: n}
	}
	return h
}

// file changes a system file of the host.
func file(path string, change func(*facts.SystemFile)) func(*facts.Host) {
	return func(h *facts.Host) {
		f := h.Files[path]
		change(&f)
		h.Files[path] = f
	}
}

// sshd changes the host's sshd.
func sshd(change func(*facts.Server)) func(*facts.Host) {
	return func(h *facts.Host) { change(h.Servers[0]) }
}

// hostKey changes the host's only host key.
func hostKey(change func(*facts.HostKey)) func(*facts.Host) {
	return sshd(func(s *facts.Server) { change(&s.HostKeys[0]) })
}

func TestHostsAreFoundAtFaultForExactlyWhatIsWrong(t *testing.T) {
	const unusable, none = "hostkey-unusable critical blocks " + hostKeyPath, "no-hostkeys critical blocks " + configPath
	for _, tc := range []struct {
		name  string
		spoil func(*facts.Host)
		want  []string
	}{
		{"in order", func(*facts.Host) {}, nil},
		{"refused configuration", sshd(func(s *facts.Server) {
			s.Refused, s.Config, s.Settings = &sshdconf.ConfigError{File: configPath, Line: 3, Message: "Bad configuration option: x"}, nil, nil
		}), []string{"config-invalid critical blocks " + configPath}},
		{"changed and not reloaded", sshd(func(s *facts.Server) { s.Newest = s.Started.Add(time.Second) }),
			[]string{"config-not-reloaded warning blocks " + configPath}},
		{"changed and nothing runs", sshd(func(s *facts.Server) { s.Newest, s.Running = s.Started.Add(time.Second), false }), nil},
		{"settings on the command line", sshd(func(s *facts.Server) { s.Args = []string{"-D", "-p", "2222"} }),
			[]string{"sshd-args-override notice hardening /usr/sbin/sshd"}},
		{"no settings on the command line", sshd(func(s *facts.Server) { s.Args = []string{"-D"} }), nil},
		{"build unknown", sshd(func(s *facts.Server) { s.Rules = facts.RulesUnknown }), []string{"mode-rule-set notice hardening /usr/sbin/sshd"}},

		{"host key that others read", hostKey(func(k *facts.HostKey) { k.Mode = 0o640 }), []string{unusable, none}},
		{"host key with passphrase", hostKey(func(k *facts.HostKey) { k.Encrypted = true }), []string{unusable, none}},
		{"host key missing", hostKey(func(k *facts.HostKey) { k.Problem = &facts.Problem{Failure: facts.Missing} }), []string{unusable, none}},
		{"host key of the defaults missing", sshd(func(s *facts.Server) {
			missing := facts.HostKey{SystemFile: facts.SystemFile{Node: factstest.File("/etc/ssh/x", 0, 0, 0), Problem: &facts.Problem{Failure: facts.Missing}}}
			s.HostKeys = append(s.HostKeys, missing)
		}), nil},
		{"host key not looked at", hostKey(func(k *facts.HostKey) { k.Problem = &facts.Problem{Failure: facts.Uncertain} }), nil},
		{"somebody's host key", hostKey(func(k *facts.HostKey) { k.UID = 1000 }), []string{"sshd-hostkey-perms critical exposes " + hostKeyPath}},
		{"public host key that others write", file(hostKeyPath+".pub", func(f *facts.SystemFile) { f.Mode = 0o666 }),
			[]string{"sshd-hostkey-pub-perms notice hardening " + hostKeyPath + ".pub"}},

		{"configuration that others write", file(configPath, func(f *facts.SystemFile) { f.Mode = 0o664 }),
			[]string{"sshd-config-perms critical exposes " + configPath}},
		{"somebody's directory of the configuration", file("/etc/ssh", func(f *facts.SystemFile) { f.UID = 1000 }),
			[]string{"sshd-config-perms critical exposes /etc/ssh"}},
		{"no privilege separation directory", file("/run/sshd", func(f *facts.SystemFile) { f.Problem = &facts.Problem{Failure: facts.Missing} }),
			[]string{"privsep-dir critical blocks /run/sshd"}},
		{"no such directory where nothing runs", func(h *facts.Host) {
			file("/run/sshd", func(f *facts.SystemFile) { f.Problem = &facts.Problem{Failure: facts.Missing} })(h)
			h.Servers[0].Running = false
		}, nil},
		{"writable privilege separation directory", file("/run/sshd", func(f *facts.SystemFile) { f.Mode = 0o777 }),
			[]string{"privsep-dir critical blocks /run/sshd"}},

		{"command for keys missing", sshd(func(s *facts.Server) { s.KeysCommand.Problem = &facts.Problem{Failure: facts.Missing} }),
			[]string{"akc-missing critical blocks /usr/bin/keys"}},
		{"somebody's directory above it", sshd(func(s *facts.Server) { s.KeysCommand.Dirs[0].UID = 1000 }),
			[]string{"akc-unsafe critical blocks /usr/bin"}},
		{"root's group may write it, for Debian", sshd(func(s *facts.Server) { s.KeysCommand.Mode = 0o775 }), nil},

		{"line of passwd that is ignored", func(h *facts.Host) {
			h.Accounts = factstest.DB(factstest.Passwd+"mallory:x:many:1::/:/bin/sh\n", factstest.Group)
		}, []string{"account-line-malformed warning blocks /etc/passwd"}},
		{"home of two accounts", func(h *facts.Host) {
			for i := range int32(2) {
				h.Homes.Add([2]uint64{1, 2}, i+1, func() string { return "/home/alice" })
			}
		}, []string{"home-shared warning exposes /home/alice"}},
		{"home of two names of one uid", func(h *facts.Host) {
			h.Accounts = factstest.DB(factstest.Passwd+"ftp:x:1001:1001::/home/bob:/bin/sh\n", factstest.Group)
			for i := range int32(2) {
				h.Homes.Add([2]uint64{1, 2}, i+2, func() string { return "/home/bob" })
			}
		}, nil},
		{"key of two accounts", func(h *facts.Host) {
			for i := range int32(2) {
				h.Keys.Add(7, i+1, func() string { return "SHA256:x" })
			}
		}, []string{"key-shared-between-users notice exposes "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := calm(t)
			tc.spoil(h)
			want := append([]string{}, tc.want...)
			slices.Sort(want)
			if diff := cmp.Diff(want, briefs(Host(All(), h))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSharedKeysAreBounded(t *testing.T) {
	h := calm(t)
	for k := range uint64(maxSharedKeys + 20) {
		for i := range int32(2) {
			h.Keys.Add(k, i+1, func() string { return "SHA256:x" })
		}
	}
	found := Host([]*Check{Find("key-shared-between-users")}, h)
	if last := found[len(found)-1]; len(found) != maxSharedKeys+1 || !strings.Contains(last.Message, "20 more") {
		t.Errorf("%d findings, the last %q; want %d and that 20 more exist", len(found), last.Message, maxSharedKeys)
	}
}

func TestSettingIsAdvisedAgainstByItsBadValueOnly(t *testing.T) {
	bad := map[string]string{
		"sshd-permit-user-environment": "yes", "sshd-max-auth-tries": "7", "sshd-login-grace": "0", "sshd-loglevel": "QUIET", "sshd-idle": "0",
	}
	for _, row := range sshdAdvice {
		t.Run(row.id, func(t *testing.T) {
			value := bad[row.id]
			if value == "" {
				value = map[string]string{"yes": "no", "no": "yes", "prohibit-password": "yes"}[row.wanted]
			}
			one := []*Check{Find(row.id)}
			ask := func(value string) []audit.Finding {
				h := factstest.Host(t, row.keyword+" "+value+"\n")
				return Host(one, h)
			}
			found := ask(value)
			if len(found) != 1 || found[0].Path != configPath || found[0].Line != 1 || found[0].Expected != row.wanted {
				t.Errorf("%s: %+v; want one finding in line 1", value, found)
			}
			if found := ask(row.wanted); len(found) != 0 {
				t.Errorf("%s, which is advised: %+v", row.wanted, found)
			}
		})
	}
}

func TestAlgorithmIsToldAsWeakOnlyWhereALineOffersIt(t *testing.T) {
	one := []*Check{Find("sshd-crypto-weak")}
	for config, want := range map[string]int{
		"": 0, "Ciphers aes128-cbc\n": 1, "Ciphers aes256-ctr\n": 0, "MACs hmac-md5\nKexAlgorithms diffie-hellman-group1-sha1\n": 2,
		"MACs hmac-sha2-256\n": 0,
	} {
		if found := Host(one, factstest.Host(t, config)); len(found) != want {
			t.Errorf("%q: %+v, want %d findings", config, found, want)
		}
	}
}

func TestLineBehindAnotherIsToldAsShadowed(t *testing.T) {
	found := Host([]*Check{Find("sshd-include-shadowed")}, factstest.Host(t, "UsePAM no\nUsePAM yes\n"))
	if len(found) != 1 || found[0].Line != 2 {
		t.Errorf("%+v, want the second line", found)
	}
}

func TestAccessWithoutAListIsTold(t *testing.T) {
	one := []*Check{Find("sshd-access-unrestricted")}
	for config, want := range map[string]int{"": 1, "AllowUsers alice\n": 0, "AllowGroups web\n": 0, "DenyUsers eve\n": 0, "DenyGroups web\n": 0} {
		if found := Host(one, factstest.Host(t, config)); len(found) != want {
			t.Errorf("%q: %+v, want %d findings", config, found, want)
		}
	}
}

func TestEmptyPasswordIsToldWhereverItStands(t *testing.T) {
	one := []*Check{Find("account-password-empty")}
	h := calm(t)
	a := factstest.Account(t, h, "alice")
	if found := Account(one, h, a); len(found) != 0 {
		t.Errorf("locked: %+v", found)
	}
	a.Shadow.Password = accounts.PasswordEmpty
	if found := Account(one, h, a); len(found) != 1 || found[0].Path != "/etc/shadow" {
		t.Errorf("%+v, want shadow", found)
	}
	a.Password = accounts.PasswordEmpty
	if found := Account(one, h, a); len(found) != 1 || found[0].Path != "/etc/passwd" {
		t.Errorf("%+v, want passwd", found)
	}
}
