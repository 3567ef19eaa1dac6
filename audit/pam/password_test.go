package pam

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

const password = "right horse"

// passwordCase is one login with the right password.
type passwordCase struct {
	name, auth  string
	files       map[string]string
	account     string // the account lines; ones that permit if empty
	interactive bool   // keyboard-interactive instead of password
	hash        string // of alice's shadow line; that of the right password if empty
	unknown     bool
}

// tallyFile is a tally with failures that lie so many seconds back.
func tallyFile(ago ...int64) string {
	var b bytes.Buffer
	for _, s := range ago {
		var r [recordSize]byte
		copy(r[:], "192.0.2.9")
		binary.NativeEndian.PutUint16(r[statusAt:], tallyValid)
		binary.NativeEndian.PutUint64(r[timeAt:], uint64(time.Now().Unix()-s))
		b.Write(r[:])
	}
	return b.String()
}

const preauth = "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth required pam_deny.so\n"

var passwordCases = []passwordCase{
	{name: "the shipped stack", auth: "@include common-auth\n"},
	{name: "deny", auth: "auth required pam_deny.so\n"},
	{name: "permit alone", auth: "auth required pam_permit.so\n"},
	{name: "locked", auth: "@include common-auth\n", hash: "!"},
	{name: "no password", auth: "@include common-auth\n", hash: "*"},
	{name: "empty hash", auth: "@include common-auth\n", hash: "EMPTY"},
	{name: "nullok without PermitEmptyPasswords", auth: "auth required pam_unix.so nullok\n", hash: "EMPTY"},
	{name: "access denies in auth", auth: "auth required pam_access.so\nauth required pam_unix.so\n", files: accessConf("-:alice:ALL\n")},
	{name: "access alone", auth: "auth required pam_access.so\n", files: accessConf("+:alice:ALL\n")},
	{name: "succeed_if before a sufficient permit", auth: "auth required pam_succeed_if.so uid > 0\nauth sufficient pam_permit.so\n"},
	{name: "nologin in auth", auth: "auth required pam_nologin.so\nauth required pam_unix.so\n", files: map[string]string{"/etc/nologin": "x"}},
	{name: "setcred does not matter", auth: "auth required pam_debug.so auth=success cred=cred_err\n"},
	{name: "interactive: the shipped stack", interactive: true, auth: "@include common-auth\n"},
	{name: "interactive: locked", interactive: true, auth: "@include common-auth\n", hash: "!"},
	{name: "interactive: account refuses", interactive: true, auth: "@include common-auth\n", account: "account required pam_deny.so\n"},
	{name: "interactive: access has no credentials", interactive: true, auth: "auth required pam_access.so\n", files: accessConf("+:alice:ALL\n")},
	{name: "interactive: access and permit", interactive: true, auth: "auth required pam_access.so\nauth required pam_permit.so\n", files: accessConf("+:alice:ALL\n")},
	{name: "interactive: setcred fails", interactive: true, auth: "auth required pam_debug.so auth=success cred=cred_err\n"},
	{name: "interactive: setcred fails in an optional module", interactive: true, auth: "auth required pam_unix.so\nauth optional pam_debug.so auth=success cred=cred_err\n"},
	{name: "interactive: setcred is ignored", interactive: true, auth: "auth required pam_debug.so auth=success cred=ignore\n"},
	{name: "interactive: sufficient fails in setcred", interactive: true, auth: "auth sufficient pam_debug.so auth=success cred=ignore\nauth required pam_deny.so\n"},
	{name: "interactive: jump is all that setcred sees", interactive: true, auth: "auth required pam_unix.so\nauth [success=1 default=bad] pam_debug.so auth=success cred=success\nauth requisite pam_deny.so\n"},
	{name: "interactive: nologin successok", interactive: true, auth: "auth required pam_nologin.so successok\n"},
	{name: "jump over deny", auth: "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"},
	{name: "jump is all that there is", auth: "auth [success=1 default=bad] pam_unix.so\nauth requisite pam_deny.so\n"},
	{name: "sufficient fails in setcred", auth: "auth sufficient pam_debug.so auth=success cred=ignore\nauth required pam_deny.so\n"},
	{name: "faillock: no tally", auth: preauth},
	{name: "faillock: two failures", auth: preauth, files: map[string]string{"/run/faillock/alice": tallyFile(30, 20)}},
	{name: "faillock: three failures", auth: preauth, files: map[string]string{"/run/faillock/alice": tallyFile(30, 20, 10)}},
	{name: "faillock: three failures over a long time", auth: preauth, files: map[string]string{"/run/faillock/alice": tallyFile(2000, 1000, 10)}},
	{name: "faillock: unlocked by time", auth: preauth, files: map[string]string{"/run/faillock/alice": tallyFile(900, 800, 700)}},
	{name: "faillock: never unlocked", auth: preauth, files: map[string]string{
		"/run/faillock/alice": tallyFile(900, 800, 700), "/etc/security/faillock.conf": "unlock_time = never # x\n"}},
	{name: "faillock: deny in conf", auth: preauth, files: map[string]string{
		"/run/faillock/alice": tallyFile(30, 20, 10), "/etc/security/faillock.conf": "deny=5\n"}},
	{name: "faillock: deny as argument", auth: "auth required pam_faillock.so preauth deny=2\nauth required pam_unix.so\n",
		files: map[string]string{"/run/faillock/alice": tallyFile(30, 20)}},
	{name: "faillock: deny of 0", auth: "auth required pam_faillock.so preauth deny=0\nauth required pam_unix.so\n",
		files: map[string]string{"/run/faillock/alice": tallyFile(30, 20, 10)}},
	{name: "faillock: authfail is not reached", auth: "auth sufficient pam_unix.so\nauth [default=die] pam_faillock.so authfail\n",
		files: map[string]string{"/run/faillock/alice": tallyFile(30, 20, 10)}},
	{name: "faillock: admin group", auth: "auth required pam_faillock.so preauth admin_group=web\nauth required pam_unix.so\n",
		files: map[string]string{"/run/faillock/alice": tallyFile(30, 20, 10)}},
	{name: "faillock: admin group and root", auth: "auth required pam_faillock.so preauth admin_group=web even_deny_root\nauth required pam_unix.so\n",
		files: map[string]string{"/run/faillock/alice": tallyFile(30, 20, 10)}},
	{name: "second factor", auth: "auth required pam_unix.so\nauth required pam_exec.so /bin/true\n", unknown: true},
	{name: "second factor after a refusal", auth: "auth requisite pam_deny.so\nauth required pam_exec.so /bin/true\n"},
	{name: "not modelled but sufficient", auth: "auth sufficient pam_exec.so /bin/false\nauth required pam_unix.so\n"},
}

