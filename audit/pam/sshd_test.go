package pam

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/sshdtest"
)

// libraries are the releases of Linux-PAM in the systems of sshdtest.
var libraries = map[sshdtest.Release]Library{
	sshdtest.Bullseye: {1, 4, 0, true},
	sshdtest.Bookworm: {1, 5, 2, true},
	sshdtest.Trixie:   {1, 7, 0, true},
}

// stackCase is one state of the PAM files, and one login with a listed key.
type stackCase struct {
	name string
	// sshd is /etc/pam.d/sshd; where it lacks account or session lines, ones
	// that permit are added.
	sshd string
	// files are written before the login and removed after it; shadow are the
	// fields after the password, with T, T-1, … for days relative to today.
	files  map[string]string
	shadow string
	user   string // alice if empty
	// unknown tells that the verdict has to be unknown.
	unknown bool
}

func hostSource(h *sshdtest.Host) Source {
	// A name below the root; the absolute link /var/run leads out of os.Root.
	name := func(p string) string {
		if rest, ok := strings.CutPrefix(p, "/var/run/"); ok {
			p = "/run/" + rest
		}
		return strings.TrimPrefix(p, "/")
	}
	return Source{
		Read: func(p string) ([]byte, error) { return h.FS().ReadFile(name(p)) },
		Mode: func(p string) (fs.FileMode, error) {
			info, err := h.FS().Stat(name(p))
			if err != nil {
				return 0, err
			}
			return info.Mode(), nil
		},
		List: func(dir string) ([]string, error) {
			list, err := fs.ReadDir(h.FS().FS(), name(dir))
			var names []string
			for _, e := range list {
				names = append(names, e.Name())
			}
			return names, err
		},
	}
}

