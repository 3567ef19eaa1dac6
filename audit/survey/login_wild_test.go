package survey

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"sshaudit/audit/decide"
	"sshaudit/audit/sshdtest"
)

// wildLogins makes accounts as [randomLogins] does, of more kinds: every part of
// account, home, key file, settings and session is drawn by itself.
func wildLogins(r *rand.Rand, count, version int) []loginCase {
	list := make([]loginCase, count)
	for i := range list {
		list[i] = wildLogin(r, version)
	}
	return list
}

// rarely returns the usual choice mostly, so that later layers are reached.
func rarely[T any](r *rand.Rand, usual T, others ...T) T {
	if r.IntN(4) > 0 {
		return usual
	}
	return others[r.IntN(len(others))]
}

func wildLogin(r *rand.Rand, version int) loginCase {
	c := loginCase{name: "wild", random: true, noKeys: true, key: rarely(r, "ed", "rsa", "ecdsa", "other", "cert-name", "cert-other", "cert-expired", "cert-source", "cert-force", "cert-none", "cert-critical")}
	c.user.Shell = rarely(r, "/bin/sh", "/bin/bash", "/usr/sbin/nologin", "/bin/false", "/nonexistent", "/etc", "/bin/dash", "/bin/rbash",
		"/usr/local/bin/menu", "/usr/local/bin/plain", "/usr/local/bin/noexec", "/usr/local/bin/noninterp", "/usr/local/bin/shell-link", "/bin/true", "sh")
	c.user.Password = rarely(r, "*", "!", "!!", "$6$abc$def", "!$6$abc$def", "*LK*", "x", "!*", emptyMark)
	c.method = rarely(r, decide.Publickey, decide.Publickey, decide.Password, decide.KeyboardInteractive)
	if c.method != decide.Publickey {
		c.user.Password = rarely(r, hashMark, "*", "!", "!"+hashMark, "!!", emptyMark)
	}
	shadowTail := rarely(r, ":19000:0:99999:7:::", ":19000:0:99999:7::18000:", ":19000:0:99999:7::40000:", ":0:0:99999:7:::", ":19000:0:30:7:::",
		":19000:0:30:7:5::", "::::::::"[:7], ":19000:0:99999:7", ":40000:0:99999:7:::", ":-1:0:99999:7:::", ":19000:0:99999:7::0:")
	c.match = wildSettings(r, version)
	c.criteria = rarely(r, "User NAME", "Group NAME", "User NAME,!bob", "User NAME Address 127.0.0.0/8", "Address *,!192.0.2.1 User NAME", "User NAME Host 127.*",
		"User NAME LocalAddress 127.0.0.1", "User bob,NAME Group *", "User NAME Address 192.0.2.0/24", "Group !NAME,*", "User NAME Host localhost", "User !NAME,*")
	if c.user.Password == emptyMark && r.IntN(2) == 0 {
		c.match = append(c.match, "PermitEmptyPasswords yes")
	}
	root := r.IntN(12) == 0
	if root {
		c.match = append(c.match, pick(r, "PermitRootLogin prohibit-password", "PermitRootLogin no", "PermitRootLogin forced-commands-only", "PermitRootLogin yes"))
	}
	home, dir, file := wildObject(r, 0o755), wildObject(r, 0o700), wildObject(r, 0o600)
	lines := wildLines(r, c.key)
	tail, before, after := rarely(r, "\n", "", "\r\n", " \n", "\t#x\n"), rarely(r, "", "\n", "# x\n", "\xef\xbb\xbf", "garbage\n", "\x00", "\"\n", "ssh-ed25519\n"), rarely(r, "", "\n\n", "ssh-rsa AAAA\n", "\x00\x00")
	where := rarely(r, "own", "etc", "second", "link", "none", "dangling", "directory")
	group := rarely(r, "", "shared", "listed")
	startup := rarely(r, "", "echo hi\n", "export A=1\n", "[ -z \"$PS1\" ] && return\necho hi\n", "case $- in *i*) echo hi;; esac\n", "echo hi >&2\n", "cat <<X\nhi\nX\n", "if [ -t 1 ]; then echo hi; fi\n", "exit 0\n", "printf ''\n", "cd /\n")
	c.state = fmt.Sprint(shadowTail, root, home, dir, file, lines, []string{tail, before, after, where, group, startup})
	c.make = func(b *loginBox, u *sshdtest.User) {
		b.edit("etc/shadow", fmt.Sprintf("\n%s:%s:19000:0:99999:7:::\n", u.Name, u.Password), fmt.Sprintf("\n%s:%s%s\n", u.Name, strings.TrimPrefix(u.Password, emptyMark), shadowTail))
		if root {
			superuser()(b, u)
		}
		if group != "" && !root {
			wildGroup(b, u, group)
		}
		home.apply(b, u, u.Home)
		b.WriteFile(u.Home+"/.bashrc", []byte(startup), 0o644, u.UID, u.GID)
		text := before
		for _, l := range lines {
			text += strings.ReplaceAll(l, "KEY", b.lineOf(c.key)) + tail
		}
		wildFile(b, u, where, []byte(text+after), &dir, &file)
	}
	all := strings.Join(append(lines, c.match...), " ")
	if c.forced = strings.Contains(all, `command=""`) || strings.Contains(all, "sftp-server"); c.forced && c.user.Shell == "/bin/true" {
		c.user.Shell = "/bin/false" // the two could not be told apart
	}
	return c
}