// loginByPassword logs in with the right password as ssh's askpass gives it.
func loginByPassword(t *testing.T, h *sshdtest.Host, s *sshdtest.Server, method string) sshdtest.Login {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	from := len(s.Log())
	cmd := h.Command(ctx, "/usr/bin/ssh", "-F", "none", "-T", "-p", fmt.Sprint(s.Port()), "-l", "alice",
		"-o", "PreferredAuthentications="+method, "-o", "NumberOfPasswordPrompts=1", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "IdentityAgent=none", "127.0.0.1", "true")
	cmd.Env = append(cmd.Env, "SSH_ASKPASS=/askpass", "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0")
	out, _ := cmd.CombinedOutput() // the exit status is what is looked at
	if ctx.Err() != nil {
		t.Fatalf("ssh does not end:\n%s%s", out, s.Log()[from:])
	}
	// The server writes its last lines after the client has ended.
	for range 2000 {
		log := s.Log()[from:]
		if strings.Contains(log, "Child exited") || strings.Contains(log, "do_cleanup") || strings.Contains(log, "fatal: ") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	log := s.Log()[from:]
	return sshdtest.Login{Accepted: strings.Contains(log, "Accepted "+method), Exit: cmd.ProcessState.ExitCode(), Log: log, Client: string(out)}
}

// observedPassword is the cause that the log proves. Lines of level error and
// fatal have no word before them with -e.
func observedPassword(l sshdtest.Login) string {
	has := func(text string) bool { return strings.Contains(l.Log, "\n"+text) }
	switch {
	case l.Exit == 255 && has("PAM: pam_setcred()"):
		return CauseSetcred
	case l.Exit == 255 && has("PAM: User account has expired for alice from"):
		return CauseAccount // what sshd says of every refusal of the account stack
	case l.Exit == 255 && (has("Failed password for alice") || has("PAM: Authentication failure for alice from")):
		return CausePassword
	case l.Accepted && l.Exit == 0:
		return ""
	}
	return fmt.Sprintf("exit %d:\n%s%s", l.Exit, l.Client, l.Log)
}

// TestAuthStacksDecideAsInTheRealSshd logs in with the right password.
func TestAuthStacksDecideAsInTheRealSshd(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel() // waiting is most of the time
			h := sshdtest.Open(t, r)
			h.AddUser(sshdtest.User{Name: "alice", Shell: "/bin/bash"})
			h.WriteFile("/askpass", []byte("#!/bin/sh\necho '"+password+"'\n"), 0o755, 0, 0)
			set := h.Command(t.Context(), "chpasswd")
			set.Stdin = strings.NewReader("alice:" + password + "\n")
			if out, err := set.CombinedOutput(); err != nil {
				t.Fatalf("chpasswd: %v\n%s", err, out)
			}
			group, err := h.FS().ReadFile("etc/group")
			if err != nil {
				t.Fatal(err)
			}
			h.WriteFile("/etc/group", append(group, "web:x:3000:alice\n"...), 0o644, 0, 0)
			shadow, err := h.FS().ReadFile("etc/shadow")
			if err != nil {
				t.Fatal(err)
			}
			c := &comparison{t: t, h: h, shadow: string(shadow),
				server: h.StartSshd("UsePAM yes\nPasswordAuthentication yes\nChallengeResponseAuthentication yes\n")}
			for _, tc := range passwordCases {
				c.password(tc)
			}
		})
	}
}