func hostFacts(t *testing.T, h *sshdtest.Host, user string) *Facts {
	t.Helper()
	read := func(name string) string {
		text, err := h.FS().ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	shadow := read("etc/shadow")
	db := accounts.New(accounts.Texts{Passwd: read("etc/passwd"), Group: read("etc/group"), Shadow: &shadow})
	a := db.Lookup(user)
	s, _ := db.Shadow(a)
	return &Facts{
		User: a.Name, UID: a.UID, GID: a.GID, Groups: db.GroupNames(a), GIDs: db.Groups(a), Home: a.Home, Shell: a.Shell,
		Local: true, Password: a.Password, Shadow: &s, Now: time.Now().UTC(), RemoteHost: "127.0.0.1", Service: "sshd",
	}
}

// predicted is the cause that ends the login, "" for none, "unknown: …" if it is not known.
func predicted(s *Stack, f *Facts) (cause, why string) {
	for _, t := range []Type{Account, Session} {
		o := s.Evaluate(t, f)
		switch o.Verdict {
		case audit.Unknown:
			return "unknown", o.Message
		case audit.Refuse:
			return o.Cause, o.Message
		case audit.Accept:
		}
	}
	return "", ""
}

// observed is the cause that sshd's log and the client prove.
func observed(l sshdtest.Login) string {
	switch {
	case strings.Contains(l.Log, "PAM: initialisation failed"), strings.Contains(l.Log, "PAM: initialization failed"):
		return CauseInit
	case strings.Contains(l.Log, "by PAM account configuration"):
		return CauseAccount
	case strings.Contains(l.Client, "Password change required"):
		return CausePasswordExpired
	case strings.Contains(l.Log, "PAM: pam_open_session()"):
		return CauseSession
	case l.Accepted && l.Exit == 0:
		return ""
	case l.Exit == 255 && strings.Contains(l.Log, "do_pam_account: called\n") && !strings.Contains(l.Log, "pam_acct_mgmt ="):
		return CauseAccount // a module has crashed
	case l.Exit == 255 && strings.Contains(l.Log, "PAM: initializing") && !strings.Contains(l.Log, "PAM: setting PAM_RHOST"):
		return CauseInit // libpam has crashed
	}
	return fmt.Sprintf("exit %d:\n%s%s", l.Exit, l.Client, l.Log)
}

type comparison struct {
	t      *testing.T
	h      *sshdtest.Host
	server *sshdtest.Server
	key    string
	shadow string
	day    int64
}

func startComparison(t *testing.T, r sshdtest.Release) *comparison {
	h := sshdtest.Open(t, r)
	key := h.Keygen("ed25519", 0)
	alice := h.AddUser(sshdtest.User{Name: "alice", Shell: "/bin/bash"})
	write := func(home string, uid, gid int) {
		h.Mkdir(home+"/.ssh", 0o700, uid, gid)
		h.WriteFile(home+"/.ssh/authorized_keys", []byte(key.Public+"\n"), 0o600, uid, gid)
	}
	write(alice.Home, alice.UID, alice.GID)
	write("/root", 0, 0)
	group, err := h.FS().ReadFile("etc/group")
	if err != nil {
		t.Fatal(err)
	}
	h.WriteFile("/etc/group", append(group, "web:x:3000:alice\n"...), 0o644, 0, 0)
	shadow, err := h.FS().ReadFile("etc/shadow")
	if err != nil {
		t.Fatal(err)
	}
	return &comparison{t, h, h.StartSshd("UsePAM yes\nPermitRootLogin yes\n"), key.Path, string(shadow), time.Now().Unix() / secondsPerDay}
}

// setShadow gives alice's line the fields after the password.
func (c *comparison) setShadow(fields string) {
	text := c.shadow
	if fields == "none" {
		text = removeLine(text, "alice:")
	} else if fields != "" {
		var list []string
		for f := range strings.SplitSeq(fields, ":") {
			if rest, ok := strings.CutPrefix(f, "T"); ok {
				var n int64
				if rest != "" {
					if _, err := fmt.Sscan(rest, &n); err != nil {
						c.t.Fatal(err)
					}
				}
				f = fmt.Sprint(c.day + n)
			}
			list = append(list, f)
		}
		text = removeLine(text, "alice:") + "alice:*:" + strings.Join(list, ":") + ":\n"
	}
	c.h.WriteFile("/etc/shadow", []byte(text), 0o640, 0, 42)
}

func removeLine(text, prefix string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, prefix) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// run sets the state up, compares, and takes it back.
func (c *comparison) run(tc stackCase) (unknown bool) {
	c.t.Helper()
	sshd := tc.sshd
	if sshd != "" && !strings.HasPrefix(sshd, "!") {
		if !strings.Contains(sshd, "account") {
			sshd += "account required pam_permit.so\n"
		}
		if !strings.Contains(sshd, "session") {
			sshd += "session required pam_permit.so\n"
		}
	}
	all := map[string]string{"/etc/pam.d/sshd": strings.TrimPrefix(sshd, "!")}
	maps.Copy(all, tc.files)
	restore := c.write(all)
	defer restore()
	c.setShadow(tc.shadow)
	user := tc.user
	if user == "" {
		user = "alice"
	}
	cause, why := predicted(Load("sshd", hostSource(c.h), libraries[c.h.Release()]), hostFacts(c.t, c.h, user))
	got := observed(c.server.Login(user, c.key))
	if cause == "unknown" {
		c.t.Logf("%s: unknown (%s), sshd: %q", tc.name, why, got)
	} else if cause != got {
		c.t.Errorf("%s: predicted %q (%s), sshd: %q", tc.name, cause, why, got)
	}
	return cause == "unknown"
}

// write makes files and returns what takes that back. The text REMOVE takes a
// file away; one that begins with MODE666: makes it world-writable.
func (c *comparison) write(all map[string]string) (restore func()) {
	c.t.Helper()
	before := make(map[string][]byte)
	for p, text := range all {
		name := strings.TrimPrefix(p, "/")
		old, err := c.h.FS().ReadFile(name)
		if err == nil {
			before[p] = old
		} else if !errors.Is(err, fs.ErrNotExist) {
			c.t.Fatal(err)
		}
		if text == "REMOVE" {
			if err := c.h.FS().Remove(name); err != nil && !os.IsNotExist(err) {
				c.t.Fatal(err)
			}
			continue
		}
		mode := fs.FileMode(0o644)
		if rest, ok := strings.CutPrefix(text, "MODE666:"); ok {
			text, mode = rest, 0o666
		}
		c.h.WriteFile(p, []byte(text), mode, 0, 0)
	}
	return func() {
		for p := range all {
			if old, ok := before[p]; ok {
				c.h.WriteFile(p, old, 0o644, 0, 0)
			} else if err := c.h.FS().Remove(strings.TrimPrefix(p, "/")); err != nil && !os.IsNotExist(err) {
				c.t.Fatal(err)
			}
		}
	}
}

// TestStacksDecideAsInTheRealSshd compares with sshd and the PAM library of
// each release. A verdict may only be unknown where the case says so.
func TestStacksDecideAsInTheRealSshd(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel() // waiting is most of the time
			c := startComparison(t, r)
			for _, tc := range stackCases {
				if got := c.run(tc); got != tc.unknown {
					t.Errorf("%s: unknown is %v, want %v", tc.name, got, tc.unknown)
				}
			}
			t.Logf("%d stacks compared", len(stackCases))
		})
	}
}

// TestRandomControlWordsDecideAsInTheRealSshd lets pam_debug return any code
// below any control word, in stacks with jumps and substacks.
func TestRandomControlWordsDecideAsInTheRealSshd(t *testing.T) {
	const stacks = 25
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel() // waiting is most of the time
			c := startComparison(t, r)
			rnd := rand.New(rand.NewPCG(1, uint64(len(r))))
			for i := range stacks {
				tc := stackCase{name: fmt.Sprintf("random %d", i), files: map[string]string{}}
				tc.sshd = randomStack(rnd, "account", "acct", tc.files, 0) + randomStack(rnd, "session", "open_session", tc.files, 0)
				if c.run(tc) {
					t.Errorf("%s is unknown:\n%s", tc.name, tc.sshd)
				}
				if t.Failed() {
					t.Fatalf("stack:\n%s%v", tc.sshd, tc.files)
				}
			}
		})
	}
}

