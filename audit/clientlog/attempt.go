package clientlog

import (
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// Bounds of what is kept of a log.
const (
	maxField  = 256 // bytes of one text
	maxKeys   = 64
	maxNames  = 128 // algorithms of one list
	maxOffers = 16
	maxRemark = 8
	maxErrors = 12
)

// attempt is what one connection in the log came to.
type attempt struct {
	log   audit.ClientLog
	stage Stage
	// step is the failure so far, ranked: a later one replaces a vaguer one.
	step    string
	rank    int
	message string
	line    int
	// ssh and ftp tell what kind of dialogue was seen.
	ssh, ftp bool
	// sent are flags of what the client tried, refused what the server refused.
	offered, keyRefused, passwordTried, passwordRefused, keyboardTried, keyboardRefused, partial, explicitKey bool
	verbose                                                                                                   bool
	// sftpAsked tells that the next data of the channel is SFTP's first.
	sftpAsked bool
	// refusedKey and refusedWord are the messages that a key and a password were refused.
	refusedKey, refusedWord errorText
	// clientKey is the message about a key file that the client could not use.
	clientKey     string
	clientKeyLine int
	// mutual tells that the client found no signature algorithm for its key.
	mutual bool
	ftpState
	// errors are messages that no rule knew, for the language-blind second look.
	errors []errorText
	// last is the last thing that was heard of, for logs that end in silence.
	last string
	done bool
	// count is how many attempts came before, previous the last that told something.
	count    int
	previous *outcome
	// fields is where rules find what they matched.
	fields [8]string
	// weight is how sure the client's name is; offset what WinSCP says of its zone.
	weight int
	offset *time.Duration
}

// errorText is a message of an error whose wording no rule knows.
type errorText struct {
	text  string
	line  int
	stage Stage
}

// Ranks of failures.
const (
	vague    = 1 // the connection ended; what was before it says more
	plainly  = 2
	specific = 3
)

// fail notes a failure, unless a better one is known.
func (a *attempt) fail(step string, rank int, r *record) {
	if rank <= a.rank && a.step != "" {
		return
	}
	a.step, a.rank, a.message, a.line = step, rank, r.text, r.line
}

// reach notes how far the connection came. What failed on the way there and
// did not stop it is forgotten.
func (a *attempt) reach(s Stage) {
	if s <= a.stage {
		return
	}
	a.stage = s
	if a.step != "" && stageOf(a.step) < s {
		a.step, a.rank, a.message, a.line = "", 0, "", 0
	}
	if s >= Connected {
		a.errors = a.errors[:0]
	}
}

// stageOf is the stage at which a step fails.
func stageOf(step string) Stage {
	switch {
	case step == StepResolve || step == StepHostSyntax:
		return Resolving
	case step == StepProxy || strings.HasPrefix(step, "connect-") && step != StepConnectionLost:
		return Connecting
	case step == StepBannerSilent:
		return Connected
	case strings.HasPrefix(step, "kex-"), strings.HasSuffix(step, "-no-common"), step == StepFTPGreeting:
		return Negotiating
	case strings.HasPrefix(step, "auth-"), step == StepFTPLogin, step == StepFTPTLS, strings.HasPrefix(step, "client-"), strings.HasPrefix(step, "hostkey-"):
		return Authenticating
	}
	return InSession
}

// closed notes that the connection ended: where, says what it was about.
func (a *attempt) closed(r *record) {
	switch {
	case a.step != "" && a.rank > vague:
	case a.ftp:
		a.ftpClosed(r)
	case a.stage <= Resolving:
		a.fail(StepConnectFailed, vague, r)
	case a.stage <= Connected:
		a.fail(StepConnectReset, vague, r)
	case a.stage == Negotiating:
		a.fail(StepKexClosed, vague, r)
	case a.stage == Authenticating:
		a.fail(StepAuthClosed, vague, r)
	case a.stage == Authenticated:
		a.fail(StepSessionClosed, vague, r)
	default:
		a.fail(StepConnectionLost, vague, r)
	}
}

// network notes a failure of the network by its text.
func (a *attempt) network(text string, r *record) bool {
	step := networkStep(text)
	if step == "" {
		return false
	}
	switch {
	case a.ftp && a.stage >= Authenticated:
		a.fail(StepFTPData, plainly, r)
	case a.stage >= Connected && step == StepConnectTimeout:
		a.silent(r)
	case a.stage >= Connected:
		a.closed(r)
	default:
		a.fail(step, plainly, r)
	}
	return true
}

// silent notes that a connection went silent.
func (a *attempt) silent(r *record) {
	switch {
	case a.ftp:
		a.ftpSilent(r)
	case a.stage <= Connecting:
		a.fail(StepConnectTimeout, plainly, r)
	case a.stage == Connected:
		a.fail(StepBannerSilent, plainly, r)
	case a.stage == Negotiating:
		a.fail(StepKexStalled, plainly, r)
	case a.stage == Authenticating:
		a.fail(StepAuthClosed, plainly, r)
	case a.stage == Authenticated:
		a.fail(StepSessionClosed, plainly, r)
	default:
		a.fail(StepConnectionLost, plainly, r)
	}
}

// networkStep reads the system's words for a failed connection: strerror's, those
// of Windows as PuTTY writes them, the names of errno.
func networkStep(text string) string {
	for _, w := range networkWords {
		if strings.Contains(text, w.word) {
			return w.step
		}
	}
	return ""
}

var networkWords = []struct{ word, step string }{
	{"ECONNREFUSED", StepConnectRefused}, {"onnection refused", StepConnectRefused}, {"actively refused", StepConnectRefused},
	{"WSAECONNREFUSED", StepConnectRefused}, {"\" refused", StepConnectRefused}, {"(10061)", StepConnectRefused}, {"Error 10061", StepConnectRefused},
	{"ETIMEDOUT", StepConnectTimeout}, {"onnection timed out", StepConnectTimeout}, {"peration timed out", StepConnectTimeout},
	{"i/o timeout", StepConnectTimeout}, {"onnect timed out", StepConnectTimeout}, {"Timed out while connecting", StepConnectTimeout},
	{"\" timed out", StepConnectTimeout}, {"10060", StepConnectTimeout}, {"onnection timeout", StepConnectTimeout},
	{"EHOSTUNREACH", StepConnectUnreachable}, {"ENETUNREACH", StepConnectUnreachable}, {"No route to host", StepConnectUnreachable},
	{"etwork is unreachable", StepConnectUnreachable}, {"etwork unreachable", StepConnectUnreachable},
	{"ost is unreachable", StepConnectUnreachable},
	{"Software caused connection abort", StepConnectReset}, {"onnection reset", StepConnectReset}, {"ECONNRESET", StepConnectReset},
	{"ECONNABORTED", StepConnectReset}, {"onnection aborted", StepConnectReset},
	{"ENOTFOUND", StepResolve}, {"EAI_NONAME", StepResolve}, {"EAI_AGAIN", StepResolve}, {"nodename nor servname", StepResolve},
	{"Name or service not known", StepResolve}, {"ame does not resolve", StepResolve}, {"no such host", StepResolve},
	{"Temporary failure in name resolution", StepResolve}, {"No address associated with", StepResolve}, {"getaddrinfo failed", StepResolve},
	{"UnknownHostException", StepResolve}, {"Could not resolve host", StepResolve}, {"ost does not exist", StepResolve},
	{"No such host is known", StepResolve}, {"Host not found", StepResolve},
}

// tried notes a method.
func (a *attempt) tried(method string) {
	if len(a.log.Tried) < 16 && !has(a.log.Tried, method) {
		a.log.Tried = append(a.log.Tried, method)
	}
}

func has(list []string, s string) bool { return slices.Contains(list, s) }

// methods takes over the list of methods that a server offers.
func (a *attempt) methods(list string) {
	if names := nameList(list, 16); len(names) > 0 {
		a.log.Methods = names
	}
}

// nameList reads names with commas between, as SSH defines them (RFC 4251,
// section 6); what is no name ends it.
func nameList(s string, most int) []string {
	var names []string
	for n := range strings.SplitSeq(strings.TrimRight(s, ". "), ",") {
		if n = strings.TrimSpace(n); !isName(n) || len(names) == most {
			break
		}
		names = append(names, n)
	}
	return names
}

// isName tells whether a text has the form of an algorithm's or a method's name.
func isName(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if b <= ' ' || b >= 0x7f || b == '"' || b == '\\' || b == ':' {
			return false
		}
	}
	return true
}

