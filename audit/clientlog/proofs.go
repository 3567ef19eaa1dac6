package clientlog

import "sshaudit/audit"

// keyCauses are causes of a refused key.
var keyCauses = []string{
	"ak-not-listed", "akf-missing", "akf-strict-file", "akf-strict-dir", "akf-unreadable", "akf-not-regular", "ak-from", "ak-expired",
	"ak-wrapped", "ak-rfc4716", "ak-bom", "ak-utf16", "ak-type-word", "ak-unknown-option", "ak-option-space", "ak-blob-corrupt", "ak-private-key", "ak-ppk",
	"key-alg-not-accepted", "key-rsa-too-small", "key-revoked", "user-unknown", "user-locked", "user-expired", "user-shell-missing", "user-denied",
	"user-not-allowed", "group-denied", "group-not-allowed", "root-refused",
}

// passwordCauses are causes of a refused password; sshd asks for one also where
// no password will do, so as not to tell who has an account.
var passwordCauses = []string{
	"password-wrong", "password-account-refused", "password-root", "password-empty", "password-pam-maxtries", "pam-account-denied", "user-unknown", "user-locked",
	"user-expired", "user-denied", "user-not-allowed", "group-not-allowed", "root-refused", "user-shell-missing",
}

// sessionCauses end a session that was let in.
var sessionCauses = []string{
	"chroot-missing", "chroot-component", "chroot-target", "chroot-not-dir", "pam-account-denied", "pam-session-failed", "shell-restricted", "shell-exec-failed",
	"password-expired-shadow", "password-expired-pam", "nologin-file", "max-sessions", "sftp-only", "forced-command-replaces-sftp", "setuid-failed", "selinux-context",
}

