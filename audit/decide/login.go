package decide

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/pam"
	"sshaudit/audit/sshpattern"
)

// Service is what a client wants of sshd once it is let in.
type Service string

// Services.
const (
	// SSH wants a command to run.
	SSH Service = "ssh"
	// SFTP wants the subsystem sftp to open.
	SFTP Service = "sftp"
)

// Method is an authentication method by its name in the protocol (RFC 4252, 4256).
type Method string

// Methods.
const (
	Publickey           Method = "publickey"
	Password            Method = "password"
	KeyboardInteractive Method = "keyboard-interactive"
)

// Request is the login that is asked about.
type Request struct {
	// User is the name that the client sends, without what follows a colon.
	User string
	// From is the client's address, To the one that it connects to; zero if unknown.
	From, To netip.Addr
	// Host is the client's host name as the resolver confirms it, which sshd looks
	// at with UseDNS and TCP wrappers always; empty if unknown.
	Host string
	// Port is the port that it connects to; 0 for the server's own.
	Port    int
	Service Service
	Method  Method
	// Client is the client program as it names itself ("PuTTY_Release_0.78") or as
	// a person names it ("PuTTY 0.78"); empty if it is not known.
	Client string
	// Key is the offered key or certificate; nil if only its fingerprint is
	// known, or neither: then any key that would be let in is taken.
	Key         *authkeys.Key
	Fingerprint authkeys.Fingerprint
}

// Answer is what sshd makes of a login.
type Answer struct {
	Verdict audit.Verdict
	// Causes are what refuses it, in the order in which the connection meets them.
	Causes []audit.Cause
	// Methods are the methods that sshd offers the client.
	Methods []string
	// Like is the id in the catalogue whose words for the customer fit the first
	// cause better than its own, empty for its own: PAM refuses for many reasons.
	Like string
	// Steps hold one entry for each layer that was judged, in the order of layers.
	Steps []audit.Step
}

// Login decides a login by the account as one sshd sees it; a is nil where no
// account has the name. It goes on after the first refusal, so that the causes
// that would refuse it next are told too. Password logins are judged as if the
// password were right.
func Login(h *facts.Host, a *facts.Account, via *facts.Via, req Request) Answer {
	l := &login{h: h, a: a, via: via, req: req}
	l.judge()
	return l.answer()
}

// Refusals returns the causes of [Login] if its verdict is to refuse, nil for any
// other. It takes less time, because nothing but the causes is put into words.
func Refusals(h *facts.Host, a *facts.Account, via *facts.Via, req Request) []audit.Cause {
	l := logins.Get().(*login)
	defer func() {
		*l = login{}
		logins.Put(l)
	}()
	*l = login{h: h, a: a, via: via, req: req, brief: true}
	l.judge()
	if l.unsettled != "" {
		return nil
	}
	return l.causes
}

// logins keeps the memory of logins that were judged.
var logins = sync.Pool{New: func() any { return new(login) }}

// judge goes through the layers in the order in which a connection meets them.
func (l *login) judge() {
	if l.started() {
		l.doubtSettings()
		l.wrappers()
		l.transport()
		if l.account() {
			l.pamStart()
			if !l.none() {
				l.method()
				l.authenticate()
				l.root()
				l.complete()
			}
			l.pam()
			l.session()
		}
	}
}

// login is a login under judgement.
type login struct {
	h      *facts.Host
	a      *facts.Account
	via    *facts.Via
	req    Request
	stages [layers]*stage
	causes []audit.Cause
	// brief tells that only the causes are wanted.
	brief bool
	// unsettled says why the settings for the connection are not known; empty if they are.
	unsettled string
	// like is Answer.Like.
	like string
	// granted is what the accepted key brings to the session.
	granted granted
	// aged tells that the password's age was judged.
	aged bool
	// partial tells that another method has to follow.
	partial bool

	// stack is PAM's; nil if it has no say. accountOutcome is its word on the account.
	stack          *pam.Stack
	pamFacts       *pam.Facts
	accountOutcome pam.Outcome
}

// granted is what a key or certificate that was accepted brings along.
type granted struct {
	// command is the forced command; nil if there is none.
	command *audit.Untrusted
	// unsure says why the options are not known; empty if they are.
	unsure string
}

