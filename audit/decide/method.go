package decide

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
)

// enabled tells whether a method is switched on for the connection. That up to 8.6
// ChallengeResponseAuthentication switches keyboard-interactive on as well is in the
// settings already, before the Match blocks.
func (l *login) enabled(m Method) bool {
	switch m {
	case Publickey:
		return l.bool("pubkeyauthentication")
	case Password:
		return l.bool("passwordauthentication")
	case KeyboardInteractive:
		return l.bool("kbdinteractiveauthentication")
	}
	return false
}

// offered lists the methods that sshd offers at first, in its order.
func (l *login) offered() (list []string) {
	lists, left := l.lists()
	for _, m := range []Method{Publickey, Password, KeyboardInteractive} {
		usable := l.enabled(m) && !lists
		for _, methods := range left {
			name, _, _ := strings.Cut(methods[0], ":")
			usable = usable || name == string(m)
		}
		if usable {
			list = append(list, string(m))
		}
	}
	return list
}

// next lists the methods that sshd offers after the asked one succeeded.
func (l *login) next() (list []string) {
	_, left := l.lists()
	for _, methods := range left {
		if name, _, _ := strings.Cut(methods[0], ":"); name != string(l.req.Method) || len(methods) < 2 {
			continue
		}
		if name, _, _ := strings.Cut(methods[1], ":"); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// keywords are the settings that switch a method on.
var keywords = map[Method]string{
	Publickey: "PubkeyAuthentication", Password: "PasswordAuthentication", KeyboardInteractive: "KbdInteractiveAuthentication",
}

// method judges whether the method may be tried, and whether it is enough
// (auth2.c auth2_setup_methods_lists, authmethod_lookup, auth2_update_methods_lists).
func (l *login) method() {
	if l.via.Settings.Int("maxauthtries") == 0 {
		l.refuse(audit.LayerMethod, l.set("auth-tries-exceeded", "maxauthtries",
			"MaxAuthTries is 0: sshd ends the connection at the first attempt", "set MaxAuthTries to 6, and reload sshd"))
	}
	lists, left := l.lists()
	if lists && len(left) == 0 {
		l.refuse(audit.LayerMethod, l.set("methods-none-left", "authenticationmethods",
			"every list of AuthenticationMethods holds a method that is switched off, so sshd ends the connection",
			"switch the methods on, or correct AuthenticationMethods, and reload sshd"))
	}
	if !l.enabled(l.req.Method) {
		l.refuse(audit.LayerMethod, l.set("method-disabled", strings.ToLower(keywords[l.req.Method]),
			keywords[l.req.Method]+" is off for this connection", "set "+keywords[l.req.Method]+" to yes where it applies, and reload sshd"))
	}
	if len(left) > 0 {
		l.listed(left)
	}
	l.note(audit.LayerMethod, "%s may be tried", l.req.Method)
}

// lists returns the lists of AuthenticationMethods that consist of methods that
// are switched on; some tells that lists are set at all.
func (l *login) lists() (some bool, left [][]string) {
	for _, list := range l.via.Settings.Strings("authenticationmethods") {
		if list == "any" {
			return false, nil
		}
		some = true
		methods := strings.Split(list, ",")
		usable := true
		for _, m := range methods {
			name, _, _ := strings.Cut(m, ":")
			usable = usable && (l.enabled(Method(name)) || name == "hostbased" && l.bool("hostbasedauthentication") ||
				strings.HasPrefix(name, "gssapi") && l.bool("gssapiauthentication"))
		}
		if usable {
			left = append(left, methods)
		}
	}
	return some, left
}

// listed judges the method against the lists that are left.
func (l *login) listed(left [][]string) {
	first, alone := false, false
	for _, methods := range left {
		if name, _, _ := strings.Cut(methods[0], ":"); name == string(l.req.Method) {
			first = true
			alone = alone || len(methods) == 1
		}
	}
	switch {
	case alone:
	case first:
		l.partial = true
	case l.enabled(l.req.Method):
		l.refuse(audit.LayerMethod, l.set("method-disabled", "authenticationmethods",
			fmt.Sprintf("no list of AuthenticationMethods begins with %s", l.req.Method),
			"tell the customer to begin with another method, or change AuthenticationMethods"))
	}
}

// complete judges, once the method succeeded, whether it is enough
// (auth2.c auth2_update_methods_lists).
func (l *login) complete() {
	if l.partial {
		l.refuse(audit.LayerMethod, l.set("method-partial", "authenticationmethods",
			fmt.Sprintf("AuthenticationMethods asks for another method after %s", l.req.Method),
			"tell the customer to go on with the next method, or change AuthenticationMethods"))
	}
}

// authenticate judges the method's own test.
func (l *login) authenticate() {
	switch l.req.Method {
	case Publickey:
		l.publickey()
	case Password:
		l.password()
	case KeyboardInteractive:
		if l.bool("usepam") {
			l.passwordOfRoot()
			l.passwordByPAM()
		} else {
			l.refuse(audit.LayerMethod, l.set("kbdint-no-device", "usepam",
				"keyboard-interactive needs PAM, and UsePAM is off", "use another method, or set UsePAM to yes and reload sshd"))
		}
	}
}

// passwordOfRoot: for an account of uid 0 sshd puts rubbish in the place of what
// was typed, unless PermitRootLogin is yes (auth-passwd.c, auth-pam.c sshpam_respond).
func (l *login) passwordOfRoot() {
	if l.a.UID == 0 && l.rootLogin() != "yes" {
		l.refuse(audit.LayerMethod, l.set("password-root", "permitrootlogin",
			"PermitRootLogin does not let root in by a password", "log in by a key, or as a person with sudo"))
	}
}

// password judges a login whose password is right (auth-passwd.c auth_password).
// With PAM the stack decides.
func (l *login) password() {
	l.passwordOfRoot()
	if l.bool("usepam") {
		l.passwordByPAM()
		return
	}
	if !l.a.ShadowKnown {
		l.doubt(audit.LayerMethod, "/etc/shadow could not be read: run sshaudit as root")
		return
	}
	switch l.passwordState() {
	case accounts.PasswordSet:
	case accounts.PasswordEmpty:
		if !l.bool("permitemptypasswords") {
			l.refuse(audit.LayerMethod, l.set("password-empty", "permitemptypasswords",
				"the account's password is empty, and PermitEmptyPasswords is off", "passwd "+UserArgument(l.a)+" gives it a password"))
		}
	default:
		l.refuse(audit.LayerMethod, audit.Cause{
			ID: "password-wrong", Path: "/etc/shadow", Message: "the account has no password: nothing that is typed can be right",
			Observed: "no hash", Expected: "a hash", Fix: "passwd " + UserArgument(l.a) + " gives it one, if passwords are meant to work",
		})
	}
	l.passwordAge()
}

// rootLogin is PermitRootLogin with the old name of a value replaced.
func (l *login) rootLogin() string {
	value, _ := l.via.Settings.Text("permitrootlogin")
	if value == "without-password" {
		return "prohibit-password"
	}
	return value
}

// root applies PermitRootLogin after the method succeeded (auth.c auth_root_allowed).
func (l *login) root() {
	if l.a.UID != 0 {
		return
	}
	switch l.rootLogin() {
	case "yes":
	case "prohibit-password": // of what is typed it was told already
	case "forced-commands-only":
		switch {
		case l.req.Method != Publickey:
			l.refuse(audit.LayerMethod, l.set("root-refused", "permitrootlogin",
				"PermitRootLogin lets root in by keys with a forced command only", "log in by such a key"))
		case l.granted.unsure != "":
			l.doubt(audit.LayerMethod, "whether the key forces a command is not known: %s", l.granted.unsure)
		case l.granted.command == nil:
			l.refuse(audit.LayerMethod, l.set("root-forced-only", "permitrootlogin",
				"PermitRootLogin lets root in only by keys whose line forces a command (ForceCommand does not count)",
				"add command=\"…\" to the key's line, or log in as a person with sudo"))
		}
	default:
		l.refuse(audit.LayerMethod, l.set("root-refused", "permitrootlogin",
			"PermitRootLogin is no: sshd refuses every account of uid 0", "log in as a person and use sudo, or set PermitRootLogin to prohibit-password"))
	}
}