// emptyMark stands for an empty password field, which AddUser does not write.
const emptyMark = "EMPTY"

// lineOf is the text of the key in authorized_keys that a client's key needs.
func (b *loginBox) lineOf(key string) string {
	switch {
	case strings.HasPrefix(key, "cert"):
		return b.keys["ca"].Public
	case key == "other":
		return b.keys["ed"].Public
	}
	return b.keys[key].Public
}

// wildObject is a mode and an owner: 0 the user, 1 root, 2 somebody else.
type modeOwner struct {
	mode  os.FileMode
	owner int
}

func wildObject(r *rand.Rand, usual os.FileMode) modeOwner {
	if r.IntN(5) > 0 {
		return modeOwner{usual, 0}
	}
	return modeOwner{pick(r, usual, 0o600, 0o644, 0o700, 0o755, 0o775, 0o777, 0o664, 0o640, 0o770, 0o711, 0o2755, 0o400, 0o000, 0o1777, 0o750), pick(r, 0, 1, 2)}
}

func (o modeOwner) apply(b *loginBox, u *sshdtest.User, name string) {
	uid := []int{u.UID, 0, 1}[o.owner]
	must(b.t, b.FS().Lchown(name[1:], uid, u.GID))
	mode := o.mode.Perm()
	for bit, flag := range map[os.FileMode]os.FileMode{0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if o.mode&bit != 0 {
			mode |= flag
		}
	}
	must(b.t, b.FS().Chmod(name[1:], mode))
}

func wildFile(b *loginBox, u *sshdtest.User, where string, text []byte, dir, file *modeOwner) {
	name := u.Home + "/.ssh/authorized_keys"
	b.Mkdir(u.Home+"/.ssh", 0o700, u.UID, u.GID)
	_ = b.FS().Remove(name[1:]) // there is one if the account is root's
	switch where {
	case "etc":
		name = "/etc/ssh/keys/" + u.Name
	case "second":
		name += "2"
	case "none":
		return
	case "link":
		must(b.t, b.FS().Symlink("../keys", name[1:]))
		name = u.Home + "/keys"
	case "dangling":
		must(b.t, b.FS().Symlink("nothing", name[1:]))
		return
	case "directory":
		b.Mkdir(name, 0o700, u.UID, u.GID)
		return
	}
	b.WriteFile(name, text, 0o600, u.UID, u.GID)
	file.apply(b, u, name)
	dir.apply(b, u, u.Home+"/.ssh")
}

func wildGroup(b *loginBox, u *sshdtest.User, kind string) {
	if kind == "shared" {
		b.edit("etc/passwd", fmt.Sprintf("\n%s:x:%d:%d:", u.Name, u.UID, u.GID), fmt.Sprintf("\n%s:x:%d:100:", u.Name, u.UID))
		return
	}
	b.edit("etc/group", fmt.Sprintf("\n%s:x:%d:\n", u.Name, u.GID), fmt.Sprintf("\n%s:x:%d:bin\n", u.Name, u.GID))
}

