package settings

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
)

func load(t *testing.T, text string) Settings {
	t.Helper()
	s, err := Load(strings.NewReader(text), "sshaudit.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEmptyFileMeansTheDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "~\n", "{}\n",
		"accounts:\ndaemon:\n  interval:\n  listen:\nhome_mode:\naccept:\nweb: {users: }\n"} {
		if got := load(t, text); !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q: got %+v, want the defaults", text, got)
		}
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	got := load(t, `
accounts:
  include: ["*"]
  exclude: [svc-*, yes]
  uid_min: 500
  uid_max: 60000
checks:
  only: [akf-strict-file, home-mode-loose]
  skip: [mode-rule-set]
accept:
  - check: home-mode-loose
    user: bob
    path: /home/bob
    reason: "he insists, ticket 12"
sshd: {config: /etc/ssh/sshd_config}
filesystems: {allow: [nfs4, fuse.sshfs]}
vantages: [203.0.113.7, "2001:DB8::7"]
closed: [198.51.100.9]
names: [FTP.example.com., www.example.com]
public_addresses: [198.51.100.1]
resolvers: [192.0.2.53]
home_mode: 0750
state_dir: /srv/sshaudit
daemon:
  interval: 1m30s
  listen: ["[::1]:10069", ":443"]
  web_config: /etc/sshaudit/web.yaml
web: {users: [prometheus]}
`)
	low, high, mode := uint32(500), uint32(60000), uint32(0o750)
	want := Settings{
		Accounts: Accounts{Include: []string{"*"}, Exclude: []string{"svc-*", "yes"}, UIDMin: &low, UIDMax: &high},
		Checks:   Checks{Only: []string{"akf-strict-file", "home-mode-loose"}, Skip: []string{"mode-rule-set"}},
		Accept: []Accepted{{Check: "home-mode-loose", User: "bob", Path: "/home/bob",
			Reason: "he insists, ticket 12", Line: 11}},
		SSHD:        SSHD{Config: "/etc/ssh/sshd_config"},
		Filesystems: Filesystems{Allow: []string{"nfs4", "fuse.sshfs"}},
		Vantages:    []string{"203.0.113.7", "2001:db8::7"},
		Closed:      []string{"198.51.100.9"},
		Names:       []string{"ftp.example.com", "www.example.com"}, PublicAddresses: []string{"198.51.100.1"},
		Resolvers: []string{"192.0.2.53"},
		HomeMode:  &mode,
		StateDir:  "/srv/sshaudit",
		Daemon: Daemon{Interval: 90 * time.Second, Listen: []string{"[::1]:10069", ":443"},
			WebConfig: "/etc/sshaudit/web.yaml"},
		Web: Web{Users: []string{"prometheus"}},
	}
	want.named = got.named
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestModeIsOctalQuotedOrNot(t *testing.T) {
	for _, text := range []string{`"0750"`, `"750"`, `0750`, `750`} {
		if got := load(t, "home_mode: "+text); got.HomeMode == nil || *got.HomeMode != 0o750 {
			t.Errorf("%s: got %v, want 0750", text, got.HomeMode)
		}
	}
}

// TestEachMistakeHasItsMessage holds one bad file for each mistake.
func TestEachMistakeHasItsMessage(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "acounts: {}\n",
			`x.yaml:1: unknown key "acounts"; known here: accounts, checks, accept, sshd, filesystems, vantages, closed, names, public_addresses, resolvers, home_mode, state_dir, daemon, web`},
		{"a name that is none", "names: ['http://x']\n", `x.yaml:1: names: "http://x" is no full host name; write one such as ftp.example.com`},
		{"a name of one word", "names: [server]\n", `x.yaml:1: names: "server" is no full host name; write one such as ftp.example.com`},
		{"unknown key below", "daemon:\n  intervall: 5m\n",
			`x.yaml:2: daemon: unknown key "intervall"; known here: interval, listen, web_config`},
		{"unknown key of an accepted finding", "accept:\n  - check: a\n    file: /x\n",
			`x.yaml:3: accept: unknown key "file"; known here: check, user, path, reason`},
		{"merge key", "x: &a {}\n<<: *a\n",
			`x.yaml:1: unknown key "x"; known here: accounts, checks, accept, sshd, filesystems, vantages, closed, names, public_addresses, resolvers, home_mode, state_dir, daemon, web`},
		{"key twice", "home_mode: 750\nstate_dir: /x\nhome_mode: 700\n",
			`x.yaml:3: key "home_mode" is already set on line 1; keep one of the two`},
		{"key that is a list", "[a, b]: c\n",
			`x.yaml:1: a key must be a word, found a list`},
		{"list for the file", "- a\n",
			"x.yaml:1: want keys and values, found a list; indent `accounts: …` below it"},
		{"text for a mapping", "daemon: 5m\n",
			"x.yaml:1: daemon: want keys and values, found the value \"5m\"; indent `interval: …` below it"},
		{"text for a list", "web:\n  users: prometheus\n",
			`x.yaml:2: web.users: want a list, found the value "prometheus"; write it as [one, two]`},
		{"mapping for a list", "accept: {check: a}\n",
			`x.yaml:1: accept: want a list, found keys and values; write it as [one, two]`},
		{"list for a text", "state_dir: [/x]\n",
			`x.yaml:1: state_dir: want one value, found a list`},
		{"mapping for a text", "checks:\n  only:\n    - id: a\n",
			`x.yaml:3: checks.only: want one value, found keys and values`},
		{"empty element", "checks:\n  only: [a, ]\n  skip:\n    -\n",
			`x.yaml:4: checks.skip: an empty value; give one, or take the line out`},
		{"alias", "sshd: {config: &a /x}\nstate_dir: *a\n",
			`x.yaml:2: state_dir: want one value, found an alias (*name), which is not supported`},
		{"second document", "home_mode: 750\n---\nhome_mode: 700\n",
			"x.yaml:2: a second YAML document begins; keep one and take the `---` out"},
		{"tabs", "daemon:\n\tinterval: 5m\n",
			`x.yaml:2: not YAML: found character that cannot start any token; look at the indentation, colons and quotes there`},
		{"open bracket", "web: {users: [a}\n",
			`x.yaml: not YAML: did not find expected ',' or ']'; look at its first line and for bytes that are no UTF-8 text`},
		{"not UTF-8", "web: {users: [\"\xff\"]}\n",
			`x.yaml: not YAML: invalid leading UTF-8 octet; look at its first line and for bytes that are no UTF-8 text`},
		{"control byte", "web: {users: [\"\x01\"]}\n",
			`x.yaml: not YAML: control characters are not allowed; look at its first line and for bytes that are no UTF-8 text`},
		{"pattern", "accounts: {include: ['[a']}\n",
			`x.yaml:1: accounts.include: "[a" is no shell pattern; use *, ? and [a-z]`},
		{"empty pattern", "accounts: {exclude: ['']}\n",
			`x.yaml:1: accounts.exclude: "" is no shell pattern; use *, ? and [a-z]`},
		{"negative uid", "accounts: {uid_min: -1}\n",
			`x.yaml:1: accounts.uid_min: "-1" is no uid; write a whole number from 0 to 4294967294`},
		{"uid of none", "accounts: {uid_max: 4294967295}\n",
			`x.yaml:1: accounts.uid_max: "4294967295" is no uid; write a whole number from 0 to 4294967294`},
		{"uid bounds crossed", "accounts:\n  uid_min: 2000\n  uid_max: 1000\n",
			`x.yaml:2: accounts: uid_min 2000 is above uid_max 1000; no account would be audited`},
		{"check id", "checks: {skip: [AKF_strict]}\n",
			"x.yaml:1: checks.skip: \"AKF_strict\" is not the id of a check; `sshaudit checks` lists them"},
		{"accepted without check", "accept:\n  - reason: so it is\n",
			"x.yaml:2: accept: `check` is missing; name the check whose finding is accepted"},
		{"accepted without reason", "accept:\n  - check: home-mode-loose\n    user: bob\n",
			"x.yaml:2: accept: `reason` is missing; say why the finding of home-mode-loose is accepted"},
		{"accepted with an empty reason", "accept:\n  - check: home-mode-loose\n    reason: ' '\n",
			`x.yaml:3: accept.reason: an empty reason; say why the finding is accepted`},
		{"user name", "accept: [{check: a, user: 'a:b', reason: r}]\n",
			`x.yaml:1: accept.user: "a:b" cannot be the name of an account`},
		{"relative path", "sshd: {config: etc/sshd_config}\n",
			"x.yaml:1: sshd.config: \"etc/sshd_config\" is no absolute path; write it from / on, without `.`, `..` or a slash at its end"},
		{"path with dots", "state_dir: /var/lib/../x\n",
			"x.yaml:1: state_dir: \"/var/lib/../x\" is no absolute path; write it from / on, without `.`, `..` or a slash at its end"},
		{"empty state directory", "state_dir: ''\n",
			"x.yaml:1: state_dir: \"\" is no absolute path; write it from / on, without `.`, `..` or a slash at its end"},
		{"file system type", "filesystems: {allow: ['nfs *']}\n",
			`x.yaml:1: filesystems.allow: "nfs *" is no file system type; take it from the third column of /proc/mounts`},
		{"symbolic mode", "home_mode: u=rwx\n",
			`x.yaml:1: home_mode: "u=rwx" is no mode; write three octal digits such as "0750"`},
		{"mode with special bits", "home_mode: \"1750\"\n",
			`x.yaml:1: home_mode: "1750" is no mode; write three octal digits such as "0750"`},
		{"decimal mode", "home_mode: 488\n",
			`x.yaml:1: home_mode: "488" is no mode; write three octal digits such as "0750"`},
		{"duration without unit", "daemon: {interval: 300}\n",
			`x.yaml:1: daemon.interval: "300" is no duration; write it as 30s, 5m or 1h`},
		{"short interval", "daemon: {interval: 5s}\n",
			`x.yaml:1: daemon.interval: 5s is out of bounds; choose from 10s to 24h`},
		{"long interval", "daemon: {interval: 48h}\n",
			`x.yaml:1: daemon.interval: 48h is out of bounds; choose from 10s to 24h`},
		{"address without port", "daemon: {listen: [127.0.0.1]}\n",
			`x.yaml:1: daemon.listen: "127.0.0.1" is no address to listen on; write it as 127.0.0.1:10069 or [::1]:10069`},
		{"host name as address", "daemon: {listen: ['localhost:10069']}\n",
			`x.yaml:1: daemon.listen: "localhost:10069" is no address to listen on; write it as 127.0.0.1:10069 or [::1]:10069`},
		{"no address", "daemon:\n  listen: []\n",
			`x.yaml:2: daemon.listen: an empty list; name an address, or take the line out for 127.0.0.1:10069`},
		{"relative web configuration", "daemon: {web_config: web.yaml}\n",
			"x.yaml:1: daemon.web_config: \"web.yaml\" is no absolute path; write it from / on, without `.`, `..` or a slash at its end"},
		{"too large", strings.Repeat("#\n", maxFile),
			"x.yaml: larger than 1048576 bytes; it is hardly meant to be sshaudit's configuration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Load(strings.NewReader(c.text), "x.yaml")
			if err == nil || err.Error() != c.want {
				t.Errorf("\ngot  %v\nwant %s", err, c.want)
			}
			if !reflect.DeepEqual(s, Settings{}) {
				t.Errorf("settings beside the error: %+v", s)
			}
		})
	}
}

