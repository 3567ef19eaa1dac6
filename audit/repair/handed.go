//go:build linux

package repair

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// validKnownHosts reports whether every line is blank, a comment or an entry of
// known_hosts as sshd(8), SSH_KNOWN_HOSTS FILE FORMAT, describes it: [@marker]
// hosts type key [comment], the key's own type being the one in front of it. A
// text without a single entry proves nothing and is not valid, unless empty.
func validKnownHosts(text []byte) bool {
	return everyLine(text, func(fields []string) bool {
		if fields[0] == "@cert-authority" || fields[0] == "@revoked" {
			fields = fields[1:]
		}
		return len(fields) >= 3 && validBlob(fields[1], fields[2])
	})
}

// validBlob reports whether blob is base64 of a key whose first string is its type.
func validBlob(typ, blob string) bool {
	raw, err := base64.StdEncoding.DecodeString(blob)
	if err != nil || len(raw) < 4 {
		return false
	}
	n := binary.BigEndian.Uint32(raw)
	return n > 0 && uint64(n)+4 < uint64(len(raw)) && string(raw[4:4+n]) == typ
}

// validClientConfig reports whether every line begins with a keyword that only
// ssh_config(5) has or that it shares with few other formats, and whether the
// text has a Host or Match line or at least one keyword that is ssh's alone.
func validClientConfig(text []byte) bool {
	sure := false
	ok := everyLine(text, func(fields []string) bool {
		word, _, _ := strings.Cut(strings.ToLower(fields[0]), "=")
		alone, known := clientKeywords[word]
		sure = sure || alone
		return known && (len(fields) > 1 || strings.Contains(fields[0], "="))
	})
	return ok && (sure || len(text) == 0)
}

// everyLine applies valid to the fields of each line that says something, and
// wants at least one, unless the text is empty.
func everyLine(text []byte, valid func(fields []string) bool) bool {
	if len(text) == 0 {
		return true
	}
	found := false
	for line := range bytes.Lines(text) {
		if bytes.IndexByte(line, 0) >= 0 {
			return false
		}
		fields := strings.Fields(string(line))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if !valid(fields) {
			return false
		}
		found = true
	}
	return found
}

// clientKeywords are the keywords of ssh_config(5), in lower case; true for
// those that tell a client's configuration from another program's file.
var clientKeywords = map[string]bool{
	"addkeystoagent": true, "addressfamily": false, "batchmode": true, "bindaddress": false, "bindinterface": false,
	"canonicaldomains": true, "canonicalizefallbacklocal": true, "canonicalizehostname": true,
	"canonicalizemaxdots": true, "canonicalizepermittedcnames": true, "casignaturealgorithms": true,
	"certificatefile": false, "challengeresponseauthentication": true, "channeltimeout": true,
	"checkhostip": true, "ciphers": false, "clearallforwardings": true, "compression": false,
	"connectionattempts": true, "connecttimeout": false, "controlmaster": true, "controlpath": true,
	"controlpersist": true, "dynamicforward": true, "enableescapecommandline": true, "enablesshkeysign": true,
	"escapechar": true, "exitonforwardfailure": true, "fingerprinthash": true, "forkafterauthentication": true,
	"forwardagent": true, "forwardx11": true, "forwardx11timeout": true, "forwardx11trusted": true,
	"gatewayports": true, "globalknownhostsfile": true, "gssapiauthentication": true,
	"gssapidelegatecredentials": true, "hashknownhosts": true, "host": false, "hostbasedacceptedalgorithms": true,
	"hostbasedauthentication": true, "hostkeyalgorithms": true, "hostkeyalias": true, "hostname": true,
	"identitiesonly": true, "identityagent": true, "identityfile": true, "ignoreunknown": true, "include": false,
	"ipqos": true, "kbdinteractiveauthentication": true, "kbdinteractivedevices": true, "kexalgorithms": true,
	"knownhostscommand": true, "localcommand": true, "localforward": true, "loglevel": false, "logverbose": false,
	"macs": false, "match": false, "nohostauthenticationforlocalhost": true, "numberofpasswordprompts": true,
	"obscurekeystroketiming": true, "passwordauthentication": true, "permitlocalcommand": true,
	"permitremoteopen": true, "pkcs11provider": true, "port": false, "preferredauthentications": true,
	"proxycommand": true, "proxyjump": true, "proxyusefdpass": true, "pubkeyacceptedalgorithms": true,
	"pubkeyacceptedkeytypes": true, "pubkeyauthentication": true, "refuseconnection": true, "rekeylimit": true,
	"remotecommand": true, "remoteforward": true, "requesttty": true, "requiredrsasize": true,
	"revokedhostkeys": true, "securitykeyprovider": true, "sendenv": true, "serveralivecountmax": true,
	"serveraliveinterval": true, "sessiontype": true, "setenv": true, "stdinnull": true,
	"streamlocalbindmask": true, "streamlocalbindunlink": true, "stricthostkeychecking": true, "syslogfacility": false,
	"tag": false, "tcpkeepalive": true, "tunnel": false, "tunneldevice": true, "updatehostkeys": true, "user": false,
	"userknownhostsfile": true, "verifyhostkeydns": true, "versionaddendum": true, "visualhostkey": true,
	"xauthlocation": true,
}