// wildLines are lines of authorized_keys, KEY standing for the key.
func wildLines(r *rand.Rand, key string) (lines []string) {
	options := []string{
		"", "restrict", "no-pty,no-port-forwarding", `from="127.0.0.1"`, `from="127.0.0.0/8"`, `from="192.0.2.1"`, `from="!127.0.0.1,*"`, `from="127.*"`,
		`from="localhost"`, `from="127.0.0.1/8"`, `from="*"`, `from=""`, `from="!192.0.2.1,*"`, `from="*,127.0.0.1/33"`, `from="::1,127.0.0.1"`,
		`command="echo forced"`, `command="internal-sftp"`, `command="/usr/lib/openssh/sftp-server"`, `command="/no/such"`, `command=""`, `command="echo \"forced\""`,
		`command="/usr/local/bin/wrapper"`, `command="exec /usr/lib/openssh/sftp-server -R"`, `command="internal-sftp -d /"`, `command="internal-sftp -Z"`,
		`expiry-time="20200101"`, `expiry-time="20400101"`, `expiry-time="204001011200"`, `expiry-time="20400101Z"`, `expiry-time="2040-01-01"`, `expiry-time="20200101",expiry-time="20400101"`,
		"no-such-option", "cert-authority", `principals="someone"`, `cert-authority,principals="someone,else"`, `environment="A=b"`, `environment="A-=b"`, `permitopen="localhost:22"`,
		`permitopen="localhost"`, `tunnel="1"`, `tunnel="x"`, "restrict,pty", "PTY", "no-PTY", "pty=yes", "no-touch-required", "verify-required", `restrict, pty`, `from='127.0.0.1'`,
		`command="echo forced",command="echo forced"`, `from="127.0.0.1",restrict,command="echo forced"`, ",,restrict,", `from="127.0.0.1`, "#", "port-forwarding,no-restrict", `permitlisten="8080"`,
	}
	for range 1 + r.IntN(2)*r.IntN(2) {
		o := rarely(r, "", options...)
		if strings.HasPrefix(key, "cert") && r.IntN(3) > 0 {
			o = strings.Trim(o+",cert-authority", ",")
		}
		if o != "" {
			o += pick(r, " ", "\t", "  ")
		}
		lines = append(lines, rarely(r, "", " ", "\t")+o+rarely(r, "KEY", "KEY comment", "KEY # x", "\"KEY\"", "KEYx"))
	}
	return lines
}

