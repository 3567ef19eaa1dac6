package pam

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// deny is pam_deny.c.
func deny(c *call) answer {
	code := AuthErr
	if c.phase == session {
		code = SessionErr
	}
	return refuse(code, "always refuses")
}

// debug is pam_debug.c: it returns what its arguments say.
func debug(c *call) answer {
	word := map[phase]string{authenticate: "auth", account: "acct", session: "open_session", setcred: "cred"}[c.phase]
	for _, a := range c.args {
		v, ok := strings.CutPrefix(a, word+"=")
		if !ok {
			continue
		}
		for code, name := range codeNames {
			if v == name {
				return refuse(Code(code), "its argument tells it to answer "+name)
			}
		}
		break
	}
	return sure(Success)
}

// exec is pam_exec.c, whose program is not run here; it can never ask for a new password.
func exec(*call) answer {
	return unsure("the program that it runs is not evaluated", Success, SystemErr, ServiceErr, PermDenied, Ignore)
}

// nologin is pam_nologin.c: with the file only uid 0 may enter.
func nologin(c *call) answer {
	none := sure(Ignore)
	if c.has("successok") {
		none = sure(Success)
	}
	files := []string{"/var/run/nologin", "/etc/nologin"}
	if file, ok := c.value("file"); ok {
		files = []string{file}
	}
	for _, file := range files {
		_, err := c.source.Read(file)
		switch {
		case err == nil && c.facts.UID != 0:
			return refuse(AuthErr, fmt.Sprintf("%s exists, so only root may log in", audit.Untrusted(file)))
		case err == nil:
			return none
		case missing(err):
			continue
		}
		return c.unread(file, err, none.codes[0], AuthErr, SystemErr)
	}
	return none
}

// localuser is pam_localuser.c.
func localuser(c *call) answer {
	if file, ok := c.value("file"); ok && file != "/etc/passwd" {
		text, err := c.source.Read(file)
		if missing(err) {
			return refuse(ServiceErr, audit.Untrusted(file).String()+" does not exist")
		}
		if err != nil {
			return c.unread(file, err, Success, PermDenied, ServiceErr)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, c.facts.User+":") {
				return sure(Success)
			}
		}
		return refuse(PermDenied, fmt.Sprintf("%s is not in %s", c.facts.shown(), audit.Untrusted(file)))
	}
	if c.facts.Local {
		return sure(Success)
	}
	return refuse(PermDenied, c.facts.shown()+" is not in /etc/passwd")
}

// shells is pam_shells.c.
func shells(c *call) answer {
	const file = "/etc/shells"
	shell := c.facts.Shell
	if shell == "" {
		shell = "/bin/sh"
	}
	mode, err := c.source.Mode(file)
	if missing(err) {
		return refuse(AuthErr, file+" does not exist")
	}
	if err != nil {
		return c.unread(file, err, Success, AuthErr)
	}
	if worldWritableOrSpecial(mode) {
		return refuse(AuthErr, file+" is world-writable or no regular file")
	}
	text, err := c.source.Read(file)
	if err != nil {
		return c.unread(file, err, Success, AuthErr)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > 254 {
			return unsure(file+" has a line of more than 254 bytes", Success, AuthErr)
		} else if line == shell && (shell[0] == '/' || !c.lib.AtLeast(1, 7)) {
			return sure(Success)
		}
	}
	return refuse(AuthErr, fmt.Sprintf("the shell %s is not in %s", audit.Untrusted(shell), file))
}

// usertype is pam_usertype.c: system accounts are those below UID_MIN.
func usertype(c *call) answer {
	op := ""
	for _, a := range c.args {
		if a == "issystem" || a == "isregular" {
			op = a
		}
	}
	uid := c.facts.UID
	if c.has("use_uid") {
		uid = 0 // sshd's own
	}
	if op == "" {
		return refuse(ServiceErr, "neither issystem nor isregular is given")
	}
	text, err := c.source.Read("/etc/login.defs")
	if err != nil && !missing(err) {
		return c.unread("/etc/login.defs", err, Success, AuthErr)
	}
	number := func(key string, otherwise uint32) uint32 {
		for line := range strings.Lines(string(text)) {
			if word := strings.Fields(line); len(word) > 1 && strings.EqualFold(word[0], key) {
				if v, err := strconv.ParseUint(word[1], 10, 32); err == nil {
					return uint32(v)
				}
			}
		}
		return otherwise
	}
	lowest := number("UID_MIN", 1000)
	highest := number("SYS_UID_MAX", lowest-1)
	system := uid <= 99 || uid == 65534
	if c.lib.AtLeast(1, 7) {
		system = system || uid <= highest && uid < lowest
	} else {
		system = system || uid >= number("SYS_UID_MIN", 101) && uid <= highest
	}
	if system == (op == "issystem") {
		return sure(Success)
	}
	return refuse(AuthErr, fmt.Sprintf("uid %d is not what %s asks for", uid, op))
}

// sepermit is pam_sepermit.c; only a list without any entry is evaluated.
func sepermit(c *call) answer {
	file := "/etc/security/sepermit.conf"
	if v, ok := c.value("conf"); ok {
		file = v
	}
	text, err := c.source.Read(file)
	if missing(err) {
		return unsure(audit.Untrusted(file).String()+" does not exist, which only matters with SELinux", Ignore, ServiceErr)
	}
	if err != nil {
		return c.unread(file, err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return unsure("the entries of "+audit.Untrusted(file).String()+" are not evaluated", Ignore, Success, AuthErr)
		}
	}
	return sure(Ignore)
}

// env is pam_env.c, which only sets variables.
func env(c *call) answer {
	if c.phase == account {
		return refuse(ServiceErr, "the module is not meant for an account line")
	}
	own := ".pam_environment"
	if v, ok := c.value("user_envfile"); ok {
		own = v
	}
	if c.has("user_readenv=1") {
		file := c.facts.Home + "/" + own
		if _, err := c.given.Mode(file); !missing(err) {
			return unsure("the variables in "+audit.Untrusted(file).String()+" are not evaluated", Success, Abort)
		}
	}
	return sure(Success)
}

// motd and mail show a message; what they return depends on what there is to show.
func motd(*call) answer {
	return unsure("whether there is a message to show", Ignore, Success, SessionErr)
}

func mail(*call) answer { return unsure("whether there is mail", Success, Ignore) }

// keyinit is pam_keyinit.c: it needs a kernel that gives keyrings.
func keyinit(c *call) answer {
	if c.phase == session {
		return sure(Success)
	}
	return sure(Ignore)
}

// lastlog is pam_lastlog.c: in a session it only writes; elsewhere it refuses
// accounts that were long unused.
func lastlog(c *call) answer {
	if c.phase == session {
		return sure(Success)
	}
	return unsure("the last login, in /var/log/lastlog, is not evaluated", Success, AuthErr, Ignore)
}

// loginuid is pam_loginuid.c.
func loginuid(c *call) answer {
	if c.has("require_auditd") {
		return unsure("whether auditd runs", Success, Ignore, SessionErr, CredErr)
	}
	return sure(Success)
}

// mkhomedir is pam_mkhomedir.c: with a home there is nothing to do.
func mkhomedir(c *call) answer {
	if mode, err := c.given.Mode(c.facts.Home); err == nil && mode&fs.ModeDir != 0 {
		return sure(Success)
	}
	return unsure("whether the home can be made", Success, PermDenied)
}
