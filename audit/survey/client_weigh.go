package survey

import (
	"fmt"
	"slices"
	"strings"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/clientlog"
	"sshaudit/audit/decide"
)

// judged tells whether the rules of sshd apply to what is asked.
func (q *inquiry) judged() bool {
	return q.req.User != "" && (q.req.Service == decide.SSH || q.req.Service == decide.SFTP)
}

// weigh brings the client's step and the host's facts together. The facts say what
// would happen now; the log says what did happen then, and knows the client's side.
func (j *joiner) weigh() {
	step := j.c.Step
	switch {
	case j.c.Here == audit.Refuse:
		j.first("network-other-device-answers", "somebody else answered: "+strings.Join(j.c.Because, "; "))
		j.c.Advice = nil // about a login that never came here
		return
	case step == "":
		if !j.q.judged() {
			j.unknown("the client's log shows no failure")
		}
		return
	}
	if id, message := j.proved(); id != "" {
		j.first(id, message)
		return
	}
	switch {
	case j.explained():
	case j.proof.Layer == audit.LayerNetwork:
		j.lost()
	case step == clientlog.StepPasswordRefused && j.r.Verdict == audit.Accept && j.r.Method != string(decide.Publickey):
		j.password()
	case j.r.Verdict == audit.Accept && strings.HasPrefix(step, "file-"), step == clientlog.StepConnectionLost:
	default:
		j.unexplained()
	}
}

// proved names the cause that the client's log proves by itself.
func (j *joiner) proved() (id, message string) {
	l := &j.c.ClientLog
	quoted := "the client says: " + l.Message.String()
	switch l.Step {
	case clientlog.StepResolve:
		if strings.ContainsAny(string(l.Host), "/@: ") && strings.Count(string(l.Host), ":") < 2 {
			return "name-not-a-host", "the client looked up " + l.Host.String() + ", which is no name of a host"
		}
		return "name-unresolvable", "the client found no address for " + shownOr(l.Host, "the name") + ", so it sent nothing to this host"
	case clientlog.StepHostSyntax:
		return "name-not-a-host", "the client's field for the host holds no name; " + quoted
	case clientlog.StepProxy:
		return "client-proxy", quoted
	case clientlog.StepProtocolFTPToSSH:
		return "proto-ftp-to-ssh", fmt.Sprintf("the client spoke FTP on port %d, and an SSH server answered", l.Port)
	case clientlog.StepProtocolSSHToFTP:
		return "proto-ssh-to-ftp", fmt.Sprintf("the client spoke SSH on port %d, and an FTP server answered", l.Port)
	case clientlog.StepBannerForeign:
		if j.servedHere() {
			return "network-other-device-answers", "what answered the client is no SSH server (" + shownOr(l.Server, "no identification") + "), though sshd has the port here"
		}
		return "client-wrong-port", fmt.Sprintf("what answered on port %d is no SSH server (%s), and no sshd here has that port", l.Port, shownOr(l.Server, "no identification"))
	case clientlog.StepKexNoCommon:
		return "kex-no-match", quoted
	case clientlog.StepHostKeyNoCommon:
		return "hostkey-no-match", quoted
	case clientlog.StepCipherNoCommon:
		return "cipher-no-match", quoted
	case clientlog.StepMACNoCommon:
		return "mac-no-match", quoted
	case clientlog.StepHostKeyMismatch:
		if j.c.Here == audit.Accept && l.HostKey.Fingerprint != "" {
			return "hostkey-changed", "the client saw this host's key " + l.HostKey.Fingerprint + " and remembers another one"
		}
		return "", ""
	case clientlog.StepHostKeyUnknown:
		return "hostkey-unconfirmed", "the client did not know the host key and nobody confirmed it"
	case clientlog.StepClientKeyFile:
		return "client-key-file-format", quoted
	case clientlog.StepClientConfig:
		return "client-configuration", quoted
	case clientlog.StepKeyAlgorithm:
		return "client-no-sigalg", quoted
	case clientlog.StepTooMany:
		return "auth-tries-exceeded", "the server ended the connection after too many tries; the client used " + listed(l.Tried)
	case clientlog.StepPartial:
		return "method-partial", "one method succeeded (" + listed(l.Tried) + "), and the server wants " + listed(l.Methods) + " as well"
	case clientlog.StepNoMethods:
		return j.noMethods()
	case clientlog.StepSFTPStray:
		if len(j.r.Causes) == 0 && l.Stray != "" {
			return "shell-output", "text that begins with " + fmt.Sprintf("%q", string(l.Stray)) + " came where SFTP's first packet was due"
		}
	}
	if len(j.r.Causes) == 0 && slices.Contains(ftpRefusals, l.Step) {
		return j.proof.Causes[0], quoted
	}
	return "", ""
}

