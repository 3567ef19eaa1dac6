package clientlog

import "strings"

// phrase is a message that stands somewhere in a line, as libraries write it
// behind names of classes and packages. word is a word of it by which the line
// is picked.
type phrase struct {
	word, text string
	do         func(a *attempt, r *record)
}

// phrases are the messages of Go's x/crypto/ssh, Node's ssh2 and basic-ftp,
// Python's paramiko, Java's JSch and sshj, PHP's phpseclib, libssh and libssh2.
var phrases = func() map[string][]phrase {
	m := make(map[string][]phrase)
	for _, p := range []phrase{
		{"dial", "dial tcp ", func(a *attempt, r *record) { goDial(a, r) }},
		{"handshake", "ssh: handshake failed", goHandshake},
		{"attempted", "unable to authenticate, attempted methods", goHandshake},
		{"algorithm", "no common algorithm for ", goAlgorithm},
		{"getaddrinfo", "getaddrinfo ", nodeLookup},
		{"connect", "connect E", func(a *attempt, r *record) { nodeConnect(a, r) }},
		{"configured", "All configured authentication methods failed", authFailed("")},
		{"Timed", "Timed out while waiting for handshake", func(a *attempt, r *record) { a.fail(StepBannerSilent, vague, r) }},
		{"FTPError", "FTPError: 530", func(a *attempt, r *record) { a.sawFTP(); a.fail(StepFTPLogin, plainly, r) }},
		{"Timeout", "Timeout (control socket)", func(a *attempt, r *record) { a.sawFTPSilent(r) }},
		{"Timeout", "Timeout (data socket)", func(a *attempt, r *record) { a.sawFTP(); a.fail(StepFTPData, plainly, r) }},
		{"Authentication", "Authentication failed.", authFailed("")},
		{"authentication", "Bad authentication type", badType},
		{"banner", "Error reading SSH protocol banner", func(a *attempt, r *record) { a.ssh = true; a.reach(Connected); a.fail(StepConnectReset, plainly, r) }},
		{"Incompatible", "Incompatible ssh peer", func(a *attempt, r *record) { a.ssh = true; a.fail(StepKexNoCommon, plainly, r) }},
		{"Incompatible", "Incompatible ssh server", func(a *attempt, r *record) { a.ssh = true; a.fail(StepKexNoCommon, plainly, r) }},
		{"BadHostKeyException", "BadHostKeyException", func(a *attempt, r *record) { changed(a, r, nil) }},
		{"Auth", "Auth fail", authFailed("")},
		{"Auth", "Auth cancel", func(a *attempt, r *record) { a.ssh = true; a.reach(Authenticating); a.fail(StepCancelled, plainly, r) }},
		{"Algorithm", "Algorithm negotiation fail", func(a *attempt, r *record) { a.ssh = true; a.reach(Connected); a.fail(StepKexNoCommon, plainly, r) }},
		{"UnknownHostKey", "UnknownHostKey: ", func(a *attempt, r *record) { a.ssh = true; a.reach(Connected); a.fail(StepHostKeyUnknown, plainly, r) }},
		{"reject", "reject HostKey", func(a *attempt, r *record) { a.ssh = true; a.reach(Connected); a.fail(StepHostKeyUnknown, plainly, r) }},
		{"HostKey", "HostKey has been changed", func(a *attempt, r *record) { changed(a, r, nil) }},
		{"Exhausted", "Exhausted available authentication methods", authFailed("")},
		{"UnknownHostException", "UnknownHostException: ", javaLookup},
		{"refused", "onnection refused", func(a *attempt, r *record) { libraryConnect(a, r) }},
		{"timed", "onnection timed out", func(a *attempt, r *record) { libraryConnect(a, r) }},
		{"connect", "Unable to connect to ", func(a *attempt, r *record) { libraryConnect(a, r) }},
		{"privatekey", "invalid privatekey", func(a *attempt, r *record) { unusableKey(a, r, nil) }},
		{"SSH_FXP_VERSION", "Expected SSH_FXP_VERSION", func(a *attempt, r *record) { a.granted(); a.fail(StepSFTPStart, plainly, r) }},
		{"key", "ssh: no key found", func(a *attempt, r *record) { unusableKey(a, r, nil) }},
		{"denied", "Permission denied (", func(a *attempt, r *record) { inlineDenied(a, r) }},
		{"reset", "onnection reset by peer", func(a *attempt, r *record) { libraryConnect(a, r) }},
	} {
		m[p.word] = append(m[p.word], p)
	}
	return m
}()

// wordLengths holds for each first letter the lengths of the phrases' words, one
// bit each: most words of a text are passed over without a look at the table.
var wordLengths = func() (bits [256]uint32) {
	for w := range phrases {
		bits[w[0]] |= 1 << len(w)
	}
	return bits
}()

// look finds the first phrase of a line.
func look(a *attempt, r *record) bool {
	s := r.text
	for start := 0; start < len(s); {
		end := start
		for end < len(s) && s[end] != ' ' {
			end++
		}
		word := s[start:end]
		for word != "" && (word[len(word)-1] < '0' || word[len(word)-1] == ':') {
			word = word[:len(word)-1]
		}
		if len(word) > 31 || word == "" || wordLengths[word[0]]&(1<<len(word)) == 0 {
			start = end + 1
			continue
		}
		for _, p := range phrases[word] {
			if strings.Contains(s, p.text) {
				p.do(a, r)
				return true
			}
		}
		start = end + 1
	}
	return false
}

func authFailed(method string) func(*attempt, *record) {
	return func(a *attempt, r *record) {
		if a.ftp {
			a.fail(StepFTPLogin, vague, r)
			return
		}
		a.ssh = true
		a.reach(Authenticating)
		if method != "" {
			a.tried(method)
		}
		if a.passwordTried {
			a.passwordRefused = true
		}
		a.fail(StepNoMethods, vague, r)
	}
}

