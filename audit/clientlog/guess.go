package clientlog

import (
	"net/netip"
	"strings"
	"time"

	"sshaudit/audit"
)

// program notes which program wrote a line, by its dress; weight says how sure
// that is, and the surest wins.
func program(a *attempt, r *record) {
	switch r.dress { //nolint:exhaustive // the others tell nothing of the program
	case winSCP:
		a.program("WinSCP", "", 1)
	case fileZilla:
		if r.dir != failed {
			a.program("FileZilla", "", 1)
		}
	case openSSH:
		a.verbose, a.ssh = true, true
		a.program("OpenSSH", "", 1)
	case lftp:
		a.program("lftp", "", 2)
	case eventLog:
		a.program("PuTTY", "", 1)
	}
}

// program takes over the client's name, unless a surer one is known; the version
// of a name that is known may come later.
func (a *attempt) program(name, version string, weight int) {
	if a.log.Program == name {
		a.weight = max(a.weight, weight)
	} else if weight > a.weight || a.log.Program == "" {
		a.log.Program, a.log.Version, a.weight = name, "", weight
	} else {
		return
	}
	if version != "" && a.log.Version == "" {
		a.log.Version = audit.Untrusted(bounded(version))
	}
}

// zone takes over WinSCP's "GMT+2", "GMT-3:30".
func (a *attempt) zone(s string) {
	hours, minutes, _ := strings.Cut(strings.TrimSpace(s), ":")
	sign := time.Duration(1)
	if strings.HasPrefix(hours, "-") {
		sign = -1
	}
	h, m := small(strings.TrimLeft(hours, "+-")), small(minutes)
	if h > 14 || m > 59 {
		return
	}
	offset := sign * (time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
	a.offset = &offset
}

func small(s string) int {
	n := 0
	for i := 0; i < len(s) && i < 2 && s[i] >= '0' && s[i] <= '9'; i++ {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// layouts are the forms of times that have a date.
var layouts = []string{
	"2006-01-02 15:04:05.999", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.999999999Z", "2006.01.02 15:04:05", "2006/01/02 15:04:05",
}

// times reads the first and the last time of a log.
func times(began, ended string, offset *time.Duration) (first, last time.Time, zoned bool) {
	began, ended = moment(began), moment(ended)
	for _, layout := range layouts {
		f, err := time.Parse(layout, began)
		if err != nil {
			continue
		}
		l, err := time.Parse(layout, ended)
		if err != nil {
			l = f
		}
		switch {
		case strings.HasSuffix(layout, "Z"):
			zoned = true
		case offset != nil:
			f, l, zoned = f.Add(-*offset), l.Add(-*offset), true
		}
		return f, l, zoned
	}
	return time.Time{}, time.Time{}, false
}

// moment cuts off what FileZilla's file puts behind the time: its process and number.
func moment(s string) string {
	if len(s) > 20 && s[19] == ' ' {
		return s[:19]
	}
	return s
}

// address reads a status of an FTP client whose language is not known: one word
// of it is ADDR:PORT, or a name that is looked up.
func address(a *attempt, r *record) bool {
	if r.dress != fileZilla && r.dress != winSCP && r.dress != lftp || r.dir != said || a.ssh && r.dress != fileZilla {
		return false
	}
	if strings.Contains(r.text, "TLS") && a.ftp {
		a.tlsReady = a.tls && a.last == "tls"
		a.last = "tls"
		return true
	}
	if !placed(r.text, a.stage >= Authenticated && a.step == "") {
		return false
	}
	name := ""
	for w := range strings.FieldsFuncSeq(r.text, func(c rune) bool { return c <= ' ' || c == '…' || c == '、' || c == '，' || c == '"' }) {
		w = strings.TrimFunc(strings.TrimRight(w, "."), func(c rune) bool { return c > 0x7f || c == '\'' || c == '(' || c == ')' })
		if ap, err := netip.ParseAddrPort(w); err == nil {
			if a.stage > Connecting {
				if a.ftp && a.transfer != "" && a.step == "" {
					return true // the data connection
				}
				a.begin()
			}
			a.connecting(ap.Addr().String(), portOf(w))
			return true
		}
		if hostLike(w) {
			name = w
		}
	}
	if name == "" || a.stage > Connecting && a.step == "" || a.ftp && a.step == "" {
		return false
	}
	if host, port, ok := strings.Cut(name, ":"); ok {
		name = host
		defer a.port(port)
	}
	if a.stage > Resolving {
		a.begin()
	}
	if r.dress == fileZilla && a.ssh && a.log.Host != "" {
		return true
	}
	a.host(name)
	a.reach(Resolving)
	return true
}

// placed tells that a text can have an address with a port or a name in it: a
// colon or a dot with a letter or digit behind it; with numbered, a port.
func placed(s string, numbered bool) bool {
	if i := strings.IndexByte(s, ':'); numbered && (i < 0 || i+1 >= len(s) || s[i+1] < '0' || s[i+1] > '9') {
		return false
	}
	for i := 1; i+1 < len(s); i++ {
		if (s[i] == ':' || s[i] == '.') && (s[i+1] >= '0' && s[i+1] <= '9' || s[i+1]|0x20 >= 'a' && s[i+1]|0x20 <= 'z') {
			return true
		}
	}
	return false
}

func portOf(s string) string {
	_, port, _ := cutLast(s, ":")
	return port
}

// hostLike tells whether a word can be a host's name or address in a status line:
// letters, digits and hyphens with a dot between, the last part of letters.
func hostLike(w string) bool {
	if host, port, ok := strings.Cut(w, ":"); ok && !strings.Contains(port, ":") {
		if port == "" || strings.Trim(port, "0123456789") != "" {
			return false
		}
		w = host
	}
	if _, err := netip.ParseAddr(w); err == nil {
		return true
	}
	i := strings.LastIndexByte(w, '.')
	if i < 1 || len(w) > 253 || len(w)-i-1 < 2 {
		return false
	}
	for j := range len(w) {
		b := w[j]
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		if !letter && b != '.' && (j > i || (b < '0' || b > '9') && b != '-') {
			return false
		}
	}
	return true
}

// hostKeyLine reads "ssh-ed25519 255 SHA256:…", "ssh-rsa 2048 aa:bb:…".
func hostKeyLine(a *attempt, text string) bool {
	fields := strings.Fields(text)
	if len(fields) < 3 || !isName(fields[0]) {
		return false
	}
	fp := fingerprintOf(fields[2])
	if fp == "" {
		return false
	}
	a.reach(Negotiating)
	if a.log.HostKey.Fingerprint == "" || strings.HasPrefix(fp, "SHA256:") {
		a.log.HostKey = audit.ClientKey{Type: sshType(fields[0]), Fingerprint: fp}
	}
	return true
}

// keyLine reads the fingerprint of a host key where a dialogue shows it.
func keyLine(a *attempt, text string) bool {
	if len(text) < 50 || !strings.Contains(text, "SHA256:") && strings.Count(text, ":") < 15 {
		return false
	}
	text = strings.TrimRight(text, ". ")
	if hostKeyLine(a, text) {
		return true
	}
	if _, rest, ok := strings.Cut(text, " key fingerprint is "); ok {
		if fp := fingerprintOf(rest); fp != "" {
			typ, _, _ := strings.Cut(text, " ")
			a.reach(Negotiating)
			a.log.HostKey = audit.ClientKey{Type: sshType(typ), Fingerprint: fp}
			return true
		}
	}
	// ssh's warning shows the key alone on a line.
	if fp := fingerprintOf(text); fp != "" && a.log.HostKeyChanged {
		a.log.HostKey.Fingerprint = fp
		return true
	}
	return false
}

// commandLine takes the user, the host and the port of a command that stands
// above its output in a paste.
func commandLine(a *attempt, s string) bool {
	if len(s) > 1000 || a.stage > Start || !strings.Contains(s, "ssh") && !strings.Contains(s, "scp") && !strings.Contains(s, "ftp") && !strings.Contains(s, "plink") {
		return false
	}
	words := strings.Fields(s)
	start := -1
	for i, w := range words {
		if i > 6 {
			break
		}
		if w = strings.TrimSuffix(w[strings.LastIndexAny(w, `/\`)+1:], ".exe"); w == "ssh" || w == "sftp" || w == "scp" || w == "plink" || w == "psftp" || w == "pscp" {
			start = i
			if w == "sftp" || w == "psftp" {
				a.log.Protocol = "sftp"
			}
			break
		}
	}
	if start < 0 || start == len(words)-1 {
		return false
	}
	found := false
	for i := start + 1; i < len(words); i++ {
		w := words[i]
		switch {
		case (w == "-p" || w == "-P") && i+1 < len(words):
			i++
			a.port(words[i])
		case w == "-l" && i+1 < len(words):
			i++
			a.user(words[i])
		case w == "-pw" || w == "-i" || w == "-o" || w == "-F" || w == "-J":
			i++
		case strings.HasPrefix(w, "-"):
		default:
			if user, host, ok := cutLast(w, "@"); ok && !found {
				a.user(user)
				host, _, _ = strings.Cut(host, ":")
				a.host(host)
				found = true
			}
		}
	}
	return found
}