// stage is one layer under judgement.
type stage struct {
	refusals, doubts, notes []string
}

// layers is the number of audit.Layers.
const layers = 8

var inOrder = audit.Layers()

// at returns the stage of a layer; whoever asks for it has looked at the layer.
func (l *login) at(layer audit.Layer) *stage {
	i := slices.Index(inOrder, layer)
	if l.stages[i] == nil {
		l.stages[i] = &stage{}
	}
	return l.stages[i]
}

// refuse notes a cause that refuses the login for certain.
func (l *login) refuse(layer audit.Layer, c audit.Cause) {
	c.Layer = layer
	l.causes = append(l.causes, c)
	s := l.at(layer)
	s.refusals = append(s.refusals, c.Message)
}

// doubt notes what is missing for a verdict.
func (l *login) doubt(layer audit.Layer, format string, args ...any) {
	if l.brief {
		return
	}
	s := l.at(layer)
	s.doubts = append(s.doubts, fmt.Sprintf(format, args...))
}

// note says something about a layer that decides nothing.
func (l *login) note(layer audit.Layer, format string, args ...any) {
	if l.brief {
		return
	}
	s := l.at(layer)
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

func (s *stage) step(layer audit.Layer) audit.Step {
	switch {
	case len(s.refusals) > 0:
		return audit.Step{Layer: layer, Verdict: audit.Refuse, Message: s.refusals[0]}
	case len(s.doubts) > 0:
		return audit.Step{Layer: layer, Verdict: audit.Unknown, Message: strings.Join(s.doubts, "; ")}
	default:
		return audit.Step{Layer: layer, Verdict: audit.Accept, Message: strings.Join(s.notes, "; ")}
	}
}

// answer sums up: a certain refusal at any layer refuses the login, whatever is
// not known of the others, unless the settings themselves are not known.
func (l *login) answer() Answer {
	a := Answer{Verdict: audit.Accept, Causes: l.causes, Like: l.like}
	if l.via.Settings != nil {
		a.Methods = l.offered()
		if l.partial {
			a.Methods = l.next()
		}
	}
	for i, s := range l.stages {
		if s == nil {
			continue
		}
		step := s.step(inOrder[i])
		a.Steps = append(a.Steps, step)
		switch {
		case step.Verdict == audit.Refuse:
			a.Verdict = audit.Refuse
		case step.Verdict == audit.Unknown && a.Verdict == audit.Accept:
			a.Verdict = audit.Unknown
		}
	}
	if l.unsettled != "" && a.Verdict != audit.Unknown {
		a.Verdict, a.Causes = audit.Unknown, nil
	}
	return a
}

// clientHost is the name of the client that patterns are held against: its
// address, or with UseDNS its host name; empty if that is not known
// (packet.c ssh_remote_hostname, up to 9.x auth.c auth_get_canonical_hostname).
func (l *login) clientHost() string {
	switch {
	case l.bool("usedns"):
		return strings.ToLower(l.req.Host)
	case l.req.From.IsValid():
		return sshpattern.PeerText(l.req.From)
	}
	return ""
}

// settings of the connection.
func (l *login) bool(keyword string) bool { return l.via.Settings.Bool(keyword) }

// origin writes where a setting stands, as " (/etc/ssh/sshd_config:12)".
func (l *login) origin(keyword string) (path audit.Untrusted, line int) {
	file, n := l.via.Settings.Origin(keyword)
	return audit.Untrusted(file), n
}

// set starts a cause about a setting.
func (l *login) set(id, keyword, message, fix string) audit.Cause {
	c := audit.Cause{ID: id, Message: message, Fix: fix}
	c.Path, c.Line = l.origin(keyword)
	return c
}

// safeName is what a user name in a suggested command must look like.
var safeName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$`)

// UserArgument returns the account as an argument for a suggested command: its
// name if no shell could misread it, its uid otherwise.
func UserArgument(a *facts.Account) string {
	if safeName.MatchString(a.Name) {
		return a.Name
	}
	return "uid:" + strconv.FormatUint(uint64(a.UID), 10)
}
