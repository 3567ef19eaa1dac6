package sshdconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
)

// debianConfig is the configuration that the package of a release installs,
// without its comments.
var debianConfig = map[rel]string{
	804: "Include /etc/ssh/sshd_config.d/*.conf\nChallengeResponseAuthentication no\nUsePAM yes\nX11Forwarding yes\n" +
		"PrintMotd no\nAcceptEnv LANG LC_*\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n",
	902: "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n" +
		"PrintMotd no\nAcceptEnv LANG LC_*\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n",
	1000: "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n" +
		"PrintMotd no\nAcceptEnv LANG LC_* COLORTERM NO_COLOR\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n",
}

// TestDebianDefaultsPrintAsRecorded holds against what sshd -T of each release
// printed, for machines that cannot run it.
func TestDebianDefaultsPrintAsRecorded(t *testing.T) {
	for r, text := range debianConfig {
		want, err := os.ReadFile(fmt.Sprintf("testdata/debian-%d.%d.txt", r/100, r%100))
		if err != nil {
			t.Fatal(err)
		}
		s := effective(t, load(t, memory{DefaultFile: text}, r), Conn{})
		var got strings.Builder
		for _, l := range s.All() {
			got.WriteString(l.Keyword + " " + l.Value + "\n")
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%d: -sshd +we:\n%s", r, diff)
		}
	}
}

