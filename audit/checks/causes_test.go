package checks

import (
	"strings"
	"testing"

	"sshaudit/audit"
)

// pathCauses are the causes of the decision path, from the listener to SFTP.
const pathCauses = `
config-invalid config-not-reloaded methods-unsatisfiable akc-user-unset hostkey-unusable no-hostkeys
privsep-user-missing privsep-dir session-binary-missing stale-listener-after-upgrade bind-failed not-listening
socket-activation-override network-filter penalty-active penalty-table-full persource-maxstartups
tcpwrappers-deny ip-options login-grace-timeout ident-closed ident-invalid ident-version ident-probe
kex-no-match hostkey-no-match cipher-no-match mac-no-match compression-no-match dh-no-group transport-error
client-closed-preauth refuse-connection user-unknown user-expired user-locked user-shell-missing
user-shell-not-executable user-denied user-not-allowed user-no-groups group-denied group-not-allowed
pattern-invalid-runtime methods-none-left method-disabled method-partial auth-tries-exceeded
userauth-changed-user root-refused root-forced-only password-wrong password-account-refused password-root
password-empty password-too-long password-change-request password-pam-maxtries kbdint-no-device
pam-user-changed client-no-sigalg key-alg-unknown key-alg-not-accepted key-undecodable key-type-mismatch
key-already-used cert-sigalg key-rsa-too-small old-client-rsa-bug sig-invalid sk-no-touch sk-no-uv
key-options-conflict akf-none akf-missing akf-unreadable akf-glob-failed akf-not-regular akf-bad-token
akf-path-too-long akf-strict-realpath akf-strict-file akf-strict-dir key-revoked revoked-file-error
ca-not-trusted ca-file-error principals-file-missing principal-not-authorized principals-options
cert-wrong-type cert-not-yet-valid cert-expired cert-no-principals cert-name-not-principal
cert-critical-option cert-source-address cert-forced-command-conflict akc-user-missing akc-missing akc-unsafe
akc-failed pam-init-failed pam-account-denied pam-setcred-failed pam-session-failed password-expired-pam
password-expired-shadow setuid-failed selinux-context chroot-relative chroot-missing chroot-component
chroot-target chroot-not-dir chroot-too-long chroot-call max-sessions pty-denied nologin-file home-chdir
idle-timeout subsystem-not-configured sftp-binary-missing shell-exec-failed shell-restricted shell-output
sshrc-output forced-command-replaces-sftp sftp-only internal-sftp-args sftp-start-dir
ak-bom ak-utf16 ak-nul
ak-wrapped ak-rfc4716 ak-ppk ak-private-key ak-certificate ak-no-type ak-type-word ak-blob-corrupt
ak-commented ak-unknown-option ak-option-space ak-option-syntax ak-option-quote ak-from
ak-expired ak-ca-flag ak-principals-no-ca ak-rsa-tiny ak-not-listed
`

func TestEveryCauseOfTheDecisionPathIsExplained(t *testing.T) {
	for id := range strings.FieldsSeq(pathCauses) {
		d, ok := Explain(id)
		switch {
		case !ok:
			t.Errorf("%s is not in the catalogue", id)
		case d.Title == "" || d.Why == "" || d.Repair == "" || d.Severity == 0 || d.Layer == "" || d.Effect != audit.Blocks:
			t.Errorf("%s: %+v lacks something", id, d)
		case d.Customer == "":
			t.Errorf("%s says nothing to the customer", id)
		case strings.ContainsAny(d.Customer, "/~`") || strings.Contains(d.Customer, "chmod"):
			t.Errorf("%s tells the customer of paths or commands: %q", id, d.Customer)
		}
	}
}

func TestCausesAreNoChecksAndThereOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, d := range Causes() {
		if Find(d.ID) != nil || seen[d.ID] {
			t.Errorf("%s is there twice", d.ID)
		}
		seen[d.ID] = true
		if d.Layer == audit.LayerSession && strings.Contains(d.Client.OpenSSH, "publickey") {
			t.Errorf("%s is met after the login and yet the client is said to be refused", d.ID)
		}
	}
}
