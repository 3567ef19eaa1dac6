package clientlog

import (
	"net/netip"
	"strconv"
	"strings"

	"sshaudit/audit"
)

// ftpState is what an FTP dialogue came to (RFC 959, RFC 4217, RFC 2428).
type ftpState struct {
	// command is the verb that was sent last.
	command string
	// name and password tell that USER and PASS were sent.
	name, password bool
	// authAsked tells that AUTH was sent, noTLS that it was refused and nothing
	// came after; tls that it was accepted or that the connection began with TLS.
	authAsked, noTLS, tls, tlsReady bool
	greeted                         bool
	// transfer is the verb of the transfer under way; data tells that 150 came.
	transfer string
	active   bool
}

// ftpReply tells whether a text begins as a reply does: three digits, then a
// blank or a hyphen.
func ftpReply(s string) bool {
	return len(s) >= 3 && s[0] >= '1' && s[0] <= '6' && s[1] >= '0' && s[1] <= '9' && s[2] >= '0' && s[2] <= '9' &&
		(len(s) == 3 || s[3] == ' ' || s[3] == '-')
}

// verbs are the commands by which a line without a dress is known as FTP's.
var verbs = map[string]bool{
	"USER": true, "PASS": true, "ACCT": true, "AUTH": true, "PBSZ": true, "PROT": true, "PASV": true, "EPSV": true, "PORT": true,
	"EPRT": true, "LIST": true, "NLST": true, "MLSD": true, "MLST": true, "STOR": true, "RETR": true, "APPE": true, "TYPE": true,
	"SYST": true, "FEAT": true, "OPTS": true, "PWD": true, "CWD": true, "QUIT": true, "SIZE": true, "MDTM": true, "CLNT": true,
	"NOOP": true, "HOST": true, "DELE": true, "MKD": true, "RMD": true, "RNFR": true, "RNTO": true, "SITE": true, "REST": true, "CCC": true,
}

// ftpSent takes a command. What follows PASS and ACCT is not looked at.
func (a *attempt) ftpSent(r *record) bool {
	verb, argument, _ := strings.Cut(r.text, " ")
	if !verbs[verb] {
		return false
	}
	a.sawFTP()
	a.command = verb
	switch verb {
	case "USER":
		a.user(argument)
		a.name = true
		a.noTLS = false // the client goes on without
		a.reach(Authenticating)
	case "PASS", "ACCT":
		a.password = true
		a.tried("password")
		r.text = verb
	case "AUTH":
		a.authAsked = true
	case "PORT", "EPRT":
		a.active = true
	case "PASV", "EPSV":
		a.active = false
	case "LIST", "NLST", "MLSD", "STOR", "RETR", "APPE":
		a.transfer = verb
	}
	return true
}

func (a *attempt) sawFTP() {
	if !a.ftp {
		a.ftp = true
		if a.log.Protocol == "" || a.log.Protocol == "ssh" {
			a.log.Protocol = "ftp"
		}
		a.reach(Connected)
	}
}

// ftpReceived takes a reply.
func (a *attempt) ftpReceived(r *record) bool {
	s := r.text
	if !ftpReply(s) {
		return false
	}
	code, text := s[:3], strings.TrimSpace(s[min(4, len(s)):])
	more := len(s) > 3 && s[3] == '-'
	a.sawFTP()
	a.reach(Connected)
	switch code {
	case "220", "230", "331", "332", "234", "227", "229":
		a.ftpGood(code, text)
	case "150", "125":
		a.done = false
	case "226", "250":
		if a.transfer != "" {
			a.reach(InSession)
			a.transfer, a.done = "", true
			if a.step == StepFTPData {
				a.step, a.rank = "", 0
			}
		}
	default:
		if code[0] == '4' || code[0] == '5' {
			a.ftpBad(code, text, more, r)
		}
	}
	return true
}

func (a *attempt) ftpGood(code, text string) {
	switch code {
	case "220":
		if !a.greeted {
			a.greeted = true
			a.log.Server = audit.Untrusted(bounded(text))
			a.log.Methods = nil
		}
		a.reach(Negotiating)
	case "331", "332":
		a.reach(Authenticating)
		a.log.Methods = []string{"password"}
	case "230":
		a.reach(Authenticating)
		a.reach(Authenticated)
		a.passwordRefused = false
	case "234":
		a.tls, a.noTLS, a.log.Protocol = true, false, "ftps"
	case "227":
		a.passive(text)
	case "229":
		if _, rest, ok := strings.Cut(text, "(|||"); ok {
			a.log.Passive = bounded(":" + strings.TrimRight(rest, "|). "))
		}
	}
}

