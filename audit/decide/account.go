package decide

import (
	"fmt"
	"net/netip"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshpattern"
)

// account judges the account as auth.c getpwnamallow and allowed_user do; false
// if there is none, so that nothing that follows can be judged.
func (l *login) account() bool {
	if l.bool("refuseconnection") {
		l.refuse(audit.LayerAccount, l.set("refuse-connection", "refuseconnection",
			"RefuseConnection is on for this connection: sshd ends it at the first attempt", "take RefuseConnection out of the block that applies, and reload sshd"))
	}
	if l.a == nil {
		l.unknownUser()
		return false
	}
	if !l.bool("usepam") {
		l.locked()
	}
	if _, chroot := l.via.Settings.Text("chrootdirectory"); !chroot {
		l.shellFile()
	}
	l.users()
	l.groups()
	if !l.brief {
		l.note(audit.LayerAccount, "the account exists (uid %d)", l.a.UID)
	}
	return true
}

// maxSuggestions bounds the names that are suggested for one that nobody has.
const maxSuggestions = 3

func (l *login) unknownUser() {
	if l.h.OtherAccounts != "" {
		l.doubt(audit.LayerAccount, "the account is not in passwd, and may be elsewhere: %s", l.h.OtherAccounts)
		return
	}
	c := audit.Cause{
		ID: "user-unknown", Path: "/etc/passwd", Observed: audit.Untrusted(l.req.User).String(),
		Message: fmt.Sprintf("no account is named %s", audit.Untrusted(l.req.User)),
		Fix:     "ask for the right name; names are case-sensitive",
	}
	if like := Suggest(l.h.Accounts, l.req.User, maxSuggestions); len(like) > 0 {
		c.Expected = strings.Join(like, ", ")
		c.Message += "; there is " + strings.Join(like, ", ")
		c.Fix = "let the customer use the name " + like[0] + ", if that is who it is"
	}
	l.refuse(audit.LayerAccount, c)
}

// locked applies expiry and lock, which sshd looks at only without PAM
// (auth-shadow.c auth_shadow_acctexpired, platform.c platform_locked_account).
func (l *login) locked() {
	a := l.a
	if !a.ShadowKnown {
		l.doubt(audit.LayerAccount, "/etc/shadow could not be read, so a lock or an expiry is not seen: run sshaudit as root")
		return
	}
	password := a.Password
	if a.Shadow.Present {
		password = a.Shadow.Password
		if today := int32(l.h.Now.Unix() / secondsPerDay); a.Shadow.ExpireOn != -1 && a.Shadow.ExpireOn < today {
			l.refuse(audit.LayerAccount, audit.Cause{
				ID: "user-expired", Path: "/etc/shadow", Observed: "expired on " + day(a.Shadow.ExpireOn), Expected: "no date, or one to come",
				Message: "the account expired on " + day(a.Shadow.ExpireOn),
				Fix:     "chage -E -1 " + UserArgument(a) + " if the customer is to be let in again",
			})
		}
	}
	if password == accounts.PasswordLocked {
		l.refuse(audit.LayerAccount, audit.Cause{
			ID: "user-locked", Path: "/etc/shadow", Observed: "the password field begins with !", Expected: "a hash, or *",
			Message: "the account is locked: its password field begins with !, for which sshd without PAM refuses keys too",
			Fix:     "usermod -p '*' " + UserArgument(a) + " lets keys in and no password, if the account is not locked on purpose",
		})
	}
}

const secondsPerDay = 24 * 60 * 60

// day writes a day of shadow.
func day(n int32) string {
	return timeOf(n).Format("2006-01-02")
}

// shellFile judges the login shell, as root sees it.
func (l *login) shellFile() {
	f := l.a.Login
	shell := audit.Untrusted(shellName(l.a))
	switch {
	case !l.whole():
	case f == nil:
		l.doubt(audit.LayerAccount, "the login shell was not looked at")
	case failed(f):
		l.refuse(audit.LayerAccount, audit.Cause{
			ID: "user-shell-missing", Path: shell, Observed: "missing", Expected: "a program",
			Message: fmt.Sprintf("the login shell %s does not exist: sshd refuses the account", shell),
			Fix:     "install the shell, or usermod -s /bin/bash " + UserArgument(l.a),
		})
	case f.Problem != nil:
		l.doubt(audit.LayerAccount, "the login shell could not be looked at: %s", f.Problem.Why)
	case f.Type != facts.Regular || f.Mode&0o111 == 0:
		l.refuse(audit.LayerAccount, audit.Cause{
			ID: "user-shell-not-executable", Path: shell, Observed: fmt.Sprintf("%s, mode %04o", f.Type, f.Mode), Expected: "an executable file",
			Message: fmt.Sprintf("the login shell %s is no executable file: sshd refuses the account", shell),
			Fix:     "chmod 755 the shell, or usermod -s /bin/bash " + UserArgument(l.a),
		})
	}
}

