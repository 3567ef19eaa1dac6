package survey

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/sshdtest"
)

// question is one login of a case, with the answer that was given before it.
type question struct {
	c       *loginCase
	service decide.Service
	answer  decide.Answer
}

func (q *question) want() string {
	if q.service == decide.SFTP {
		return q.c.sftp
	}
	return q.c.ssh
}

// compareLogins makes the cases in a system of a release, predicts every login
// and then has the real clients try it. At most 2 % of the answers may be unknown.
func compareLogins(t *testing.T, r sshdtest.Release, config string, cases []loginCase, change func(*loginBox)) {
	t.Helper()
	logins, unknown := tryLogins(t, r, config, cases, change)
	if unknown*100 > logins*maxUnknown {
		t.Errorf("%d of %d answers are unknown", unknown, logins)
	}
}

// tryLogins counts the logins and the unknown answers.
func tryLogins(t *testing.T, r sshdtest.Release, config string, cases []loginCase, change func(*loginBox)) (logins, unknown int) {
	t.Helper()
	b := newLoginBox(t, r)
	b.files()
	cases = slices.Clone(cases) // each release fills in its own accounts
	if change != nil {
		change(b)
	}
	version, err := audit.ParseOpenSSH(b.Version())
	must(t, err)
	var text strings.Builder
	text.WriteString(config)
	var kept []*loginCase
	for i := range cases {
		c := &cases[i]
		if c.since != 0 && !version.AtLeast(c.since/100, c.since%100) {
			continue
		}
		c.method = cmp.Or(c.method, decide.Publickey)
		b.account(c, fmt.Sprintf("c%03d", i))
		text.WriteString(c.block())
		kept = append(kept, c)
	}
	s := b.StartSshd(text.String())
	questions := b.predict(kept)
	for i := range questions {
		q := &questions[i]
		if q.answer.Verdict == audit.Unknown && !q.c.unsure {
			unknown++
			t.Logf("%s by %s: unknown: %+v\n%s", q.c.name, q.service, q.answer.Steps, q.c)
		}
		b.compare(s, q)
	}
	t.Logf("%d logins, %d answers unknown", len(questions), unknown)
	t.Logf("of %d refusals the first cause was held against the log", b.explained)
	return len(questions), unknown
}

// predict asks about every case by both services, before any login.
func (b *loginBox) predict(cases []*loginCase) []question {
	b.t.Helper()
	c, err := collect.Open(b.t.Context(), collect.Options{Root: b.Root(), Now: time.Now()})
	must(b.t, err)
	defer c.Close()
	var list []question
	local := netip.MustParseAddr("127.0.0.1")
	err = c.Work(func(w *collect.Worker) error {
		for _, one := range cases {
			var key *authkeys.Key
			wanted := authkeys.Fingerprint("")
			if one.method == decide.Publickey {
				key = b.offered(one)
				wanted = key.Fingerprint()
			}
			i, ok := c.Host().Accounts.Index(one.user.Name)
			if !ok {
				return fmt.Errorf("the audit does not know the account %s", one.user.Name)
			}
			a := w.Login(i, collect.Peer{From: local, To: local, Wanted: wanted})
			for _, service := range []decide.Service{decide.SSH, decide.SFTP} {
				list = append(list, question{one, service, decide.Login(c.Host(), a, &a.Via[0], decide.Request{
					User: one.user.Name, From: local, To: local, Service: service, Method: one.method, Key: key,
				})})
			}
		}
		return nil
	})
	must(b.t, err)
	return list
}

// offered is the key or certificate that the case's client offers.
func (b *loginBox) offered(c *loginCase) *authkeys.Key {
	text := b.keys["ed"].Public
	if k, ok := b.keys[c.key]; ok {
		text = k.Public
	}
	if path, ok := b.certs[c.key]; ok {
		data, err := b.FS().ReadFile(path[1:])
		must(b.t, err)
		text = string(data)
	}
	key, _, err := authkeys.ParsePublicKey([]byte(text))
	must(b.t, err)
	return key
}

