package serverlog

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"sshaudit/audit"
)

// Prediction is an answer that is compared with the log.
type Prediction struct {
	Verdict audit.Verdict
	// Causes are the predicted ones in their order; empty if it is let in.
	Causes []audit.Cause
	User   string
	// From is the client's address; invalid if none was asked for.
	From netip.Addr
	// Method is publickey, password or keyboard-interactive; Key a fingerprint or empty.
	Method, Key string
}

// lasting are the beginnings of causes that stay until somebody changes something
// and that depend on nothing but the account and its address.
var lasting = []string{
	"akf-", "chroot-", "group-", "methods-none-left", "nologin-file", "pam-account-denied", "pam-session-failed",
	"refuse-connection", "revoked-file-error", "root-refused", "tcpwrappers-deny", "user-",
}

// Contradicts compares a prediction with the newest line that decides such a
// login, and says in one sentence where they disagree, and of when the line is;
// empty if they do not disagree, or if no line tells.
func Contradicts(p *Prediction, observed []audit.Observation) (sentence string, at time.Time) {
	if p.Verdict == audit.Unknown || p.Verdict == audit.Refuse && len(p.Causes) == 0 {
		return "", at
	}
	for _, o := range slices.Backward(observed) {
		e := classified(o.Line)
		if !p.same(&e) {
			continue
		}
		said, decided := p.against(&e, o.Cause, "at "+o.Time.Format(time.DateTime+" MST"))
		if decided {
			return said, o.Time
		}
	}
	return "", at
}

// against compares with one line; decided tells that older lines do not matter.
func (p *Prediction) against(e *Entry, cause, at string) (sentence string, decided bool) {
	const disagree = "The log and this answer disagree: "
	switch {
	case e.Kind == Accepted && (p.Verdict == audit.Accept || p.Causes[0].Layer == audit.LayerSession):
		return "", true
	case e.Kind == Accepted:
		return disagree + at + " sshd accepted such a login, and now " + p.Causes[0].ID +
			" refuses it, so something changed in between" + p.doubt("publickey") + ".", true
	case e.Kind == Closed && e.User != "" && p.Verdict == audit.Refuse && p.Causes[0].Layer == audit.LayerKey:
		return "", true // a key that is refused leaves no other line at LogLevel INFO
	case !slices.ContainsFunc(lasting, func(s string) bool { return cause != "" && strings.HasPrefix(cause, s) }),
		strings.HasPrefix(cause, "akf-") && p.Method != "publickey":
		return "", false
	case p.Verdict == audit.Accept:
		return disagree + at + " sshd refused such a login because of " + cause +
			", and now nothing refuses it, so something changed in between" + p.doubt(cause) + ".", true
	case slices.ContainsFunc(p.Causes, func(c audit.Cause) bool { return c.ID == cause }):
		return "", true
	default:
		return disagree + at + " sshd refused such a login because of " + cause +
			", and now " + p.Causes[0].ID + " refuses it, so something changed in between" + p.doubt(cause) + ".", true
	}
}

// doubt names the other explanation: which key was offered is not in every line.
func (p *Prediction) doubt(about string) string {
	if p.Method == "publickey" && (strings.HasPrefix(about, "akf-") || about == "publickey" && p.Key == "") {
		return ", or the client offered another key"
	}
	return ""
}

// same tells whether a line can be about the login that was predicted.
func (p *Prediction) same(e *Entry) bool {
	method, _, _ := strings.Cut(e.Method, "/")
	return (e.User == "" && !e.Invalid || e.User == p.User) && (!e.Addr.IsValid() || !p.From.IsValid() || e.Addr == p.From) &&
		(method == "" || method == p.Method) && (e.Key == "" || p.Key == "" || e.Key == p.Key)
}