// goDial reads "dial tcp ADDR:PORT: what" (Go's net.OpError).
func goDial(a *attempt, r *record) {
	_, rest, _ := strings.Cut(r.text, "dial tcp ")
	if rest, ok := strings.CutPrefix(rest, "lookup "); ok {
		name, _, _ := strings.Cut(rest, " ")
		a.host(strings.TrimSuffix(name, ":"))
		a.fail(StepResolve, specific, r)
		return
	}
	target, what, _ := strings.Cut(rest, ": ")
	if host, port, ok := cutLast(target, ":"); ok {
		if host = strings.Trim(host, "[]"); host == "" {
			a.port(port)
			a.fail(StepHostSyntax, specific, r)
			return
		}
		a.stage = min(a.stage, Connecting)
		a.connecting(host, port)
	}
	a.network(what, r)
}

// goHandshake reads x/crypto/ssh's error after the connection is made.
func goHandshake(a *attempt, r *record) {
	a.ssh = true
	a.reach(Connected)
	_, list, ok := strings.Cut(r.text, "attempted methods [")
	switch {
	case ok:
		list, _, _ = strings.Cut(list, "]")
		a.reach(Authenticating)
		for m := range strings.FieldsSeq(list) {
			switch m {
			case "publickey":
				a.tried(m)
				a.offered, a.keyRefused = true, true
			case "password":
				a.tried(m)
				a.passwordTried, a.passwordRefused = true, true
			case "keyboard-interactive":
				a.tried(m)
				a.keyboardTried, a.keyboardRefused = true, true
			}
		}
		a.verbose = true
		a.fail(StepNoMethods, plainly, r)
	case strings.Contains(r.text, "no common algorithm"):
		goAlgorithm(a, r)
	case strings.Contains(r.text, "knownhosts: key mismatch"), strings.Contains(r.text, "host key mismatch"):
		changed(a, r, nil)
	case strings.Contains(r.text, "key is unknown"):
		a.fail(StepHostKeyUnknown, plainly, r)
	case strings.Contains(r.text, "overflow reading version string"), strings.Contains(r.text, "invalid version"):
		a.fail(StepBannerForeign, plainly, r)
	default:
		a.closed(r)
	}
}

func goAlgorithm(a *attempt, r *record) {
	_, what, _ := strings.Cut(r.text, "no common algorithm for ")
	a.ssh = true
	a.reach(Negotiating)
	step := StepKexNoCommon
	switch {
	case strings.HasPrefix(what, "host key"):
		step = StepHostKeyNoCommon
	case strings.Contains(what, "cipher"):
		step = StepCipherNoCommon
	case strings.Contains(what, "MAC"):
		step = StepMACNoCommon
	}
	a.fail(step, specific, r)
}

// nodeLookup reads "getaddrinfo ENOTFOUND NAME".
func nodeLookup(a *attempt, r *record) {
	_, rest, _ := strings.Cut(r.text, "getaddrinfo ")
	code, name, _ := strings.Cut(rest, " ")
	if networkStep(code) != StepResolve && networkStep(rest) != StepResolve {
		return
	}
	name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
	if strings.HasPrefix(code, "E") {
		a.host(name)
	}
	if strings.ContainsAny(name, "/@") {
		a.fail(StepHostSyntax, specific, r)
		return
	}
	a.fail(StepResolve, specific, r)
}

// nodeConnect reads "connect ECONNREFUSED ADDR:PORT".
func nodeConnect(a *attempt, r *record) {
	_, rest, _ := strings.Cut(r.text, "connect E")
	code, target, _ := strings.Cut(rest, " ")
	step := networkStep("E" + code)
	if step == "" {
		return
	}
	target, _, _ = strings.Cut(strings.TrimSpace(target), " ")
	if host, port, ok := cutLast(target, ":"); ok {
		a.connecting(host, port)
	}
	a.fail(step, plainly, r)
}

func javaLookup(a *attempt, r *record) {
	_, name, _ := strings.Cut(r.text, "UnknownHostException: ")
	name, _, _ = strings.Cut(name, " ")
	a.host(strings.TrimSuffix(name, ":"))
	a.fail(StepResolve, specific, r)
}

// libraryConnect reads a system's word for a failed connection in a line of
// unknown form.
func libraryConnect(a *attempt, r *record) {
	if step := networkStep(r.text); step != "" && a.stage < Connected {
		a.fail(step, vague, r)
	}
}

func badType(a *attempt, r *record) {
	if _, list, ok := strings.Cut(r.text, "["); ok {
		list, _, _ = strings.Cut(list, "]")
		a.methods(strings.NewReplacer("'", "", `"`, "", "u'", "").Replace(list))
	}
	a.ssh = true
	a.reach(Authenticating)
	a.fail(StepNoMethods, plainly, r)
}

// inlineDenied reads ssh's "USER@HOST: Permission denied (METHODS)." and scp's
// and git's variants.
func inlineDenied(a *attempt, r *record) {
	before, after, _ := strings.Cut(r.text, "Permission denied (")
	list, _, ok := strings.Cut(after, ")")
	if !ok {
		return
	}
	words := strings.Fields(strings.TrimRight(before, ": "))
	if len(words) > 0 {
		if user, host, ok := cutLast(strings.TrimLeft(words[len(words)-1], ">"), "@"); ok {
			if a.log.User == "" {
				a.user(user)
			}
			if a.log.Host == "" {
				a.host(host)
			}
		}
	}
	denied(a, r, []string{list})
}

func (a *attempt) sawFTPSilent(r *record) {
	a.sawFTP()
	a.ftpSilent(r)
}