// passive reads "h1,h2,h3,h4,p1,p2" of a 227 reply.
func (a *attempt) passive(text string) {
	i := strings.IndexAny(text, "0123456789")
	if i < 0 {
		return
	}
	list, _, _ := strings.Cut(text[i:], ")")
	var n [6]byte
	parts := strings.Split(strings.TrimRight(list, ". "), ",")
	if len(parts) != len(n) {
		return
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(strings.TrimSpace(p), 10, 8)
		if err != nil {
			return
		}
		n[i] = byte(v)
	}
	a.log.Passive = netip.AddrPortFrom(netip.AddrFrom4([4]byte(n[:4])), uint16(n[4])<<8|uint16(n[5])).String()
}

// ftpBad takes a reply that refuses something.
func (a *attempt) ftpBad(code, text string, more bool, r *record) {
	low := strings.ToLower(text)
	tlsWanted := strings.Contains(low, "tls") || strings.Contains(low, "ssl") || strings.Contains(low, "encryption") || strings.Contains(low, "secure")
	switch {
	case strings.HasPrefix(text, "OOPS:"):
		a.fail(StepFTPOops, specific, r)
	case code == "522" || (code == "425" || code == "521" || code == "431") && tlsWanted:
		a.fail(StepFTPDataTLS, specific, r)
	case a.stage < Authenticated && tlsWanted && a.command != "AUTH" && !a.tls, code == "421" && strings.Contains(low, "cleartext"):
		a.fail(StepFTPTLSRequired, specific, r)
	case a.command == "AUTH" || a.command == "PBSZ" || a.command == "PROT":
		if a.command == "AUTH" {
			a.remember(r)
			a.noTLS = true
		}
	case code == "421" && a.stage < Authenticated:
		a.fail(StepFTPGreeting, plainly, r)
	case code == "421":
		a.fail(StepConnectionLost, plainly, r)
	case code == "530" && (a.stage < Authenticated && (a.name || a.password)):
		a.passwordRefused = a.password
		a.fail(StepFTPLogin, plainly, r)
	case code == "530":
		a.fail(StepFTPLogin, vague, r)
	case code == "425" || code == "426":
		if a.active {
			a.fail(StepFTPActive, plainly, r)
		} else {
			a.fail(StepFTPData, plainly, r)
		}
	case code == "552" || code == "452" || strings.Contains(low, "quota") || strings.Contains(low, "no space"):
		a.fail(StepFileSpace, plainly, r)
	case a.command == "PORT" || a.command == "EPRT":
		a.fail(StepFTPActive, plainly, r)
	case (a.command == "PASV" || a.command == "EPSV") && a.stage >= Authenticated:
		a.fail(StepFTPData, vague, r)
	case (code == "550" || code == "553" || code == "451") && a.stage >= Authenticated && (a.command == "STOR" || a.command == "RETR" || a.command == "APPE" || a.command == "MKD" || a.command == "CWD"):
		a.fail(StepFilePermission, vague, r)
	}
	_ = more
}

// ftpClosed says what it means that an FTP connection ended.
func (a *attempt) ftpClosed(r *record) {
	switch {
	case a.stage < Connected:
		a.fail(StepConnectFailed, vague, r)
	case a.tls && !a.tlsReady && !a.name:
		a.fail(StepFTPTLS, vague, r)
	case !a.greeted:
		a.fail(StepFTPGreeting, vague, r)
	case a.stage < Authenticated:
		a.fail(StepFTPLogin, vague, r)
	case a.transfer != "":
		a.fail(StepFTPData, vague, r)
	default:
		a.fail(StepConnectionLost, vague, r)
	}
}

// ftpSilent says what it means that an FTP connection went silent.
func (a *attempt) ftpSilent(r *record) {
	switch {
	case a.stage < Connected:
		a.fail(StepConnectTimeout, plainly, r)
	case a.tls && !a.tlsReady && !a.name:
		a.fail(StepFTPTLS, plainly, r)
	case !a.greeted:
		a.fail(StepBannerSilent, plainly, r)
	case a.stage < Authenticated:
		a.fail(StepFTPLogin, vague, r)
	case a.active:
		a.fail(StepFTPActive, plainly, r)
	default:
		a.fail(StepFTPData, plainly, r)
	}
}