// wildSettings draws the lines of an account's Match block.
func wildSettings(r *rand.Rand, version int) (lines []string) {
	for _, choices := range [][]string{
		{"DenyUsers NAME", "DenyUsers bob NAME@192.0.2.0/24", "AllowUsers NAME", "AllowUsers bob", "AllowUsers *@127.0.0.*", "AllowUsers NAME@!127.0.0.1,*", "AllowUsers NAME@localhost", "DenyUsers *@!192.0.2.1,127.*", "DenyUsers ?0*", "AllowUsers a NAME b"},
		{"AllowGroups NAME", "DenyGroups web NAME", "AllowGroups root", "AllowGroups users", "AllowGroups ?*", "DenyGroups users", "AllowGroups !root", "DenyGroups *"},
		{"PubkeyAuthentication no", "AuthenticationMethods publickey", "AuthenticationMethods publickey,password", "AuthenticationMethods any", "AuthenticationMethods publickey,publickey", "AuthenticationMethods password publickey", "AuthenticationMethods publickey,keyboard-interactive password", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "AuthenticationMethods hostbased publickey", "AuthenticationMethods keyboard-interactive:pam"},
		{"ChrootDirectory /srv/jail", "ChrootDirectory /srv/open", "ChrootDirectory %h", "ChrootDirectory /srv/none/NAME", "ChrootDirectory /", "ChrootDirectory none", "ChrootDirectory /srv/link", "ChrootDirectory /srv/jail/", "ChrootDirectory /srv//jail", "ChrootDirectory /etc/hostname", "ChrootDirectory /etc/hostname/x", "ChrootDirectory ~", "ChrootDirectory /srv/open/jail", "ChrootDirectory %q", "ChrootDirectory /srv/%u", "ChrootDirectory /srv/jail/../jail"},
		{"ForceCommand internal-sftp", "ForceCommand internal-sftp -d /", "ForceCommand /no/such", "ForceCommand none", "ForceCommand echo forced", "ForceCommand \"internal-sftp\"", "ForceCommand internal-sftp -l VERBOSE -u 077", "ForceCommand internal-sftp -u 8", "ForceCommand /usr/lib/openssh/sftp-server", "ForceCommand /usr/local/bin/wrapper", "ForceCommand internal-sftp # comment", "ForceCommand internal-sftpx", "ForceCommand internal-sftp -d /nonexistent", "ForceCommand internal-sftp -p read,write", "ForceCommand internal-sftp -P nosuch", "ForceCommand internal-sftp -Q requests", "ForceCommand INTERNAL-SFTP"},
		{"RevokedKeys /etc/ssh/revoked", "RevokedKeys /etc/ssh/garbage", "RevokedKeys /etc/ssh/krl", "RevokedKeys none", "RevokedKeys /etc/ssh/ca.pub", "RevokedKeys /etc/ssh", "RevokedKeys /etc/ssh/empty"},
		{"AuthorizedKeysFile /etc/ssh/keys/%u", "AuthorizedKeysFile .ssh/authorized_keys2 .ssh/authorized_keys", "AuthorizedKeysFile none", "AuthorizedKeysFile %h/.ssh/authorized_keys", "AuthorizedKeysFile /etc/ssh/keys/%U .ssh/authorized_keys", "AuthorizedKeysFile /home/%u/.ssh/authorized_keys /home/%u/.ssh/authorized_keys", "AuthorizedKeysFile .ssh/%%u .ssh/authorized_keys", "AuthorizedKeysFile .ssh/author*"},
		{"TrustedUserCAKeys /etc/ssh/ca.pub", "TrustedUserCAKeys /etc/ssh/ca-broken", "TrustedUserCAKeys /etc/ssh/no-such", "TrustedUserCAKeys none"},
		{"AuthorizedPrincipalsFile /etc/ssh/principals", "AuthorizedPrincipalsFile /etc/ssh/no-such", "AuthorizedPrincipalsFile none", "AuthorizedPrincipalsFile .ssh/principals", "AuthorizedPrincipalsFile /etc/ssh/principals-from"},
		{"AuthorizedKeysCommand /etc/ssh/unsafe", "AuthorizedKeysCommand /no/such", "AuthorizedKeysCommand /usr/local/bin/nokeys"},
		{"MaxSessions 0", "PermitTTY no", "DisableForwarding yes", "MaxAuthTries 1", "MaxAuthTries 0", "ClientAliveInterval 5", "PermitUserRC no", "Banner /etc/hostname", "LogLevel DEBUG3"},
	} {
		if r.IntN(5) > 0 {
			continue
		}
		line := choices[r.IntN(len(choices))]
		lines = append(lines, line)
		if strings.HasPrefix(line, "AuthorizedKeysCommand") {
			lines = append(lines, rarely(r, "AuthorizedKeysCommandUser nobody", "AuthorizedKeysCommandUser nosuchuser", "AuthorizedKeysCommandUser root"))
		}
	}
	for _, newer := range []struct {
		since int
		line  string
	}{{805, "PubkeyAcceptedAlgorithms rsa-sha2-512"}, {805, "PubkeyAcceptedAlgorithms -ssh-ed25519"}, {901, "RequiredRSASize 3072"}, {905, "Subsystem sftp internal-sftp"}, {905, "Subsystem other /bin/true"}, {909, "RefuseConnection yes"}, {804, "PubkeyAuthOptions verify-required"}} {
		if version >= newer.since && r.IntN(40) == 0 {
			lines = append(lines, newer.line)
		}
	}
	return lines
}

// wildFiles are what the wild settings name.
func (b *loginBox) wildFiles() {
	script := func(name, text string, mode os.FileMode) {
		b.WriteFile("/usr/local/bin/"+name, []byte(text), mode, 0, 0)
	}
	script("menu", "#!/bin/sh\necho menu\n", 0o755)
	script("plain", "echo plain\n", 0o755)
	script("noexec", "#!/bin/sh\n", 0o644)
	script("noninterp", "#!/no/such/interpreter\n", 0o755)
	script("wrapper", "#!/bin/sh\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n", 0o755)
	script("nokeys", "#!/bin/sh\necho no key\n", 0o755)
	must(b.t, b.FS().Symlink("/bin/bash", "usr/local/bin/shell-link"))
	must(b.t, b.FS().Symlink("/srv/jail", "srv/link"))
	b.Mkdir("/etc/ssh/keys", 0o755, 0, 0)
	names := "c000"
	for i := 1; i < maxLogins; i++ {
		names += fmt.Sprintf(",c%03d", i)
	}
	b.certify("cert-host", "ca", "-n", names, "-h")
	b.certify("cert-critical", "ca", "-n", names, "-O", "critical:foo@example.com")
}

