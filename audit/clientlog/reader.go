package clientlog

import (
	"fmt"
	"io"
	"strings"

	"sshaudit/audit"
)

// table holds the rules of all clients: who wrote a line is not asked before its
// words are read, because pastes mix programs (lftp shows the lines of its ssh).
var table = compile(winSCPRules, openSSHRules, puttyRules, ftpRules)

// Read reads the log of a client. It reads to the end, keeps little of it, and
// fails only where the reader does.
func Read(in io.Reader) (*audit.ClientLog, error) {
	l := newLines(in)
	r := &reader{main: &attempt{}, jump: &attempt{}}
	for n := 1; ; n++ {
		raw, ok, err := l.next()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if !ok {
			r.flush()
			return r.result(l.encoding, n-1), nil
		}
		if len(raw) > maxLine {
			raw = raw[:maxLine]
		}
		line := string(raw)
		if l.quoted {
			line = unmark(line)
		}
		r.take(line, n)
	}
}

// reader is a log being read.
type reader struct {
	// main is the connection to the server, jump that to a jump host.
	main, jump *attempt
	// rec is the record being read, last the one before, for lines that were wrapped.
	rec, last record
	lastFits  bool
	dump      dump
	// fingerprint tells that the next record is the host key's.
	fingerprint bool
	// private tells that a private key is being passed over.
	private bool
	began   string
	ended   string
}

// take reads one line.
func (r *reader) take(s string, n int) {
	if r.secret(s) {
		return
	}
	rec := &r.rec
	undress(rec, s)
	rec.line = n
	switch rec.dress { //nolint:exhaustive // the others are read below
	case hexDump:
		r.dump.hex(rec.text)
		return
	case packet:
		r.flush()
		r.dump.head(rec.text)
		return
	}
	r.flush()
	if rec.text == "" {
		return
	}
	if rec.time != "" {
		if r.began == "" {
			r.began = rec.time
		}
		r.ended = rec.time
	}
	a := r.main
	if rec.tunnel || rec.dress == winSCP && rec.dir == failed && a.stage < Connecting && r.jump.stage > Start {
		a = r.jump // an exception is of the tunnel while nothing else was begun
	}
	fits := r.apply(a, rec)
	if !fits && rec.dress == plain && r.wraps(rec) {
		return
	}
	if !fits && (rec.dir == failed || rec.dress == winSCP && strings.HasPrefix(s, "!")) && len(a.errors) < maxErrors && rec.text != "" {
		a.errors = append(a.errors, errorText{bounded(rec.text), n, a.stage})
	}
	r.last, r.lastFits = *rec, fits
}

// secret passes over private keys, whatever surrounds them.
func (r *reader) secret(s string) bool {
	if i := strings.Index(s, "-----"); i >= 0 && strings.Contains(s[i:], "PRIVATE KEY-----") {
		r.private = strings.Contains(s[i:], "-----BEGIN")
		return true
	}
	if r.private && len(strings.TrimSpace(s)) > 80 {
		r.private = false
	}
	return r.private
}

// apply tries everything that reads a record.
func (r *reader) apply(a *attempt, rec *record) bool {
	program(a, rec)
	if r.fingerprint {
		r.fingerprint = false
		if hostKeyLine(a, rec.text) {
			return true
		}
	}
	switch rec.dress { //nolint:exhaustive // the others hold no dialogue of FTP
	case curl, lftp, fileZilla, winSCP:
		if rec.dir == sent && a.ftpSent(rec) {
			return true
		}
		if rec.dir == received && (!a.ssh || a.ftp) && a.ftpReceived(rec) {
			return true
		}
		if rec.dir == received && !a.ssh && strings.HasPrefix(rec.text, "SSH-") {
			a.sawFTP()
			a.log.Server = audit.Untrusted(bounded(rec.text))
			a.fail(StepProtocolFTPToSSH, specific, rec)
			return true
		}
	case plain:
		if a.ftp || !a.ssh {
			if a.ftpSent(rec) || a.ftp && a.ftpReceived(rec) {
				return true
			}
		}
	}
	if rec.dress == fileZilla && rec.dir == said && errno(rec.text) && a.network(rec.text, rec) {
		return true
	}
	whole := rec.text
	rec.text = bare(whole)
	if table.apply(a, rec) {
		r.fingerprint = strings.HasPrefix(whole, "Host key fingerprint is")
		return true
	}
	if address(a, rec) {
		rec.text = whole
		return true
	}
	if rec.dress != openSSH && rec.dress != hexDump && look(a, rec) {
		rec.text = whole
		return true
	}
	rec.text = whole
	return keyLine(a, rec.text) || rec.dress == plain && commandLine(a, rec.text)
}

// errno tells that a text holds the name of an error of the network, which
// FileZilla writes in every language.
func errno(s string) bool {
	i := strings.Index(s, " - ")
	if i < 7 {
		return false
	}
	word := s[strings.LastIndexAny(s[:i], " \"'«“”( ")+1 : i]
	return len(word) > 6 && word[0] == 'E' && strings.ToUpper(word) == word
}

// wraps tries a line as the continuation of the one before it: mail programs and
// terminals break lines, with and without a blank.
func (r *reader) wraps(rec *record) bool {
	if r.lastFits || r.last.dress == plain && !r.last.promising() || len(r.last.text) < 40 || len(r.last.text)+len(rec.text) > maxLine {
		return false
	}
	for _, between := range []string{" ", ""} {
		joined := r.last
		joined.text += between + rec.text
		a := r.main
		if joined.tunnel {
			a = r.jump
		}
		if r.apply(a, &joined) {
			r.last, r.lastFits = joined, true
			return true
		}
	}
	return false
}

// promising tells that a line begins as a known message does.
func (r *record) promising() bool {
	_, ok := table[firstWord(bare(r.text))]
	return ok
}

// flush ends a packet's dump.
func (r *reader) flush() {
	if r.dump.kind != 0 {
		r.dump.end(r.main)
	}
}

// result sums up.
func (r *reader) result(encoding string, n int) *audit.ClientLog {
	if r.jump.stage > Start || r.jump.step != "" {
		r.jump.finish()
		if r.jump.step != "" && r.main.stage < Connecting {
			r.main.step, r.main.rank, r.main.message, r.main.line = StepProxy, specific, r.jump.message, r.jump.line
		}
	}
	l := r.main.result()
	l.Encoding, l.Lines = encoding, n
	l.Began, l.Ended, l.Zoned = times(r.began, r.ended, r.main.offset)
	return l
}