// TestRandomModuleFilesDecideAsInTheRealSshd puts lines of access.conf,
// time.conf and limits.conf together from their words.
func TestRandomModuleFilesDecideAsInTheRealSshd(t *testing.T) {
	const rounds = 15
	pick := func(rnd *rand.Rand, words ...string) string { return words[rnd.IntN(len(words))] }
	users := []string{"ALL", "alice", "bob", "web", "(web)", "(alice)", "(3000)", "2000", "root", "EXCEPT", "ALL EXCEPT bob", "aLiCe"}
	froms := []string{"ALL", "LOCAL", "127.0.0.1", "127.0.0.2", "127.0.", "10.", ".0.1", "127.0.0.0/8", "127.0.0.1/255.255.0.0", "10.0.0.0/8", "::1", "0.0.0.0/0", "EXCEPT", "tty1", "127.0.0.0/0x8"}
	names := []string{"*", "alice", "al*", "!alice", "bob|alice", "bob&alice", "!bob&!root", "sshd", "s*d", "ssh", "", "a b", "login | sshd"}
	times := []string{"Al0000-2400", "!Al0000-2400", "AlAl0000-2400", "Wk0000-2400|Wd0000-2400", "Al0000", "Xx0000-2400", "", "!Wk0000-2400&!Wd0000-2400", "MoTuWeThFrSaSu0000-2400"}
	domains := []string{"alice", "@web", "@alice", "*", "bob", "2000:", ":2000", "@:3000", "@2000:2500", "%web", "%", "root", "1:5"}
	values := []string{"0", "-1", "unlimited", "none", "0x", "-"}
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			c := startComparison(t, r)
			rnd := rand.New(rand.NewPCG(3, uint64(len(r)))) //nolint:gosec // repeatable
			for i := range rounds {
				var access, rules, limits strings.Builder
				for range 1 + rnd.IntN(4) {
					fmt.Fprintf(&access, "%s:%s %s:%s %s\n", pick(rnd, "+", "-", " +", "+ "), pick(rnd, users...), pick(rnd, users...), pick(rnd, froms...), pick(rnd, froms...))
					fmt.Fprintf(&rules, "%s;%s;%s;%s%s", pick(rnd, names...), pick(rnd, names...), pick(rnd, names...), pick(rnd, times...), pick(rnd, "\n", "\n", "\n", "", ";\n", " # x\n", "\\\n"))
					fmt.Fprintf(&limits, "%s %s maxlogins %s\n", pick(rnd, domains...), pick(rnd, "-", "hard", "soft"), pick(rnd, values...))
				}
				for _, tc := range []stackCase{
					{sshd: withAccess, files: accessConf(access.String())},
					{sshd: withTime, files: timeRules(rules.String())},
					{sshd: withLimits, files: limitsConf(limits.String())},
				} {
					if tc.name = fmt.Sprintf("round %d: %q", i, tc.files); c.run(tc) {
						t.Errorf("%s is unknown", tc.name)
					}
				}
			}
		})
	}
}

func randomStack(rnd *rand.Rand, typ, word string, files map[string]string, depth int) string {
	var b strings.Builder
	for range 1 + rnd.IntN(5) {
		if depth < 3 && rnd.IntN(5) == 0 {
			name := fmt.Sprintf("sub%d", len(files))
			files["/etc/pam.d/"+name] = ""
			files["/etc/pam.d/"+name] = randomStack(rnd, typ, word, files, depth+1)
			fmt.Fprintf(&b, "%s %s %s\n", typ, []string{"substack", "include"}[rnd.IntN(2)], name)
			continue
		}
		fmt.Fprintf(&b, "%s %s pam_debug.so %s=%s\n", typ, randomControl(rnd), word, randomCode(rnd))
	}
	return b.String()
}

func randomCode(rnd *rand.Rand) Code {
	return []Code{Success, Success, Success, PermDenied, AuthErr, NewAuthTokReqd, Ignore, UserUnknown, AcctExpired, Abort}[rnd.IntN(10)]
}

func randomControl(rnd *rand.Rand) string {
	if rnd.IntN(2) == 0 {
		return []string{"required", "requisite", "optional", "sufficient"}[rnd.IntN(4)]
	}
	actions := []string{"ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3"}
	var parts []string
	for range rnd.IntN(4) {
		parts = append(parts, randomCode(rnd).String()+"="+actions[rnd.IntN(len(actions))])
	}
	if rnd.IntN(3) > 0 {
		parts = append(parts, "default="+actions[rnd.IntN(len(actions))])
	}
	slices.Sort(parts)
	return "[" + strings.Join(parts, " ") + "]"
}