// wildSystem draws what concerns every account: PAM's files, limits, nologin,
// TCP wrappers.
func wildSystem(r *rand.Rand) func(*loginBox) {
	access := pick(r, "", "- : c003 : ALL\n", "-:ALL EXCEPT root c001 c002:127.0.0.1\n", "+:ALL:192.0.2.\n-:ALL EXCEPT (c004):ALL\n", "-:ALL:LOCAL\n", "+:(c00):ALL\n+:c005 c006:127.0.0.0/8\n-:ALL:ALL\n")
	limits := pick(r, "", "c003 - maxlogins 0\n", "@c004 hard maxlogins 0\n* soft nofile 4096\n", "* hard maxsyslogins 0\n", "c007 hard nproc 100\nc008 - priority 5\n", "%c005 - maxlogins 0\n", "2003:2006 hard maxlogins 0\nc005 -\n")
	extra := rarely(r, "", "account required pam_access.so", "account requisite pam_succeed_if.so quiet uid >= 2008", "account required pam_succeed_if.so shell = /bin/sh",
		"account required pam_listfile.so item=user sense=deny file=/etc/denied onerr=succeed", "account required pam_listfile.so item=user sense=allow file=/etc/denied onerr=fail",
		"account [success=1 default=ignore] pam_succeed_if.so user ingroup c009\naccount required pam_deny.so", "account required pam_time.so", "account sufficient pam_permit.so", "auth required pam_deny.so",
		"session required pam_succeed_if.so uid < 2010", "session required pam_deny.so", "account required pam_no_such.so", "-account required pam_no_such.so", "account required pam_shells.so", "account required pam_exec.so /bin/true")
	last := r.IntN(2) == 0
	times := pick(r, "", "sshd;*;c003;!Al0000-2400\n", "*;*;c00*;Al0000-2400\n", "sshd;*;!c004;!Al0000-2400\n")
	nologin, deny := r.IntN(10) == 0, rarely(r, "", "", "sshd: ALL EXCEPT 127.0.0.1\n", "sshd: 127.0.0.0/255.0.0.0\n", "ALL: 192.0.2.\n")
	return func(b *loginBox) {
		b.wildFiles()
		b.WriteFile("/etc/security/access.conf", []byte(access), 0o644, 0, 0)
		b.WriteFile("/etc/security/limits.conf", []byte(limits), 0o644, 0, 0)
		b.WriteFile("/etc/security/time.conf", []byte(times), 0o644, 0, 0)
		b.WriteFile("/etc/denied", []byte("c001\nc002\nc003\n"), 0o644, 0, 0)
		b.WriteFile("/etc/hosts.deny", []byte(deny), 0o644, 0, 0)
		if nologin {
			b.WriteFile("/etc/nologin", []byte("later\n"), 0o644, 0, 0)
		}
		stack, err := b.FS().ReadFile("etc/pam.d/sshd")
		must(b.t, err)
		text := extra + "\n" + string(stack)
		if last {
			text = string(stack) + extra + "\n"
		}
		b.WriteFile("/etc/pam.d/sshd", []byte(text), 0o644, 0, 0)
	}
}

// wildConfig draws the settings of a whole system.
func wildConfig(r *rand.Rand) string {
	lines := []string{pick(r, "UsePAM no", "UsePAM yes"), rarely(r, "Subsystem sftp internal-sftp", "Subsystem sftp /usr/lib/openssh/sftp-server", "Subsystem sftp /usr/lib/openssh/sftp-server -l INFO", "Subsystem sftp /no/such", "Subsystem SFTP internal-sftp", "Subsystem sftp /usr/bin/env -i /usr/lib/openssh/sftp-server")}
	lines = append(lines, rarely(r, "StrictModes yes", "StrictModes no"), rarely(r, "PasswordAuthentication yes", "PasswordAuthentication no"))
	return strings.Join(lines, "\n") + "\n"
}

var (
	wildRounds = flag.Int("wild.rounds", 1, "number of systems for each release")
	wildCount  = flag.Int("wild.count", 15, "number of accounts in each system, each with two logins")
)

func TestWildLoginsAreDecidedAsSshdDoes(t *testing.T) {
	versions := map[sshdtest.Release]int{sshdtest.Bullseye: 804, sshdtest.Bookworm: 902, sshdtest.Trixie: 1000}
	for _, release := range sshdtest.Releases() {
		for round := range *wildRounds {
			t.Run(fmt.Sprintf("%s/%d", release, round), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(*loginSeed, uint64(round)))
				system := wildSystem(r)
				logins, unknown := tryLogins(t, release, wildConfig(r), wildLogins(r, *wildCount, versions[release]), system)
				if unknown*10 > logins {
					t.Errorf("%d of %d answers are unknown", unknown, logins)
				}
			})
		}
	}
}