func (c *comparison) password(tc passwordCase) {
	files := map[string]string{}
	maps.Copy(files, tc.files)
	account, method := tc.account, "password"
	if account == "" {
		account = "account required pam_permit.so\n"
	}
	if tc.interactive {
		method = "keyboard-interactive"
	}
	files["/etc/pam.d/sshd"] = tc.auth + account + "session required pam_permit.so\n"
	restore := c.write(files)
	defer restore()
	shadow := c.shadow
	if tc.hash != "" {
		shadow = removeLine(shadow, "alice:") + "alice:" + strings.TrimPrefix(tc.hash, "EMPTY") + ":19000:0:99999:7:::\n"
	}
	c.h.WriteFile("/etc/shadow", []byte(shadow), 0o640, 0, 42)

	f := hostFacts(c.t, c.h, "alice")
	f.PasswordGiven = true
	asked := []Type{Auth, Account}
	if tc.interactive {
		asked = append(asked, Setcred)
	}
	stack := Load("sshd", hostSource(c.h), libraries[c.h.Release()])
	var o Outcome
	for _, t := range asked {
		if o = stack.Evaluate(t, f); o.Verdict != audit.Accept {
			break
		}
	}
	if (o.Verdict == audit.Unknown) != tc.unknown {
		c.t.Errorf("%s: unknown is %v, want %v (%s)", tc.name, !tc.unknown, tc.unknown, o.Message)
	}
	got := observedPassword(loginByPassword(c.t, c.h, c.server, method))
	if o.Verdict != audit.Unknown && o.Cause != got {
		c.t.Errorf("%s: predicted %q (%s), sshd: %q", tc.name, o.Cause, o.Message, got)
	}
}