// compare makes one login and holds the answer against it.
func (b *loginBox) compare(s *sshdtest.Server, q *question) {
	b.t.Helper()
	real := b.login(s, q)
	admitted := real.Exit == 0
	if q.service == decide.SSH {
		admitted = admitted && (q.c.forced || strings.Contains(real.Client, "ran\n") || strings.Contains(real.Client, "forced\n"))
	}
	what := fmt.Sprintf("%s by %s", q.c.name, q.service)
	if admitted != (q.want() == "") && !q.c.unsure && !q.c.random {
		b.t.Errorf("%s: the case wants %q, admitted %v (exit %d)\n%s\n%s", what, q.want(), admitted, real.Exit, real.Client, telling(real.Log))
	}
	if q.answer.Verdict == audit.Unknown {
		return
	}
	if definite := q.answer.Verdict == audit.Accept; definite != admitted {
		b.t.Errorf("%s: predicted %v %+v, admitted %v (exit %d)\n%s\n%s\n%s", what, q.answer.Verdict, q.answer.Causes, admitted, real.Exit, q.c, real.Client, telling(real.Log))
		return
	}
	if admitted {
		return
	}
	first := q.answer.Causes[0].ID
	if want := q.want(); first != want && !q.c.unsure && !q.c.random {
		b.t.Errorf("%s: the first cause is %s, want %s: %+v\n%s", what, first, want, q.answer.Causes, real.Client)
	}
	b.explains(q, &real, what)
}

// explains holds the first cause against what the log and the client prove.
func (b *loginBox) explains(q *question, real *sshdtest.Login, what string) {
	b.t.Helper()
	first, text := q.answer.Causes[0].ID, real.Log+"\n"+real.Client
	switch {
	case q.c.user.UID == 0 && strings.HasPrefix(first, "chroot-"):
		return // up to 9.7 root's own process looks at the chroot, and its words go nowhere
	case slices.ContainsFunc(q.answer.Steps, func(s audit.Step) bool { return s.Verdict == audit.Unknown }):
		return // what is met first may be what is not known
	}
	b.explained++
	if proof, ok := logProofs[first]; ok && !proof.MatchString(text) {
		b.t.Errorf("%s: the log does not prove %s of %s\n%s\n%s\n%s", what, first, q.c.user.Name, q.c, real.Client, telling(real.Log))
		return
	}
	if _, certificate := b.certs[q.c.key]; !q.c.random || certificate {
		return // with a certificate the client offers the plain key too
	}
	for id, other := range logProofs {
		switch {
		case id == "auth-tries-exceeded" && strings.Contains(q.c.String(), "MaxAuthTries 1"), // what follows from the cause
			id == "password-expired-pam" && first == "password-expired-shadow", // said in the same words
			id == "user-locked" && first == "user-expired",                     // what sshd says of an expired account from 8.9 on
			strings.HasPrefix(id, "root-") && strings.HasPrefix(first, "root-"),
			id == "ak-from" && strings.Contains(real.Log, "Accepted key"), // another line let it in
			id == "pam-account-denied" && q.c.method == decide.KeyboardInteractive:
			continue
		}
		if other.MatchString(text) && !slices.ContainsFunc(q.answer.Causes, func(c audit.Cause) bool { return c.ID == id }) {
			b.t.Errorf("%s: the causes are %+v, and the log proves %s\n%s\n%s", what, q.answer.Causes, id, q.c, text)
		}
	}
}

// login has the real client make one login.
func (b *loginBox) login(s *sshdtest.Server, q *question) sshdtest.Login {
	b.t.Helper()
	user := q.c.user.Name
	if q.c.method != decide.Publickey {
		if q.service == decide.SFTP {
			return s.TypedSFTP(user, string(q.c.method), rightPassword)
		}
		return s.Typed(user, string(q.c.method), rightPassword, "echo ran")
	}
	path, options := b.keys["ed"].Path, []string(nil)
	if k, ok := b.keys[q.c.key]; ok {
		path = k.Path
	}
	if cert, ok := b.certs[q.c.key]; ok {
		options = []string{"-o", "CertificateFile=" + cert}
	}
	if q.service == decide.SFTP {
		return s.SFTP(user, path, options...)
	}
	return s.Run(user, path, "echo ran", options...)
}

