package decide

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
)

// privsepUser is the account of sshd's part that talks to strangers (SSH_PRIVSEP_USER).
const privsepUser = "sshd"

// NoHostKeys tells that none of the host keys that a configuration names can be
// used (sshd.c main). It tells nothing without root's rights.
func NoHostKeys(h *facts.Host, s *facts.Server) bool {
	return s.Installed && len(s.HostKeys) > 0 && h.Privileged && !slices.ContainsFunc(s.HostKeys, func(k facts.HostKey) bool {
		return HostKey(&k) == "" || k.Problem != nil && k.Problem.Failure != facts.Missing
	})
}

// PrivsepFault says what is wrong with the privilege separation directory, and
// what it is instead; empty if nothing is, or nobody looked. On a host where no
// sshd runs a missing one is made at the start.
func PrivsepFault(h *facts.Host) (message, observed string) {
	file, looked := h.Files[h.PrivsepDir]
	running := slices.ContainsFunc(h.Servers, func(s *facts.Server) bool { return s.Running })
	switch {
	case !looked:
	case file.Problem != nil && file.Problem.Failure == facts.Missing && running:
		return "it is missing", "missing"
	case file.Problem != nil:
	case file.Type != facts.Directory:
		return "it is no directory", file.Type.String()
	case file.UID != 0 || file.Mode&0o022 != 0:
		return "it does not belong to root, or others may write it", fmt.Sprintf("owner %d, %04o", file.UID, file.Mode)
	}
	return "", ""
}

// refusal is the cause of a configuration that sshd refuses.
func refusal(e *sshdconf.ConfigError) string {
	switch {
	case strings.HasPrefix(e.Message, "AuthenticationMethods cannot be satisfied"):
		return "methods-unsatisfiable"
	case strings.Contains(e.Message, " set without Authorized"):
		return "akc-user-unset"
	}
	return "config-invalid"
}

// serves judges what sshd needs to start and, up to 9.7, for every connection:
// from 9.8 on the listener has the host keys in memory, and looks at the
// privilege separation directory at its start only (sshd.c main, sshd-auth.c
// privsep_child_demote).
func (l *login) serves() {
	s := l.via.Server
	old := !s.Version.AtLeast(9, 8)
	if NoHostKeys(l.h, s) && (old || !s.Running) {
		l.refuse(audit.LayerService, audit.Cause{
			ID: "no-hostkeys", Path: audit.Untrusted(s.ConfigFile), Message: fmt.Sprintf("none of the %d host keys can be used, so sshd serves nobody", len(s.HostKeys)),
			Fix: "ssh-keygen -A, then restart sshd",
		})
	}
	if l.h.Live && l.h.OtherAccounts == "" && s.Installed && l.h.Accounts.Lookup(privsepUser) == nil && (old || !s.Running) {
		l.refuse(audit.LayerService, audit.Cause{
			ID: "privsep-user-missing", Path: "/etc/passwd", Observed: "missing", Expected: "an account " + privsepUser,
			Message: "there is no account sshd, as which sshd's part that talks to strangers runs",
			Fix:     "useradd --system --home-dir /run/sshd --shell /usr/sbin/nologin sshd, then restart sshd",
		})
	}
	if message, observed := PrivsepFault(l.h); message != "" && (old || observed == "missing") {
		l.refuse(audit.LayerService, audit.Cause{
			ID: "privsep-dir", Path: audit.Untrusted(l.h.PrivsepDir), Observed: observed, Expected: "directory of root, 0755",
			Message: fmt.Sprintf("sshd drops every connection: its directory %s is not as it has to be: %s", audit.Untrusted(l.h.PrivsepDir), message),
			Fix:     "install -d -m 755 -o root -g root " + l.h.PrivsepDir,
		})
	}
	if l.h.Live {
		l.crowd()
	}
}

// crowd tells what only the running sshd knows: whether it is full, and which
// addresses it turns away for a while.
func (l *login) crowd() {
	limits, _ := l.via.Settings.Get("maxstartups")
	text := "whether it is full at the moment (MaxStartups " + limits.Value + ")"
	if p, ok := l.via.Settings.Get("persourcepenalties"); ok && p.Value != "no" {
		text += " or turns the address away for earlier failures (PerSourcePenalties)"
	}
	l.note(audit.LayerService, "%s is known from its log alone", text)
}

// SELinuxReads tells whether a label is one that the policies let sshd read
// keys of (ssh.te of the reference policy). A label that is not known may be.
func SELinuxReads(label string) bool {
	parts := strings.Split(label, ":")
	return len(parts) >= 3 && slices.Contains([]string{
		"ssh_home_t", "sshd_key_t", "user_home_t", "user_home_dir_t", "admin_home_t", "openshift_var_lib_t",
	}, parts[2])
}
