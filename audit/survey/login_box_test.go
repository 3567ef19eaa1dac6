package survey

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"

	"sshaudit/audit/decide"
	"sshaudit/audit/sshdtest"
)

// loginCase is one state of an account and of sshd's settings for it.
type loginCase struct {
	name string
	// since is the first release, as major*100+minor, in which it can be made.
	since int
	// match are the settings of the account's own Match block, criteria what it
	// asks for, "User NAME" if empty.
	match    []string
	criteria string
	user     sshdtest.User
	// method is how the client logs in; a key unless it says otherwise.
	method decide.Method
	// key is what the client offers: one of the box's keys or certificates; the
	// account lists "ed" unless noKeys is set.
	key    string
	noKeys bool
	// make changes the account after it was made in order.
	make func(b *loginBox, u *sshdtest.User)
	// ssh and sftp are the cause that refuses each service; "" lets it in.
	ssh, sftp string
	// forced tells that a forced command, which says nothing, is what runs.
	forced bool
	// state tells what make makes, where nobody wrote it down by name.
	state string
	// random tells that nobody knows what refuses it.
	random bool
	// unsure tells that no definite answer is wanted of sftp or ssh.
	unsure bool
}

// String shows what the case is made of.
func (c *loginCase) String() string {
	return fmt.Sprintf("%s by %s: %+v\n%s\n%q", c.key, c.method, c.user, strings.Join(c.match, "; "), c.state)
}

// both is a case that refuses both services for one cause.
func both(cause string, c loginCase) loginCase {
	c.ssh, c.sftp = cause, cause
	return c
}

// loginBox is a system of one release with keys and certificates.
type loginBox struct {
	t *testing.T
	*sshdtest.Host
	keys map[string]sshdtest.Key
	// certs are options of the client by the name of a certificate.
	certs map[string]string
	// hash is what HASH in a password field stands for: that of rightPassword.
	hash string
	// explained counts the refusals whose cause was held against the log.
	explained int
}

func newLoginBox(t *testing.T, r sshdtest.Release) *loginBox {
	h := sshdtest.Open(t, r)
	b := &loginBox{t: t, Host: h, keys: make(map[string]sshdtest.Key), certs: make(map[string]string)}
	for _, name := range []string{"ed", "other", "ca", "otherca", "revoked"} {
		b.keys[name] = h.Keygen("ed25519", 0)
	}
	hash, err := h.Command(context.Background(), "perl", "-e", `print crypt($ARGV[0], q($6$saltsalt$))`, rightPassword).Output()
	must(t, err)
	b.hash = string(hash)
	b.keys["rsa"] = h.Keygen("rsa", 2048)
	b.keys["ecdsa"] = h.Keygen("ecdsa", 256)
	return b
}

// hashMark stands for the hash of the right password in a password field.
const hashMark = "HASH"

// certify signs the key "ed" for principals by a CA and returns the path of the certificate.
func (b *loginBox) certify(name, ca string, args ...string) {
	b.t.Helper()
	public := "/root/keys/" + name + ".pub"
	b.WriteFile(public, []byte(b.keys["ed"].Public+"\n"), 0o644, 0, 0)
	b.run("ssh-keygen", append([]string{"-q", "-s", b.keys[ca].Path, "-I", name}, append(args, public)...)...)
	b.certs[name] = "/root/keys/" + name + "-cert.pub"
}

func (b *loginBox) run(name string, args ...string) {
	b.t.Helper()
	if out, err := b.Command(context.Background(), name, args...).CombinedOutput(); err != nil {
		b.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// edit replaces a text in one of the system's files.
func (b *loginBox) edit(name, from, to string) {
	b.t.Helper()
	data, err := b.FS().ReadFile(name)
	must(b.t, err)
	if !strings.Contains(string(data), from) {
		b.t.Fatalf("%s has no %q", name, from)
	}
	must(b.t, b.FS().WriteFile(name, []byte(strings.Replace(string(data), from, to, 1)), 0o644))
}

// shadow replaces the fields of the account's shadow line behind its name.
func shadow(fields string) func(*loginBox, *sshdtest.User) {
	return func(b *loginBox, u *sshdtest.User) {
		b.edit("etc/shadow", fmt.Sprintf("\n%s:%s:19000:0:99999:7:::\n", u.Name, u.Password), fmt.Sprintf("\n%s:%s\n", u.Name, fields))
	}
}

// superuser gives the account uid 0, and its key's line options.
func superuser(options ...string) func(*loginBox, *sshdtest.User) {
	return func(b *loginBox, u *sshdtest.User) {
		b.edit("etc/passwd", fmt.Sprintf("\n%s:x:%d:%d:", u.Name, u.UID, u.GID), fmt.Sprintf("\n%s:x:0:0:", u.Name))
		u.UID, u.GID = 0, 0
		b.Mkdir(u.Home, 0o755, 0, 0)
		authorized("ed", append(options, "")[0])(b, u)
	}
}

// homeFile writes a file into the account's home.
func homeFile(name, text string) func(*loginBox, *sshdtest.User) {
	return func(b *loginBox, u *sshdtest.User) { b.WriteFile(u.Home+"/"+name, []byte(text), 0o644, u.UID, u.GID) }
}

// list writes the account's authorized_keys.
func (b *loginBox) list(u *sshdtest.User, lines ...string) {
	b.Mkdir(u.Home+"/.ssh", 0o700, u.UID, u.GID)
	b.WriteFile(u.Home+"/.ssh/authorized_keys", []byte(strings.Join(lines, "\n")+"\n"), 0o600, u.UID, u.GID)
}

// authorized makes a change that writes lines before the key of a name.
func authorized(key string, options ...string) func(*loginBox, *sshdtest.User) {
	return func(b *loginBox, u *sshdtest.User) {
		var lines []string
		for _, o := range options {
			if o != "" {
				o += " "
			}
			lines = append(lines, o+b.keys[key].Public)
		}
		b.list(u, lines...)
	}
}

// account makes the account of a case in order, then the case's change.
func (b *loginBox) account(c *loginCase, name string) {
	b.t.Helper()
	c.user.Name = name
	c.user.Password = strings.Replace(c.user.Password, hashMark, b.hash, 1)
	c.user = b.AddUser(c.user)
	if !c.noKeys && !c.user.NoHome {
		b.list(&c.user, b.keys["ed"].Public)
	}
	if c.make != nil {
		c.make(b, &c.user)
	}
}

// block is the Match block of a case.
func (c *loginCase) block() string {
	if len(c.match) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("Match " + strings.ReplaceAll(cmp.Or(c.criteria, "User NAME"), "NAME", c.user.Name) + "\n")
	for _, line := range c.match {
		fmt.Fprintf(&text, "\t%s\n", strings.ReplaceAll(line, "NAME", c.user.Name))
	}
	return text.String()
}
