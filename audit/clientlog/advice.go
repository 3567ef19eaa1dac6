package clientlog

import (
	"strings"

	"sshaudit/audit"
)

// Advice returns what the client's user can do about the failing step, by the
// names that the program's own menus and pages have in English. It names nothing
// of the server.
func Advice(l *audit.ClientLog) []string {
	var list []string
	if a, ok := menus[l.Program]; ok {
		if text := a[topic(l)]; text != "" {
			list = append(list, text)
		}
		if text := a["key-name"]; text != "" && (l.Step == StepKeyRefused || l.Step == StepAuthRefused) && !Fingerprinted(l) {
			list = append(list, text)
		}
		if text := a["log"]; text != "" && (l.Step == "" || strings.HasSuffix(l.Step, "-closed") || l.Step == StepAuthRefused || l.Step == StepConnectFailed) {
			list = append(list, text)
		}
	}
	return list
}

// Fingerprinted tells whether the log names a key that the server answered to.
func Fingerprinted(l *audit.ClientLog) bool {
	for _, k := range l.Keys {
		if k.Fingerprint != "" && (k.Answer != audit.Unknown || l.Program != "OpenSSH") {
			return true
		}
	}
	return false
}

// topic says which page of the program is about a step.
func topic(l *audit.ClientLog) string {
	switch l.Step {
	case StepResolve, StepHostSyntax, StepConnectTimeout, StepConnectRefused, StepConnectUnreachable, StepConnectFailed, StepBannerForeign:
		return "host"
	case StepProxy:
		return "proxy"
	case StepProtocolFTPToSSH:
		return "use-sftp"
	case StepProtocolSSHToFTP:
		return "use-ftp"
	case StepKexNoCommon, StepHostKeyNoCommon, StepCipherNoCommon, StepMACNoCommon, StepKeyAlgorithm:
		return "update"
	case StepHostKeyMismatch, StepHostKeyUnknown:
		return "host-key"
	case StepClientKeyFile:
		return "convert-key"
	case StepKeyRefused, StepNoMethods, StepAuthRefused:
		return "key"
	case StepTooMany:
		return "one-key"
	case StepPasswordRefused, StepKeyboardRefused, StepFTPLogin:
		return "password"
	case StepFTPTLSRequired, StepFTPTLS:
		return "tls"
	case StepFTPData, StepFTPActive:
		return "passive"
	case StepSFTPStart, StepSessionShell, StepSessionExit:
		return "session"
	}
	return ""
}