func TestMisspeltCheckIsNamedWithItsLine(t *testing.T) {
	s := load(t, "checks:\n  skip:\n    - known\n    - unknwon\n")
	known := func(id string) bool { return id == "known" }
	want := "sshaudit.yaml:4: checks.skip: there is no check \"unknwon\"; `sshaudit checks` lists them"
	if err := s.KnownChecks(known); err == nil || err.Error() != want {
		t.Errorf("\ngot  %v\nwant %s", err, want)
	}
	if err := s.KnownChecks(func(string) bool { return true }); err != nil {
		t.Errorf("all known, yet: %v", err)
	}
	if err := load(t, "accept: [{check: old, reason: r}]").KnownChecks(known); err == nil {
		t.Error("an accepted finding may name any check")
	}
}

func TestAcceptedFindingIsMatchedBySubject(t *testing.T) {
	f := audit.Finding{Check: "home-mode-loose", User: "bob", Path: "/home/bob"}
	for _, c := range []struct {
		name string
		a    Accepted
		want bool
	}{
		{"check alone", Accepted{Check: "home-mode-loose"}, true},
		{"another check", Accepted{Check: "akf-strict-file"}, false},
		{"same user", Accepted{Check: "home-mode-loose", User: "bob"}, true},
		{"another user", Accepted{Check: "home-mode-loose", User: "alice"}, false},
		{"same path", Accepted{Check: "home-mode-loose", Path: "/home/bob"}, true},
		{"path below", Accepted{Check: "home-mode-loose", Path: "/home"}, false},
	} {
		if got := c.a.Covers(f); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzLoad: no input panics, an error is one line that names the file, and
// nothing else is returned with it.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "daemon: {interval: 1h}", "accept:\n- check: a\n  reason: r\n",
		"a: &a [*a]\n", "? [x]\n: y\n", "%YAML 1.1\n---\n...\n", "<<: {}\n", "home_mode: !!binary MDc1MA==\n", "\ufeffweb:\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Load(strings.NewReader(text), "x.yaml")
		if err == nil {
			if s.StateDir == "" || s.Daemon.Interval < minInterval || len(s.Daemon.Listen) == 0 {
				t.Errorf("settings out of bounds: %+v", s)
			}
			return
		}
		if !strings.HasPrefix(err.Error(), "x.yaml:") || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("error is not one plain line: %q", err)
		}
		if !reflect.DeepEqual(s, Settings{}) {
			t.Errorf("settings beside the error: %+v", s)
		}
	})
}