// logProofs are what sshd or its client says of a cause.
var logProofs = func() map[string]*regexp.Regexp {
	m := make(map[string]*regexp.Regexp)
	for id, text := range map[string]string{
		"akf-strict-file": "refused: bad ownership or modes for file", "akf-strict-dir": "refused: bad ownership or modes for directory",
		"user-locked": "account is locked", "user-shell-missing": "shell .* does not exist", "user-shell-not-executable": "shell .* is not executable",
		"user-denied": "listed in DenyUsers", "user-not-allowed": "not listed in AllowUsers", "group-denied": "listed in DenyGroups",
		"group-not-allowed": "groups are listed in AllowGroups", "user-no-groups": "not in any group",
		"refuse-connection": "administratively prohibited connection", "method-partial": "Partial (publickey|password|keyboard)",
		"methods-none-left": "No AuthenticationMethods left", "auth-tries-exceeded": "(?i)too many authentication failures|maximum authentication attempts",
		"key-alg-not-accepted": "not in PubkeyAcceptedAlgorithms|no mutual signature", "key-rsa-too-small": "refusing RSA key",
		"key-revoked": "revoked by file", "revoked-file-error": "Error checking authentication key",
		"akc-user-missing": "AuthorizedKeysCommandUser .* not found", "akc-missing": "Could not stat AuthorizedKeysCommand", "akc-unsafe": "Unsafe AuthorizedKeysCommand",
		"chroot-target": `bad ownership or modes for chroot directory "`, "chroot-component": "bad ownership or modes for chroot directory component",
		"chroot-missing": "safely_chroot: stat", "chroot-not-dir": "is not a directory", "sftp-only": "allows sftp connections only|refusing non-sftp",
		"max-sessions": "no more sessions", "ak-from": "not from a permitted host", "cert-name-not-principal": "name is not a listed principal",
		"cert-expired": "invalid: expired", "cert-not-yet-valid": "not yet valid", "cert-no-principals": "lacks principal list",
		"cert-source-address": "not from a permitted source address", "principal-not-authorized": "authorized principal|not.*principal",
		"principals-options": "certificate principals options", "user-unknown": "Invalid user", "root-refused": "ROOT LOGIN REFUSED", "root-forced-only": "ROOT LOGIN REFUSED",
		"subsystem-not-configured": "subsystem not found|subsystem request failed",
		"user-expired":             "(?m)^Account .* has expired", "tcpwrappers-deny": "refused by tcp wrapper",
		"pam-account-denied": "Access denied for user .* by PAM account configuration|Failed keyboard-interactive/pam", "password-expired-pam": "(?i)password has expired|password change required|change your password|Failed keyboard-interactive/pam",
		"pam-session-failed": "pam_open_session", "pam-init-failed": "PAM: initiali[sz]ation failed",
	} {
		m[id] = regexp.MustCompile(text)
	}
	return m
}()

func TestEveryLoginIsDecidedAsSshdDoes(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			compareLogins(t, r, "UsePAM no\nSubsystem sftp internal-sftp\n", loginCases(), nil)
		})
	}
}

func TestLoginsByPAMAndAnExternalServerAreDecidedAsSshdDoes(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			compareLogins(t, r, "UsePAM yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n", pamCases(), nil)
		})
	}
}

// Settings and files that concern everybody need a system of their own.
func TestLoginsUnderSystemWideStatesAreDecidedAsSshdDoes(t *testing.T) {
	for _, s := range systemStates() {
		for _, r := range sshdtest.Releases() {
			t.Run(s.name+"/"+string(r), func(t *testing.T) {
				t.Parallel()
				compareLogins(t, r, s.config, s.cases, s.make)
			})
		}
	}
}