func effective(t *testing.T, c *Config, conn Conn) *Settings {
	t.Helper()
	s, err := c.Effective(conn)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachSettingNamesItsFileAndLine(t *testing.T) {
	c := load(t, memory{
		DefaultFile:            "# main\nInclude conf.d/*\n\nAllowUsers carol\nPermitRootLogin yes\nMatch User alice\n  PermitTTY no\n",
		"/etc/ssh/conf.d/50-b": "PermitRootLogin no\nAllowUsers alice bob\n", "/etc/ssh/conf.d/9-a": "MaxAuthTries 3\nPermitRootLogin yes\n",
	}, 902)
	s := effective(t, c, Conn{User: "alice"})
	for keyword, want := range map[string][]Setting{
		"permitrootlogin": {{"permitrootlogin", "no", "/etc/ssh/conf.d/50-b", 1}},
		"MaxAuthTries":    {{"maxauthtries", "3", "/etc/ssh/conf.d/9-a", 1}},
		"allowusers": {{"allowusers", "alice", "/etc/ssh/conf.d/50-b", 2}, {"allowusers", "bob", "/etc/ssh/conf.d/50-b", 2},
			{"allowusers", "carol", DefaultFile, 4}},
		"permittty": {{"permittty", "no", DefaultFile, 7}},
		"usedns":    {{"usedns", "no", "", 0}},
		"denyusers": nil,
	} {
		if diff := cmp.Diff(want, s.Values(keyword)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", keyword, diff)
		}
	}
	if diff := cmp.Diff([]string{DefaultFile, "/etc/ssh/conf.d/50-b", "/etc/ssh/conf.d/9-a"}, c.Files()); diff != "" {
		t.Errorf("files: %s", diff)
	}
	shadowed := []Shadowed{
		{"permitrootlogin", "/etc/ssh/conf.d/9-a", 2, "/etc/ssh/conf.d/50-b", 1},
		{"permitrootlogin", DefaultFile, 5, "/etc/ssh/conf.d/50-b", 1},
	}
	if diff := cmp.Diff(shadowed, c.Shadowed()); diff != "" {
		t.Errorf("shadowed: %s", diff)
	}
}

func TestShadowedTellsWhichLineDecided(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		args []string
		want []Shadowed
	}{
		"last wins":         {"IPQoS ef\nIPQoS af11\n", nil, []Shadowed{{"ipqos", DefaultFile, 1, DefaultFile, 2}}},
		"within a block":    {"Match User a\nPermitTTY no\nPermitTTY yes\n", nil, []Shadowed{{"permittty", DefaultFile, 3, DefaultFile, 2}}},
		"two blocks":        {"Match User a\nPermitTTY no\nMatch User b\nPermitTTY yes\n", nil, nil},
		"argument":          {"PermitTTY no\n", []string{"-oPermitTTY=yes"}, []Shadowed{{"permittty", DefaultFile, 1, "command-line", 0}}},
		"port by -p":        {"Port 22\n", []string{"-p", "2222"}, []Shadowed{{"port", DefaultFile, 1, "command-line", 0}}},
		"lists accumulate":  {"AllowUsers a\nAllowUsers b\n", nil, nil},
		"list once":         {"PermitOpen a:1\nPermitOpen b:2\n", nil, []Shadowed{{"permitopen", DefaultFile, 2, DefaultFile, 1}}},
		"alias":             {"PubkeyAuthentication no\nDSAAuthentication yes\n", nil, []Shadowed{{"pubkeyauthentication", DefaultFile, 2, DefaultFile, 1}}},
		"global and match":  {"PermitTTY no\nMatch User a\nPermitTTY yes\n", nil, nil},
		"part counts":       {"RekeyLimit 1G\nRekeyLimit 2G 1h\nRekeyLimit 3G 2h\n", nil, []Shadowed{{"rekeylimit", DefaultFile, 3, DefaultFile, 2}}},
		"subsystem by name": {"Subsystem a b\nSubsystem c d\nSubsystem a e\n", nil, []Shadowed{{"subsystem", DefaultFile, 3, DefaultFile, 1}}},
	} {
		c, err := Load(memory{DefaultFile: tc.text}, Options{Version: version(1000), Args: tc.args})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, c.Shadowed()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestRefusalsNameFileAndLine(t *testing.T) {
	for _, tc := range []struct {
		r       rel
		text    string
		line    int
		message string
	}{
		{1000, "\nNoSuchKeyword yes\n", 2, "Bad configuration option: NoSuchKeyword"},
		{1000, "\ufeff# comment\n", 1, "Bad configuration option: \ufeff#"},
		{1000, "Port\n", 1, `no argument after keyword "Port"`},
		{902, "Port abc\n", 1, "Badly formatted port number."},
		{902, "PermitRootLogin maybe\n", 1, `unsupported option "maybe".`},
		{902, "AllowUsers \"a\n", 1, "invalid quotes"},
		{804, "PermitTTY yes no\n", 1, `garbage at end of line; "no".`},
		{902, "PermitTTY yes no\n", 1, "keyword PermitTTY extra arguments at end of line"},
		{902, "Match User a\n\nUsePAM yes\n", 3, "Directive 'UsePAM' is not allowed within a Match block"},
		{902, "Match Address 10.0.0.1/8\n", 1, "Invalid Match address argument '10.0.0.1/8'"},
		{902, "Match Exec true\n", 1, "Bad Match condition: Unsupported Match attribute Exec"},
		{902, "Match invalid-user\n", 1, "Bad Match condition: Missing Match criteria for invalid-user"},
		{902, "PAMServiceName x\n", 1, "Bad configuration option: PAMServiceName"},
		{902, "Ciphers nosuch\n", 1, "Bad SSH2 cipher spec 'nosuch'."},
		{902, "Subsystem a b\nSubsystem a c\n", 2, "Subsystem 'a' already defined."},
		{902, "\nAuthorizedKeysCommand /bin/true\n", 2, "AuthorizedKeysCommand set without AuthorizedKeysCommandUser"},
		{902, "AuthenticationMethods hostbased\n", 1, "AuthenticationMethods cannot be satisfied by enabled authentication methods"},
		{902, "ListenAddress ::1\nAddressFamily inet\n", 1, "bad addr or host: ::1 (Address family for hostname not supported)"},
		{902, "Include " + DefaultFile + "\n", 0, "Too many recursive configuration includes"},
	} {
		_, err := Load(memory{DefaultFile: tc.text}, Options{Version: version(tc.r)})
		var refusal *ConfigError
		if !errors.As(err, &refusal) {
			t.Errorf("%q: %v", tc.text, err)
			continue
		}
		if diff := cmp.Diff(&ConfigError{File: DefaultFile, Line: tc.line, Message: tc.message}, refusal); diff != "" {
			t.Errorf("%q: -want +got:\n%s", tc.text, diff)
		}
	}
}

func TestMissingFileIsRefusedUnreadableOneIsNot(t *testing.T) {
	_, err := Load(memory{}, Options{})
	if refusal := (*ConfigError)(nil); !errors.As(err, &refusal) || refusal.File != DefaultFile || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	_, err = Load(unreadable{}, Options{})
	if unread := (*ReadError)(nil); !errors.As(err, &unread) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("unreadable: %v", err)
	}
	if _, err := Load(memory{}, Options{File: "none"}); err != nil {
		t.Errorf("-f none: %v", err)
	}
}

type unreadable struct{ memory }

func (unreadable) ReadFile(string) ([]byte, error) { return nil, fs.ErrPermission }

func TestBoundsAreNoVerdict(t *testing.T) {
	many := memory{DefaultFile: "Include d/*\n"}
	for i := range 300 {
		many[fmt.Sprintf("/etc/ssh/d/%d", i)] = "\n"
	}
	tree := memory{}
	for depth := range 14 {
		tree[fmt.Sprintf("/etc/ssh/l%d", depth)] = strings.Repeat(fmt.Sprintf("Include l%d\n", depth+1), 3)
	}
	tree["/etc/ssh/l14"] = "\n"
	tree[DefaultFile] = "Include l0\n"
	for name, files := range map[string]memory{
		"large file": {DefaultFile: strings.Repeat("# comment\n", 120_000)},
		"many files": many,
		"fan-out":    tree,
	} {
		_, err := Load(files, Options{})
		if limit := (*LimitError)(nil); !errors.As(err, &limit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMatchLocalPortNeedsThePort(t *testing.T) {
	c := load(t, memory{DefaultFile: "Match LocalPort 22\nPermitTTY no\n"}, 902)
	_, err := c.Effective(Conn{User: "a"})
	if missing := (*UnknownError)(nil); !errors.As(err, &missing) || missing.Line != 1 {
		t.Errorf("got %v", err)
	}
	if effective(t, c, Conn{LocalPort: 22}).Bool("PermitTTY") {
		t.Error("port 22 did not match")
	}
}

func TestSubsystemOnlyInMatchCrashesSshd(t *testing.T) {
	text := memory{DefaultFile: "Match User alice\nSubsystem sftp internal-sftp\n"}
	c := load(t, text, 1000)
	_, err := c.Effective(Conn{User: "alice"})
	if refusal := (*ConfigError)(nil); !errors.As(err, &refusal) || refusal.Line != 2 {
		t.Errorf("10.0: %v", err)
	}
	effective(t, c, Conn{User: "bob"})
	if got := effective(t, load(t, text, 1004), Conn{User: "alice"}).Strings("Subsystem"); len(got) != 1 {
		t.Errorf("10.4: %q", got)
	}
}

func TestIncludesThatOnlyTheSecondPassSeesFailEveryConnection(t *testing.T) {
	c := load(t, memory{DefaultFile: "Include d/*\n", "/etc/ssh/d/a": "PermitTTY no\n", "/etc/ssh/d/b": "Include d/*\n"}, 902)
	_, err := c.Effective(Conn{})
	if refusal := (*ConfigError)(nil); !errors.As(err, &refusal) || !strings.Contains(refusal.Message, "recursive") {
		t.Errorf("got %v", err)
	}
}

func TestElementsStayApart(t *testing.T) {
	c := load(t, memory{DefaultFile: "AuthorizedKeysFile \"/keys/%u x\" .ssh/k\nChrootDirectory none\nRevokedKeys none\n" +
		"Match User alice\nRevokedKeys none\nChrootDirectory none\n"}, 902)
	s := effective(t, c, Conn{User: "alice"})
	if diff := cmp.Diff([]string{"/keys/%u x", ".ssh/k"}, s.Strings("AuthorizedKeysFile")); diff != "" {
		t.Error(diff)
	}
	if _, ok := s.Text("ChrootDirectory"); ok {
		t.Error("ChrootDirectory none in a block is not cleared")
	}
	if text, ok := s.Text("RevokedKeys"); !ok || text != "none" {
		t.Errorf("RevokedKeys none in a block is a file of that name, got %q", text)
	}
	if _, ok := effective(t, c, Conn{User: "bob"}).Text("RevokedKeys"); ok {
		t.Error("RevokedKeys none outside is not cleared")
	}
}

func TestAliasesFindTheSetting(t *testing.T) {
	for _, r := range []rel{804, 902} {
		s := effective(t, load(t, memory{DefaultFile: "PubkeyAcceptedKeyTypes ssh-ed25519\n"}, r), Conn{})
		for _, keyword := range []string{"PubkeyAcceptedKeyTypes", "pubkeyacceptedalgorithms"} {
			if got, ok := s.Text(keyword); !ok || got != "ssh-ed25519" {
				t.Errorf("%d: %s = %q", r, keyword, got)
			}
			if got, ok := s.Get(keyword); !ok || got.Line != 1 {
				t.Errorf("%d: Get(%s) = %v", r, keyword, got)
			}
		}
	}
	s := effective(t, load(t, memory{DefaultFile: "MaxAuthTries 3\n"}, 902), Conn{})
	if s.Int("maxauthtries") != 3 || s.Int("nosuch") != 0 || s.Bool("nosuch") {
		t.Error("typed values are wrong")
	}
	if file, line := s.Origin("MaxAuthTries"); file != DefaultFile || line != 1 {
		t.Errorf("origin %s %d", file, line)
	}
}

func TestConfigTellsWhatMatchDependsOn(t *testing.T) {
	for text, want := range map[string][2]bool{
		"Match all\n": {false, false}, "Match User a\n": {true, false}, "Match Group a\n": {true, false},
		"Match Address 10.0.0.0/8\n": {false, true}, "Match LocalPort 22 User a\n": {true, true}, "": {false, false},
	} {
		c := load(t, memory{DefaultFile: text}, 902)
		if got := [2]bool{c.DependsOnUser(), c.DependsOnAddress()}; got != want {
			t.Errorf("%q: user, address %v, want %v", text, got, want)
		}
	}
	c := load(t, memory{DefaultFile: "\nMatch User a,b Address \"10.0.0.0/8\"\n"}, 902)
	want := []Block{{DefaultFile, 2, []Criterion{{"user", "a,b"}, {"address", "10.0.0.0/8"}}}}
	if diff := cmp.Diff(want, c.Matches()); diff != "" {
		t.Error(diff)
	}
}

func TestNotesTellOfOldKeywordsAndNewReleases(t *testing.T) {
	c := load(t, memory{DefaultFile: "UseLogin no\nKerberosGetAFSToken yes\nProtocol 2\nListenAddress host.example\n"}, 902)
	var got []string
	for _, n := range c.Notes() {
		got = append(got, fmt.Sprintf("%d %.20s", n.Line, n.Text))
	}
	if diff := cmp.Diff([]string{"1 Deprecated option Us", "2 Unsupported option K", "4 ListenAddress host.e"}, got); diff != "" {
		t.Error(diff)
	}
	for _, v := range []audit.OpenSSH{{}, {Major: 11, Patch: 1}, {Major: 10, Minor: 6, Patch: 1}} {
		c, err := Load(memory{DefaultFile: ""}, Options{Version: v})
		if err != nil || len(c.Notes()) != 1 {
			t.Errorf("%v: notes %v, %v", v, c.Notes(), err)
		}
	}
	if c := load(t, memory{DefaultFile: ""}, 1005); len(c.Notes()) != 0 {
		t.Errorf("10.5: %v", c.Notes())
	}
}

func TestEffectiveIsSafeForConcurrentUse(t *testing.T) {
	c := load(t, typical, 1000)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 200 {
				s, err := c.Effective(Conn{User: "backup", Addr: fmt.Sprintf("192.0.2.%d", i+j%2*100), Groups: []string{"sftponly"}[:j%2]})
				if err != nil || len(s.All()) == 0 {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wait.Wait()
}

func TestArgumentsComeBeforeTheFile(t *testing.T) {
	file := memory{DefaultFile: "LogLevel ERROR\nPort 22\nLoginGraceTime 5\nAddressFamily any\nAllowUsers b\n", "/other": "PermitTTY no\n"}
	for _, tc := range []struct {
		args          []string
		keyword, want string
	}{
		{[]string{"-D"}, "LogLevel", "ERROR"}, {[]string{"-d"}, "LogLevel", "DEBUG"}, {[]string{"-dd"}, "LogLevel", "DEBUG2"},
		{[]string{"-d", "-d", "-d", "-d"}, "LogLevel", "DEBUG3"}, {[]string{"-qd"}, "LogLevel", "DEBUG"}, {[]string{"-dqd"}, "LogLevel", "FATAL"},
		{[]string{"-q"}, "LogLevel", "SILENT"}, {[]string{"-oLogLevel=INFO"}, "LogLevel", "INFO"}, {[]string{"-o", "LogLevel INFO"}, "LogLevel", "INFO"},
		{[]string{"-p", "2022"}, "Port", "2022"}, {[]string{"-p2022", "-p", "2023"}, "Port", "2022 2023"}, {[]string{"-oPort=2022"}, "Port", "2022 22"},
		{[]string{"-g", "1m"}, "LoginGraceTime", "60"}, {[]string{"-4"}, "AddressFamily", "inet"}, {[]string{"-6"}, "AddressFamily", "inet6"},
		{[]string{"-f", "/other"}, "PermitTTY", "no"}, {[]string{"-oAllowUsers=a"}, "AllowUsers", "a b"}, {[]string{"-h/k"}, "HostKey", "/k"},
		{[]string{"-c", "cert"}, "HostCertificate", "//cert"}, {[]string{"-E", "/log", "-u0", "-b1", "-k", "1", "-C", "user=x"}, "Port", "22"},
	} {
		c, err := Load(file, Options{Version: version(902), Args: tc.args})
		if err != nil {
			t.Errorf("%q: %v", tc.args, err)
			continue
		}
		if got := strings.Join(effective(t, c, Conn{}).Strings(tc.keyword), " "); got != tc.want {
			t.Errorf("%q: %s %q, want %q", tc.args, tc.keyword, got, tc.want)
		}
	}
	for _, args := range [][]string{{"extra"}, {"-Z"}, {"-o"}, {"-p", "x"}, {"-g", "x"}, {"-oMatch all"}, {"-oInclude x"}, {"-oNoSuch x"}} {
		_, err := Load(file, Options{Version: version(902), Args: args})
		if refusal := (*ConfigError)(nil); !errors.As(err, &refusal) || refusal.File != "command-line" {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestErrorsEscapeWhatTheHostWrote(t *testing.T) {
	_, err := Load(memory{DefaultFile: "\x1b[31mX yes\n"}, Options{})
	if err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("got %q", err)
	}
}
