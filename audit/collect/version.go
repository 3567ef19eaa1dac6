package collect

import (
	"bytes"
	"regexp"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

// binarySize bounds the program that is searched for its release, in bytes.
const binarySize = 32 << 20

// release is how OpenSSH writes its own version into the program (version.h
// SSH_RELEASE): "OpenSSH_9.2p1" and what the vendor adds.
var release = regexp.MustCompile(`OpenSSH_[0-9]{1,3}\.[0-9]{1,3}p[0-9]{1,3}(?: [A-Za-z][!-~]{0,60})?\x00`)

// build is what a program's bytes tell about it.
type build struct {
	version audit.OpenSSH
	pam     bool
	wrapped bool
	found   bool
}

// sessionPaths are where the programs of one connection lie from 9.8 on; they,
// not the listener, are linked with PAM and TCP wrappers.
var sessionPaths = []string{"/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session", "/usr/local/libexec/sshd-session"}

// readBuild searches a program for its release. The program is not run: it may
// be another host's.
func (c *Collector) readBuild(v *hostfs.View, path string) (build, error) {
	data, _, err := v.ReadFile(path, binarySize, nil)
	if err != nil {
		return build{}, err
	}
	b := build{found: true}
	b.linked(data)
	b.version = ownRelease(data)
	if b.version.AtLeast(9, 8) {
		for _, name := range sessionPaths {
			if session, _, err := v.ReadFile(name, binarySize, nil); err == nil {
				b.linked(session)
				break
			}
		}
	}
	return b, nil
}

// ownRelease finds the release in a program's bytes.
func ownRelease(data []byte) audit.OpenSSH {
	var own audit.OpenSSH
	for _, text := range release.FindAll(data, -1) {
		version, err := audit.ParseOpenSSH(string(bytes.TrimRight(text, "\x00")))
		// Other releases are named in the table of old clients; those have no vendor
		// and stand as patterns, so the longest name is the program's own.
		if err == nil && (!own.Known() || version.Vendor != "") {
			own = version
		}
	}
	return own
}

// linked notes the libraries that a program's bytes name.
func (b *build) linked(data []byte) {
	b.pam = b.pam || bytes.Contains(data, []byte("libpam.so"))
	b.wrapped = b.wrapped || bytes.Contains(data, []byte("libwrap.so"))
}

// strictRules tells which StrictModes variant a build applies, and why it is
// taken to be so.
func (c *Collector) strictRules(v *hostfs.View, b build) (facts.StrictRules, string) {
	switch {
	case b.version.Debian():
		return facts.RulesDebian, "the program is a build of Debian's or Ubuntu's"
	case b.version.Known():
		return facts.RulesUpstream, "the program names no vendor that changes the rule"
	}
	ids := c.osRelease(v)
	switch {
	case ids["debian"] || ids["ubuntu"]:
		return facts.RulesDebian, "there is no sshd to look at, and os-release names Debian or a descendant"
	case len(ids) > 0:
		return facts.RulesUpstream, "there is no sshd to look at, and os-release names another system than Debian"
	}
	return facts.RulesUnknown, "there is neither an sshd nor an os-release to look at"
}

// osRelease returns the ids of the distribution and of those it descends from
// (os-release(5) ID and ID_LIKE).
func (c *Collector) osRelease(v *hostfs.View) map[string]bool {
	text := c.text(v, "/etc/os-release")
	if text == "" {
		text = c.text(v, "/usr/lib/os-release")
	}
	ids := make(map[string]bool)
	for _, line := range lines(text) {
		for _, key := range []string{"ID=", "ID_LIKE="} {
			if value, ok := bytes.CutPrefix([]byte(line), []byte(key)); ok {
				for id := range bytes.FieldsSeq(bytes.Trim(value, `"'`)) {
					ids[string(id)] = true
				}
			}
		}
	}
	return ids
}
