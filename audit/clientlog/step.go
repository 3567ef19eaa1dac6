package clientlog

import "sshaudit/audit"

// Stage is how far a connection came.
type Stage uint8

// Stages in the order in which a connection passes them.
const (
	Start Stage = iota
	Resolving
	Connecting
	Connected      // TCP is established
	Negotiating    // the server has introduced itself
	Authenticating // the transport is encrypted, or FTP asks for the name
	Authenticated
	InSession // the session or the FTP login is usable
)

var stageNames = [...]string{"nothing", "name", "connect", "connected", "negotiation", "authentication", "authenticated", "session"}

// String returns the name used in JSON.
func (s Stage) String() string { return stageNames[s] }

// Steps that can fail, as they stand in audit.ClientLog.Step.
const (
	StepResolve            = "resolve"             // the name has no address
	StepHostSyntax         = "host-syntax"         // what was typed cannot be a host's name
	StepProxy              = "proxy"               // a proxy or a jump host failed
	StepConnectTimeout     = "connect-timeout"     // no answer to the connection request
	StepConnectRefused     = "connect-refused"     // a reset, or a filter's refusal
	StepConnectUnreachable = "connect-unreachable" // a router said no
	StepConnectReset       = "connect-reset"       // closed before the server introduced itself
	StepConnectFailed      = "connect-failed"      // some way that the log does not tell
	StepBannerSilent       = "banner-silent"       // connected, and the server says nothing
	StepBannerForeign      = "banner-foreign"      // something answers that is no SSH server
	StepProtocolFTPToSSH   = "protocol-ftp-to-ssh" // an FTP client met an SSH server
	StepProtocolSSHToFTP   = "protocol-ssh-to-ftp" // an SSH client met an FTP server
	StepKexNoCommon        = "kex-no-common"
	StepHostKeyNoCommon    = "hostkey-no-common"
	StepCipherNoCommon     = "cipher-no-common"
	StepMACNoCommon        = "mac-no-common"
	StepKexStalled         = "kex-stalled" // the exchange of keys began and never ended
	StepKexClosed          = "kex-closed"
	StepHostKeyMismatch    = "hostkey-mismatch"
	StepHostKeyUnknown     = "hostkey-unknown" // nobody confirmed a key that the client did not know
	StepClientKeyFile      = "client-key-file" // the client cannot use its key file
	StepClientConfig       = "client-config"
	StepKeyRefused         = "auth-publickey-refused"
	StepKeyAlgorithm       = "auth-key-algorithm" // no signature algorithm in common
	StepPasswordRefused    = "auth-password-refused"
	StepKeyboardRefused    = "auth-keyboard-refused"
	StepAuthRefused        = "auth-refused" // by which method the log does not tell
	StepNoMethods          = "auth-no-methods"
	StepTooMany            = "auth-too-many"
	StepPartial            = "auth-second-factor" // one method succeeded, another has to follow
	StepAuthClosed         = "auth-closed"
	StepCancelled          = "cancelled"
	StepSessionClosed      = "session-closed"
	StepSessionExit        = "session-exit"
	StepSessionShell       = "session-shell" // no shell or command could be started
	StepPasswordExpired    = "password-expired"
	StepSFTPStart          = "sftp-start"
	StepSFTPStray          = "sftp-stray-text"
	StepFilePermission     = "file-permission"
	StepFileSpace          = "file-space"
	StepFileFailure        = "file-failure"
	StepConnectionLost     = "connection-lost" // a session that worked broke
	StepFTPGreeting        = "ftp-greeting"
	StepFTPLogin           = "ftp-login"
	StepFTPTLSRequired     = "ftp-tls-required"
	StepFTPTLS             = "ftp-tls"
	StepFTPCertificate     = "ftp-certificate"
	StepFTPData            = "ftp-data"
	StepFTPDataTLS         = "ftp-data-tls"
	StepFTPActive          = "ftp-active"
	StepFTPOops            = "ftp-server-error"
)

// Proof is what a failing step proves, and what it leaves open.
type Proof struct {
	Layer audit.Layer
	// Answered tells whether some server answered: Refuse when none can have.
	Answered audit.Verdict
	// Proves is a sentence for the administrator.
	Proves string
	// Causes are ids of causes that look like this, in no order; those of the
	// server are decided by its facts, those of the client by the log alone.
	Causes []string
}

// Prove returns what a failing step proves; false for one that is not known.
func Prove(step string) (Proof, bool) { p, ok := proofs[step]; return p, ok }