// shellName is the login shell; an empty field means /bin/sh.
func shellName(a *facts.Account) string {
	if a.Shell == "" {
		return "/bin/sh"
	}
	return a.Shell
}

// users applies DenyUsers and AllowUsers: each word is one pattern, no list.
func (l *login) users() {
	denied, unsure := l.userMatches("denyusers")
	switch {
	case denied != "":
		l.refuse(audit.LayerAccount, l.set("user-denied", "denyusers",
			fmt.Sprintf("DenyUsers names the account (%s)", audit.Untrusted(denied)), "take it out of DenyUsers if it is not meant, and reload sshd"))
	case unsure != "":
		l.doubt(audit.LayerAccount, "DenyUsers %s hangs on %s", audit.Untrusted(unsure), l.hostUnknown())
	}
	if len(l.via.Settings.Strings("allowusers")) == 0 {
		return
	}
	allowed, unsure := l.userMatches("allowusers")
	switch {
	case allowed != "":
	case unsure != "":
		l.doubt(audit.LayerAccount, "AllowUsers %s hangs on %s", audit.Untrusted(unsure), l.hostUnknown())
	default:
		l.refuse(audit.LayerAccount, l.set("user-not-allowed", "allowusers",
			"AllowUsers is set and no word of it matches the account and its address", "add the account to AllowUsers (blanks between words, no commas), and reload sshd"))
	}
}

// userMatches returns the first word of AllowUsers or DenyUsers that matches, or
// one of which that cannot be told.
func (l *login) userMatches(keyword string) (hit, unsure string) {
	m := sshpattern.New(l.via.Server.Version)
	addr, host := "", l.clientHost()
	if l.req.From.IsValid() {
		addr = sshpattern.PeerText(l.req.From)
	}
	for _, word := range l.via.Settings.Strings(keyword) {
		pattern, hosts, byHost := m.CutUser(word)
		if !m.Pattern(l.a.Name, pattern) {
			continue
		}
		if byHost && (addr == "" && strings.Trim(hosts, "*") != "" || l.bool("usedns") && host == "" && strings.Trim(hosts, "*") != "" && !addressesOnly(hosts)) {
			unsure = word
			continue
		}
		if ok, err := m.User(l.a.Name, host, addr, word); ok && err == nil {
			return word, ""
		}
	}
	return "", unsure
}

// addressesOnly tells that a list holds addresses and networks only, so that no
// host name can match it.
func addressesOnly(list string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimPrefix(entry, "!")
		if _, err := netip.ParseAddr(entry); err != nil && !strings.Contains(entry, "/") {
			return false
		}
	}
	return true
}

func (l *login) hostUnknown() string {
	if !l.req.From.IsValid() {
		return "the client's address (--from)"
	}
	return hostMissing
}

// hostMissing is what settles a pattern that is held against the host name.
const hostMissing = "the client's host name, because UseDNS is on (--host)"

// groups applies DenyGroups and AllowGroups to the names of the account's groups.
func (l *login) groups() {
	deny, allow := l.via.Settings.Strings("denygroups"), l.via.Settings.Strings("allowgroups")
	if len(deny) == 0 && len(allow) == 0 {
		return
	}
	names := l.h.Accounts.GroupNames(&l.a.Account)
	m := sshpattern.New(l.via.Server.Version)
	if len(names) == 0 {
		l.refuse(audit.LayerAccount, audit.Cause{
			ID: "user-no-groups", Path: "/etc/group", Message: "the account is in no group that has a name, and AllowGroups or DenyGroups is set",
			Observed: fmt.Sprintf("gid %d", l.a.GID), Expected: "a group entry", Fix: fmt.Sprintf("groupadd -g %d, or another primary group", l.a.GID),
		})
		return
	}
	if m.Groups(names, deny) {
		l.refuse(audit.LayerAccount, l.set("group-denied", "denygroups", "DenyGroups names a group of the account",
			"take the account out of the group, or the group out of DenyGroups, and reload sshd"))
	}
	if len(allow) > 0 && !m.Groups(names, allow) {
		l.refuse(audit.LayerAccount, l.set("group-not-allowed", "allowgroups", "AllowGroups is set and names no group of the account",
			"add the account to one of these groups (gpasswd -a), or a group to AllowGroups and reload sshd"))
	}
}