var proofs = map[string]Proof{
	StepResolve: {audit.LayerName, audit.Refuse, "The name had no address for the client, so it sent nothing to anybody.", []string{"name-unresolvable", "name-not-a-host"}},
	StepHostSyntax: {
		audit.LayerName, audit.Refuse, "What stands in the client's field for the host is no name of a host (empty, or with a scheme, an @ or a path), so it sent nothing.",
		[]string{"name-not-a-host"},
	},
	StepProxy: {
		audit.LayerNetwork, audit.Unknown, "The connection ended at the proxy or jump host that the client uses; whether that one tried to reach the server is not in the log.",
		[]string{"client-proxy"},
	},
	StepConnectTimeout: {
		audit.LayerNetwork, audit.Unknown, "Nobody answered the request for a connection: it was dropped on the way or by a packet filter, or the address is not in use.",
		[]string{"network-filter", "not-listening"},
	},
	StepConnectRefused: {
		audit.LayerNetwork, audit.Unknown, "The request for a connection was refused at once: nothing listens on that port, or a packet filter rejects, or a firewall on the client's own computer does.",
		[]string{"not-listening", "network-filter", "bind-failed", "config-invalid", "no-hostkeys"},
	},
	StepConnectUnreachable: {audit.LayerNetwork, audit.Unknown, "A router or the client's own system knows no way to the address, or a packet filter answers so.", []string{"network-filter"}},
	StepConnectReset: {
		audit.LayerTransport, audit.Accept, "The connection was made and ended before the server introduced itself.",
		[]string{"maxstartups", "persource-maxstartups", "penalty-active", "penalty-table-full", "tcpwrappers-deny", "privsep-dir", "session-binary-missing", "stale-listener-after-upgrade"},
	},
	StepConnectFailed: {audit.LayerNetwork, audit.Unknown, "No connection was made; the log does not say why.", []string{"network-filter", "not-listening"}},
	StepBannerSilent: {
		audit.LayerTransport, audit.Accept, "The connection was made, and nothing came: the program behind the port hangs or is overloaded, or something in between accepts connections for it.",
		[]string{"maxstartups"},
	},
	StepBannerForeign:    {audit.LayerService, audit.Accept, "What answers on that port is no SSH server.", []string{"network-other-device-answers", "client-wrong-port"}},
	StepProtocolFTPToSSH: {audit.LayerService, audit.Accept, "The client speaks FTP and an SSH server answers.", []string{"proto-ftp-to-ssh"}},
	StepProtocolSSHToFTP: {audit.LayerService, audit.Accept, "The client speaks SSH and an FTP server answers.", []string{"proto-ssh-to-ftp"}},
	StepKexNoCommon:      {audit.LayerTransport, audit.Accept, "Client and server have no key exchange in common.", []string{"kex-no-match", "cipher-no-match", "mac-no-match", "hostkey-no-match"}},
	StepHostKeyNoCommon:  {audit.LayerTransport, audit.Accept, "Client and server have no type of host key in common.", []string{"hostkey-no-match", "hostkey-unusable"}},
	StepCipherNoCommon:   {audit.LayerTransport, audit.Accept, "Client and server have no cipher in common.", []string{"cipher-no-match"}},
	StepMACNoCommon:      {audit.LayerTransport, audit.Accept, "Client and server have no message authentication code in common.", []string{"mac-no-match"}},
	StepKexStalled: {
		audit.LayerTransport, audit.Accept, "The exchange of keys began and its large packets got no answer: mostly a path that loses packets of full size (MTU), seldom a server that hangs.",
		[]string{"path-mtu-blackhole", "login-grace-timeout"},
	},
	StepKexClosed: {audit.LayerTransport, audit.Accept, "The connection ended while keys were exchanged.", []string{"transport-error", "dh-no-group", "login-grace-timeout", "hostkey-unusable"}},
	StepHostKeyMismatch: {
		audit.LayerTransport, audit.Accept, "The client knows another host key for this name and broke off before it logged in.",
		[]string{"hostkey-changed", "network-other-device-answers"},
	},
	StepHostKeyUnknown:  {audit.LayerTransport, audit.Accept, "The client did not know the host key, nobody confirmed it, and it broke off before it logged in.", []string{"hostkey-unconfirmed"}},
	StepClientKeyFile:   {audit.LayerKey, audit.Accept, "The client could not use its own key file, so it offered no key from it.", []string{"client-key-file-format"}},
	StepClientConfig:    {audit.LayerName, audit.Refuse, "The client does not accept its own configuration, so it sent nothing.", []string{"client-configuration"}},
	StepKeyRefused:      {audit.LayerKey, audit.Accept, "The server refused the key that was offered.", keyCauses},
	StepKeyAlgorithm:    {audit.LayerKey, audit.Accept, "The client found no signature algorithm for its key that the server takes, so it did not offer it.", []string{"client-no-sigalg", "key-alg-not-accepted"}},
	StepPasswordRefused: {audit.LayerMethod, audit.Accept, "The server refused the password.", passwordCauses},
	StepKeyboardRefused: {audit.LayerMethod, audit.Accept, "The server refused the answers (password or code).", append([]string{"kbdint-no-device"}, passwordCauses...)},
	StepAuthRefused: {
		audit.LayerMethod, audit.Accept, "The server refused the login; which method was tried is not in the log.",
		append(append([]string{"method-disabled", "client-no-key-offered"}, keyCauses...), passwordCauses...),
	},
	StepNoMethods: {
		audit.LayerMethod, audit.Accept, "The client had nothing to offer for the methods that the server takes.",
		[]string{"method-disabled", "client-no-key-offered", "methods-none-left", "root-refused"},
	},
	StepTooMany:         {audit.LayerMethod, audit.Accept, "The server ended the connection after too many tries; keys that an agent offers count.", []string{"auth-tries-exceeded"}},
	StepPartial:         {audit.LayerMethod, audit.Accept, "One method succeeded and the server wants another as well.", []string{"method-partial"}},
	StepAuthClosed:      {audit.LayerMethod, audit.Accept, "The connection ended during the login, without a word.", []string{"login-grace-timeout", "pam-account-denied", "akf-bad-token", "akf-path-too-long", "client-closed-preauth"}},
	StepCancelled:       {audit.LayerMethod, audit.Unknown, "The user or the client broke off.", []string{"client-closed-preauth"}},
	StepSessionClosed:   {audit.LayerSession, audit.Accept, "The login succeeded and the connection ended at once.", sessionCauses},
	StepSessionExit:     {audit.LayerSession, audit.Accept, "The login succeeded and the session's program ended at once.", append([]string{"shell-output", "sftp-binary-missing", "subsystem-not-configured"}, sessionCauses...)},
	StepSessionShell:    {audit.LayerSession, audit.Accept, "The login succeeded, and no shell or command could be started.", sessionCauses},
	StepPasswordExpired: {audit.LayerSession, audit.Accept, "The login succeeded, and the password has to be changed before anything else.", []string{"password-expired-shadow", "password-expired-pam"}},
	StepSFTPStart: {
		audit.LayerSession, audit.Accept, "The login succeeded, and no SFTP server started.",
		append([]string{"subsystem-not-configured", "sftp-binary-missing", "shell-output", "sshrc-output", "sftp-start-dir"}, sessionCauses...),
	},
	StepSFTPStray: {
		audit.LayerSession, audit.Accept, "The login succeeded, and text came where SFTP's first packet was due.",
		[]string{"shell-output", "sshrc-output", "shell-restricted", "forced-command-replaces-sftp"},
	},
	StepFilePermission: {audit.LayerSession, audit.Accept, "The login works; the server refused an operation on a file.", []string{"file-permission"}},
	StepFileSpace:      {audit.LayerSession, audit.Accept, "The login works; the server had no room for the file (disk or quota).", []string{"file-space"}},
	StepFileFailure:    {audit.LayerSession, audit.Accept, "The login works; an operation on a file failed and the server did not say why: often the disk or the quota is full.", []string{"file-space", "file-permission"}},
	StepConnectionLost: {audit.LayerSession, audit.Accept, "The login worked; the connection was lost later.", []string{"idle-timeout", "network-filter"}},
	StepFTPGreeting:    {audit.LayerService, audit.Accept, "The FTP server turned the connection away before the login.", []string{"ftp-limit"}},
	StepFTPLogin:       {audit.LayerMethod, audit.Accept, "The FTP server refused the login; it does not say whether name, password or account was wrong.", []string{"ftp-login-incorrect"}},
	StepFTPTLSRequired: {audit.LayerMethod, audit.Accept, "The FTP server wants TLS and the client did without.", []string{"ftp-tls-required"}},
	StepFTPTLS:         {audit.LayerTransport, audit.Accept, "TLS could not be established on the control connection.", []string{"ftp-tls-failed"}},
	StepFTPCertificate: {audit.LayerTransport, audit.Accept, "The client does not trust the server's certificate and broke off before it logged in.", []string{"ftp-certificate-untrusted"}},
	StepFTPData: {
		audit.LayerSession, audit.Accept, "The FTP login worked; the data connection to the address and port that the server named did not come about.",
		[]string{"ftp-passive-blocked"},
	},
	StepFTPDataTLS: {audit.LayerSession, audit.Accept, "The FTP login worked; TLS on the data connection failed, mostly for want of session reuse.", []string{"ftp-tls-session-reuse"}},
	StepFTPActive:  {audit.LayerSession, audit.Accept, "The FTP login worked; the server could not connect back to the client (active mode).", []string{"ftp-active-refused"}},
	StepFTPOops:    {audit.LayerSession, audit.Accept, "The FTP server itself failed, and its message says why.", []string{"ftp-server-error"}},
}
