package pam

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sshaudit/audit"
)

// phase is what a module is asked for.
type phase uint8

const (
	authenticate phase = 1 << iota
	account
	session
	setcred
)

func phaseOf(t Type) phase {
	switch t {
	case Account:
		return account
	case Session:
		return session
	case Setcred:
		return setcred
	default:
		return authenticate
	}
}

// call is one question to one module.
type call struct {
	facts *Facts
	// given is for what belongs to the account, source for what all accounts share.
	given, source Source
	lib           Library
	phase         phase
	args          []string
}

// model stands for a module.
type model struct {
	// phases are the questions the module answers; any other one makes libpam
	// say module_unknown (pam_handlers.c, unresolved symbol).
	phases phase
	answer func(*call) answer
	// cred is its answer to setcred.
	cred Code
}

const (
	all      = authenticate | account | session
	authAcct = authenticate | account
	authSess = authenticate | session
)

// models are the modules of Linux-PAM whose rules are known. What they export
// was read from the modules of Debian 11, 12 and 13.
var models = map[string]model{
	"pam_access":        {all, access, Ignore},
	"pam_debug":         {all, debug, Success},
	"pam_deny":          {all, deny, CredErr},
	"pam_env":           {all, env, Success},
	"pam_exec":          {all, exec, Success},
	"pam_faildelay":     {authenticate, always(Ignore), Ignore},
	"pam_faillock":      {authAcct, faillock, Success},
	"pam_issue":         {authenticate, always(Ignore), Ignore},
	"pam_keyinit":       {authSess, keyinit, Success},
	"pam_lastlog":       {all, lastlog, Success},
	"pam_limits":        {session, limits, Success},
	"pam_listfile":      {all, listfile, Success},
	"pam_localuser":     {all, localuser, Success},
	"pam_loginuid":      {account | session, loginuid, Success},
	"pam_mail":          {authSess, mail, Ignore},
	"pam_mkhomedir":     {session, mkhomedir, Success},
	"pam_motd":          {session, motd, Success},
	"pam_nologin":       {authAcct, nologin, Ignore},
	"pam_permit":        {all, always(Success), Success},
	"pam_rootok":        {authAcct, always(Success), Success},
	"pam_selinux":       {authSess, always(Success), Success},
	"pam_sepermit":      {authAcct, sepermit, Ignore},
	"pam_shells":        {authAcct, shells, Success},
	"pam_succeed_if":    {all, succeedIf, Ignore},
	"pam_systemd":       {session, always(Success), Success},
	"pam_time":          {account, timeConf, Success},
	"pam_umask":         {session, always(Success), Success},
	"pam_unix":          {all, unix, Success},
	"pam_usertype":      {all, usertype, Ignore},
	"pam_warn":          {all, always(Ignore), Ignore},
	"pam_wtmpdb":        {authSess, always(Success), Success},
	"pam_lastlog2":      {authSess, always(Success), Success},
	"pam_tty_audit":     {session, always(Success), Success},
	"pam_setquota":      {session, always(Success), Success},
	"pam_xauth":         {session, always(Success), Success},
	"pam_gnome_keyring": {authSess, always(Success), Success},
}

func always(c Code) func(*call) answer { return func(*call) answer { return sure(c) } }

// module asks a module by the path that a line gives.
func (c *call) module(path string) answer {
	name := moduleName(path)
	m, known := models[name]
	switch c.present(path) {
	case isAbsent:
		return refuse(ModuleUnknown, "the module is not installed")
	case isUnsure:
		if !known {
			return unsure("the module is not evaluated", anyCode(c.phase)...)
		}
	case isPresent:
	}
	if !known {
		return unsure("the module is not evaluated", anyCode(c.phase)...)
	}
	want := c.phase
	if want == setcred {
		want = authenticate
	}
	if m.phases&want == 0 {
		return refuse(ModuleUnknown, fmt.Sprintf("the module has nothing for a %s line", phaseName(c.phase)))
	}
	if c.phase == setcred {
		return c.credit(name, m)
	}
	return m.answer(c)
}

// credit is a module's answer to setcred.
func (c *call) credit(name string, m model) answer {
	switch name {
	case "pam_debug":
		return debug(c)
	case "pam_nologin":
		if c.has("successok") {
			return sure(Success)
		}
	case "pam_deny":
		return refuse(CredErr, "always refuses")
	}
	return sure(m.cred)
}

func phaseName(p phase) string {
	switch p {
	case account:
		return "account"
	case session:
		return "session"
	default:
		return "auth"
	}
}

type presence uint8

const (
	isUnsure presence = iota
	isPresent
	isAbsent
)

// moduleDirs are where distributions install modules.
var moduleDirs = []string{
	"/lib/security", "/usr/lib/security", "/lib64/security", "/usr/lib64/security",
	"/lib/x86_64-linux-gnu/security", "/usr/lib/x86_64-linux-gnu/security",
	"/lib/aarch64-linux-gnu/security", "/usr/lib/aarch64-linux-gnu/security",
	"/lib/i386-linux-gnu/security", "/lib/arm-linux-gnueabihf/security",
	"/lib/riscv64-linux-gnu/security", "/lib/powerpc64le-linux-gnu/security", "/lib/s390x-linux-gnu/security",
}

// present tells whether a module's file is there. A directory counts as the
// host's module directory if it holds pam_unix.so or pam_permit.so.
func (c *call) present(path string) presence {
	if strings.HasPrefix(path, "/") && !strings.Contains(path, "$ISA") {
		switch _, err := c.source.Mode(path); {
		case err == nil:
			return isPresent
		case missing(err):
			return isAbsent
		}
		return isUnsure
	}
	path = strings.TrimPrefix(path[strings.LastIndex(path, "$ISA")+1:], "ISA")
	path = strings.TrimPrefix(path, "/")
	got := isUnsure
	for _, dir := range slices.Concat(c.facts.ModuleDirs, moduleDirs) {
		if _, err := c.source.Mode(dir + "/" + path); err == nil {
			return isPresent
		} else if !missing(err) {
			return isUnsure
		}
		if c.isModuleDir(dir) {
			got = isAbsent
		}
	}
	return got
}

func (c *call) isModuleDir(dir string) bool {
	for _, name := range []string{"/pam_unix.so", "/pam_permit.so"} {
		if _, err := c.source.Mode(dir + name); err == nil {
			return true
		}
	}
	return false
}

// has tells whether an argument is given.
func (c *call) has(word string) bool {
	return slices.Contains(c.args, word)
}

// value returns the last argument of a name, with what follows the "=".
func (c *call) value(name string) (string, bool) {
	got, ok := "", false
	for _, a := range c.args {
		if v, is := strings.CutPrefix(a, name+"="); is {
			got, ok = v, true
		}
	}
	return got, ok
}

// unread is the answer of a module one of whose files cannot be read here, but
// perhaps by sshd.
func (c *call) unread(path string, err error, codes ...Code) answer {
	if len(codes) == 0 {
		codes = anyCode(c.phase)
	}
	return unsure(fmt.Sprintf("%s cannot be read (%s)", audit.Untrusted(path), audit.Untrusted(err.Error())), codes...)
}

// inGroup tells whether the account is a member of the group.
func (f *Facts) inGroup(name string) bool {
	return slices.Contains(f.Groups, name)
}

func (f *Facts) inGID(gid uint32) bool {
	return f.GID == gid || slices.Contains(f.GIDs, gid)
}

func (f *Facts) shown() string { return audit.Untrusted(f.User).String() }

func worldWritableOrSpecial(m fs.FileMode) bool { return m.Perm()&0o002 != 0 || !m.IsRegular() }