// ftpRefusals are the steps by which an FTP server's own words end a login.
var ftpRefusals = []string{
	clientlog.StepFTPGreeting, clientlog.StepFTPLogin, clientlog.StepFTPTLSRequired, clientlog.StepFTPTLS, clientlog.StepFTPCertificate, clientlog.StepFTPOops,
}

// noMethods tells a client without a key from one whose method is switched off.
func (j *joiner) noMethods() (id, message string) {
	l := &j.c.ClientLog
	if len(l.Methods) == 0 {
		return "", ""
	}
	offered := "the server takes " + listed(l.Methods)
	switch {
	case slices.Equal(l.Methods, []string{"publickey"}) && !slices.Contains(l.Tried, "publickey"):
		return "client-no-key-offered", offered + " only, and the client offered no key"
	case !slices.Contains(l.Methods, "password") && !slices.Contains(l.Methods, "keyboard-interactive"):
		return "method-disabled", offered + "; the client had " + listed(l.Tried) + " to offer"
	}
	return "", ""
}

func listed(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return audit.Untrusted(strings.Join(names, ", ")).String()
}

func shownOr(u audit.Untrusted, otherwise string) string {
	if u == "" {
		return otherwise
	}
	return u.String()
}

// explained tells whether the host's facts refuse the login where the client's
// log saw it fail.
func (j *joiner) explained() bool {
	if len(j.r.Causes) == 0 {
		return false
	}
	first := j.r.Causes[0]
	if slices.Contains(j.proof.Causes, first.ID) {
		return true
	}
	met, now := rank(j.proof.Layer), rank(first.Layer)
	switch {
	case j.proof.Layer == audit.LayerNetwork:
		return first.Layer == audit.LayerNetwork || first.Layer == audit.LayerService
	case met > now && now < rank(audit.LayerAccount):
		j.c.Because = append(j.c.Because, "the client came further than "+first.ID+" lets it now: something changed since, or the log is of another connection")
		return true
	case now >= rank(audit.LayerAccount) && met >= rank(audit.LayerMethod) && met <= rank(audit.LayerKey) && now <= rank(audit.LayerKey):
		return true // sshd asks on as if nothing was wrong, so the client sees it at a later layer
	case met == now:
		return true
	}
	return false
}

func rank(l audit.Layer) int { return slices.Index(audit.Layers(), l) }

// first puts a cause that the client met before all others.
func (j *joiner) first(id, message string) {
	if i := slices.IndexFunc(j.r.Causes, func(c audit.Cause) bool { return c.ID == id }); i >= 0 {
		c := j.r.Causes[i]
		j.r.Causes = slices.Insert(slices.Delete(j.r.Causes, i, i+1), 0, c)
		j.r.Verdict = audit.Refuse
		return
	}
	doc, _ := checks.Explain(id)
	c := audit.Cause{ID: id, Layer: doc.Layer, Message: message, Fix: doc.Repair}
	j.r.Causes = slices.Insert(j.r.Causes, 0, c)
	j.r.Verdict = audit.Refuse
	j.step(audit.Step{Layer: doc.Layer, Verdict: audit.Refuse, Message: message})
}

// step sets what one layer makes of the connection, at its place.
func (j *joiner) step(s audit.Step) {
	for i := range j.r.Steps {
		switch {
		case j.r.Steps[i].Layer == s.Layer:
			if j.r.Steps[i].Verdict != audit.Refuse {
				j.r.Steps[i] = s
			}
			return
		case rank(j.r.Steps[i].Layer) > rank(s.Layer):
			j.r.Steps = slices.Insert(j.r.Steps, i, s)
			return
		}
	}
	j.r.Steps = append(j.r.Steps, s)
}