// agree notes an algorithm in use.
func (a *attempt) agree(use, name string) {
	if !isName(name) && use != "kex" {
		return
	}
	for i := range a.log.Agreed {
		if a.log.Agreed[i].Use == use {
			a.log.Agreed[i].Name = bounded(name)
			return
		}
	}
	a.log.Agreed = append(a.log.Agreed, audit.ClientAlgorithm{Use: use, Name: bounded(name)})
}

// offers notes a list of algorithms.
func (a *attempt) offers(by, use, list string) {
	if len(a.log.Offered) >= maxOffers {
		return
	}
	for _, o := range a.log.Offered {
		if o.By == by && o.Use == use {
			return
		}
	}
	if names := nameList(list, maxNames); len(names) > 0 {
		a.log.Offered = append(a.log.Offered, audit.ClientOffer{By: by, Use: use, Names: names})
	}
}

// key returns the entry of a key, made if it is new; nil if there are too many.
func (a *attempt) key(k audit.ClientKey) *audit.ClientKey {
	for i := range a.log.Keys {
		old := &a.log.Keys[i]
		same := k.Fingerprint != "" && old.Fingerprint == k.Fingerprint
		if same || (k.Fingerprint == "" || old.Fingerprint == "") && k.Path != "" && old.Path == k.Path {
			if k.Fingerprint != "" {
				old.Fingerprint = k.Fingerprint
			}
			if k.Type != "" {
				old.Type = k.Type
			}
			if k.Path != "" {
				old.Path = k.Path
			}
			old.Agent = old.Agent || k.Agent
			return old
		}
	}
	if len(a.log.Keys) >= maxKeys {
		return nil
	}
	a.log.Keys = append(a.log.Keys, k)
	return &a.log.Keys[len(a.log.Keys)-1]
}

// bounded cuts a text to what is kept of one.
func bounded(s string) string {
	if len(s) > maxField {
		s = s[:maxField]
	}
	s, _ = valid(s)
	return strings.Clone(s)
}