// menus hold the advice by program and topic. WinSCP's are those of its manual
// (Login dialog, Advanced Site Settings, Preferences), PuTTY's those of its
// configuration tree, FileZilla's those of its Site Manager.
var menus = map[string]map[string]string{
	"WinSCP": { //nolint:gosec // words about passwords
		"host":        "Login dialog: check \"Host name\" and \"Port number\" (22 for SFTP and SCP, 21 for FTP).",
		"proxy":       "Login dialog > Advanced > Connection > Proxy, and Connection > Tunnel: switch off what is not needed.",
		"use-sftp":    "Login dialog: set \"File protocol\" to SFTP and \"Port number\" to 22.",
		"use-ftp":     "Login dialog: set \"File protocol\" to FTP with \"Encryption\" TLS/SSL Explicit encryption, or \"Port number\" to 22 for SFTP.",
		"update":      "Help > Check for Updates: install the current version.",
		"host-key":    "Connect again and compare the fingerprint that the dialog shows before you choose Yes (or Update, if the key has changed).",
		"convert-key": "Login dialog > Advanced > SSH > Authentication > \"Private key file\": choose the private key; WinSCP offers to convert it into PuTTY's format.",
		"key":         "Login dialog > Advanced > SSH > Authentication > \"Private key file\": choose the private key that belongs to this account.",
		"key-name":    "Login dialog > Advanced > SSH > Authentication > Display Public Key: send us that text (never the private key); a log on level Debug 2 (Preferences > Logging) tells more.",
		"one-key":     "Login dialog > Advanced > SSH > Authentication: switch off \"Attempt authentication using Pageant\" and choose one \"Private key file\".",
		"password":    "Login dialog: type user name and password anew (Edit, then Save); mind blanks and capital letters.",
		"tls":         "Login dialog: set \"Encryption\" to TLS/SSL Explicit encryption, and \"Port number\" to 21.",
		"passive":     "Login dialog > Advanced > Connection: switch \"Passive mode\" on.",
		"session":     "Login dialog: set \"File protocol\" to SFTP; Advanced > Environment > SFTP: \"SFTP server\" is Default, unless we told you otherwise.",
		"log":         "Preferences > Logging: \"Enable session logging on level\" Debug 1, connect again, and send us that file.",
	},
	"PuTTY": {
		"host":        "Session: check \"Host Name (or IP address)\" and \"Port\" (22).",
		"proxy":       "Connection > Proxy: set \"Proxy type\" to None if none is needed.",
		"use-ftp":     "PuTTY does not speak FTP: set \"Port\" to 22.",
		"update":      "Install the current version of PuTTY.",
		"host-key":    "Compare the fingerprint that the dialog shows before you choose Accept.",
		"convert-key": "Open the key in PuTTYgen (Load), then \"Save private key\", and choose that file under Connection > SSH > Auth > Credentials (before 0.78: Connection > SSH > Auth).",
		"key":         "Connection > SSH > Auth > Credentials > \"Private key file for authentication\" (before 0.78: Connection > SSH > Auth): choose the private key that belongs to this account.",
		"key-name":    "Open the key in PuTTYgen: send us its \"Key fingerprint\" and the text of \"Public key for pasting\".",
		"one-key":     "Connection > SSH > Auth: switch off \"Attempt authentication using Pageant\" and choose one key file.",
		"password":    "Connection > Data > \"Auto-login username\": check the name; type the password anew.",
		"log":         "Session > Logging: \"SSH packets\", connect again, and send us that file; or Event Log in the menu of the window.",
	},
	"FileZilla": { //nolint:gosec // as above
		"host":        "File > Site Manager > General: check \"Host\" and \"Port\" (empty means 22 for SFTP, 21 for FTP).",
		"proxy":       "Edit > Settings > Connection > Generic proxy, and FTP > FTP Proxy: choose None if none is needed.",
		"use-sftp":    "File > Site Manager > General: set \"Protocol\" to SFTP - SSH File Transfer Protocol, and leave \"Port\" empty.",
		"use-ftp":     "File > Site Manager > General: set \"Protocol\" to FTP - File Transfer Protocol, or \"Port\" to 22 for SFTP.",
		"update":      "Help > Check for updates: install the current version.",
		"host-key":    "Compare the fingerprint that the dialog shows before you trust the key.",
		"convert-key": "File > Site Manager > General: \"Logon Type\" Key file, and choose the private key; FileZilla offers to convert it.",
		"key":         "File > Site Manager > General: set \"Logon Type\" to Key file and choose the private key that belongs to this account.",
		"key-name":    "Open the key in PuTTYgen: send us its \"Key fingerprint\" and the text of \"Public key for pasting\".",
		"password":    "File > Site Manager > General: \"Logon Type\" Ask for password, and type it anew.",
		"tls":         "File > Site Manager > General: set \"Encryption\" to Require explicit FTP over TLS.",
		"passive":     "File > Site Manager > Transfer Settings: set \"Transfer mode\" to Passive.",
		"log":         "Edit > Settings > Debug: \"Debug level\" 2, connect again, and send us the messages.",
	},
	"OpenSSH": {
		"host":        "Check the name and the port (-p for ssh, -P for sftp and scp).",
		"proxy":       "Look at ProxyJump and ProxyCommand in ~/.ssh/config.",
		"use-ftp":     "Check the port: -p 22.",
		"update":      "Install a current OpenSSH.",
		"host-key":    "Compare the fingerprint with the one that we tell you; then ssh-keygen -R HOST forgets the old key.",
		"convert-key": "ssh-keygen -y -f FILE tells whether the private key is usable; its mode must be 600.",
		"key":         "Name the right private key with -i, or with IdentityFile in ~/.ssh/config; ssh-keygen -lf FILE.pub shows its fingerprint.",
		"key-name":    "ssh -v shows which keys are offered, with their fingerprints.",
		"one-key":     "Set IdentitiesOnly yes and one IdentityFile for this host in ~/.ssh/config.",
		"log":         "Send us what ssh -vvv prints.",
	},
	"lftp": { //nolint:gosec // as above
		"tls":     "set ftp:ssl-force yes; set ftp:ssl-protect-data yes",
		"passive": "set ftp:passive-mode yes",
		"log":     "Send us what debug 9 prints.",
	},
}