// lost says what it means that a connection failed in the network which this host
// would take.
func (j *joiner) lost() {
	message := "the client's connection to " + shownOr(j.c.Host, "the host") + fmt.Sprintf(" port %d failed (%s)", j.c.Port, j.c.Step)
	switch {
	case !j.servedHere() && !strings.HasPrefix(j.c.Protocol, "ftp"):
		j.first("client-wrong-port", message+", and no sshd of this host has that port")
		return
	case !j.q.req.From.IsValid():
		message += "; without the client's address (--from) the packet filter cannot be asked"
	default:
		message += ", and nothing on this host would stop it now: what did stands between, or is gone"
	}
	if j.r.Verdict == audit.Refuse {
		j.first("network-lost-on-the-way", message)
		return
	}
	j.r.Verdict = audit.Unknown
	j.step(audit.Step{Layer: audit.LayerNetwork, Message: message})
}

// password says what it means that a password was refused which would be taken if
// it were right.
func (j *joiner) password() {
	message := "the server refused the password, and would take the right one: what was typed or stored is wrong"
	if j.c.Here == audit.Accept {
		j.first("password-wrong", message)
		return
	}
	j.r.Verdict = audit.Unknown
	j.step(audit.Step{Layer: audit.LayerMethod, Message: message + ", if it was this host that answered, which the log does not show"})
}

// unexplained says that the host would let in whom the log saw refused.
func (j *joiner) unexplained() {
	message := "the client's log shows " + j.c.Step
	if text := j.c.Message; text != "" {
		message += " (" + text.String() + ")"
	}
	switch {
	case j.r.Verdict == audit.Refuse:
		message += ", which the causes found here do not explain"
	case j.c.Step == clientlog.StepKeyRefused && j.r.Key == "":
		message += ", and does not tell which key was offered; a key that is listed here would be taken"
	default:
		message += ", and nothing on this host explains it now: something changed since, or the log is of another connection"
	}
	if j.r.Verdict != audit.Refuse {
		j.r.Verdict = audit.Unknown
	}
	j.unknown(message)
}

// unknown notes at the client's layer what is missing for a verdict.
func (j *joiner) unknown(message string) {
	layer := j.proof.Layer
	if layer == "" {
		layer = audit.LayerSession
	}
	j.step(audit.Step{Layer: layer, Message: message})
}

// clientSpeak tells the customer what follows from their log where nothing on the
// server refuses them.
func clientSpeak(r *audit.WhyReport) {
	c := r.Client
	proof, _ := clientlog.Prove(c.Step)
	id := ""
	switch {
	case c.Step == "" && r.Verdict == audit.Accept:
		r.Customer = "The messages of your program show no failure, and from the server's side your login works."
	case c.Step == "":
		r.Customer = "The messages that you sent show no failure. Please send us those of an attempt that fails, with its time."
	case proof.Layer == audit.LayerNetwork:
		id = "network-lost-on-the-way"
	case c.Step == clientlog.StepKeyRefused && r.Key == "":
		r.Customer = "The server refused the key that your program offered, and your messages do not say which key that was."
	case c.Step == clientlog.StepFileFailure, c.Step == clientlog.StepFileSpace:
		id = "file-space"
	case len(proof.Causes) == 1:
		id = proof.Causes[0]
	default:
		r.Customer = "We have read the messages of your program, and the reason does not follow from them alone. Please try once more and tell us the exact time."
	}
	if id != "" {
		doc, _ := checks.Explain(id)
		r.Customer = doc.Customer
	}
	clientWords(r)
}

// clientWords puts the client's own message and what its menus offer into what the
// customer is told.
func clientWords(r *audit.WhyReport) {
	c := r.Client
	if c.Message != "" {
		r.ClientMessage = c.Message.String()
		if _, rest, ok := strings.Cut(r.Customer, "Your program shows \""); ok {
			if _, after, ok := strings.Cut(rest, "\". "); ok {
				r.Customer = after
			}
		}
		r.Customer = "Your program says \"" + c.Message.String() + "\". " + r.Customer
	}
	if len(c.Advice) > 0 {
		r.Customer += " In " + c.Program + ": " + strings.Join(c.Advice, " ")
	}
}
