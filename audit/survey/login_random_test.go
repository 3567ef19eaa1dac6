package survey

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"sshaudit/audit/sshdtest"
)

var (
	loginSeed  = flag.Uint64("login.seed", 1, "seed of the random logins")
	loginCount = flag.Int("login.count", 40, "number of random accounts for each release, each with two logins")
)

// pick returns one of the choices; the first one half of the time, so that most
// of an account is in order and later layers are reached.
func pick[T any](r *rand.Rand, choices ...T) T {
	if r.IntN(2) == 0 {
		return choices[0]
	}
	return choices[r.IntN(len(choices))]
}

// randomLogins makes accounts whose every part is drawn by itself. What refuses
// them is not known beforehand: the log has to prove the first cause.
func randomLogins(seed uint64, count int, version int) []loginCase {
	r := rand.New(rand.NewPCG(seed, uint64(count)))
	var list []loginCase
	for range count {
		c := loginCase{name: "random", random: true, key: pick(r, "ed", "ed", "ed", "rsa", "other")}
		c.user.Shell = pick(r, "/bin/sh", "/bin/bash", "/usr/sbin/nologin", "/bin/false", "/nonexistent", "/etc/passwd")
		c.user.Password = pick(r, "*", "!", "!!", "$6$abc$def")
		c.match = randomSettings(r, version)
		mode, file := pick(r, 0o755, 0o700, 0o775, 0o777, 0o711), pick(r, 0o600, 0o644, 0o664, 0o666)
		option := pick(r, "", "restrict", `from="127.0.0.1"`, `from="192.0.2.1"`, `command="echo forced"`, `command="internal-sftp"`,
			`expiry-time="20200101"`, "no-such-option", "cert-authority", `from="!127.0.0.1,*"`)
		second := r.IntN(4) == 0
		root := r.IntN(8) == 0
		if root {
			c.match = append(c.match, pick(r, "PermitRootLogin prohibit-password", "PermitRootLogin no", "PermitRootLogin forced-commands-only", "PermitRootLogin yes"))
		}
		key := c.key
		if key == "other" {
			key = "ed"
		}
		c.make = func(b *loginBox, u *sshdtest.User) {
			if root {
				superuser()(b, u)
			}
			b.Mkdir(u.Home, os.FileMode(mode), u.UID, u.GID)
			lines := []string{option}
			if second {
				lines = append(lines, "")
			}
			authorized(key, lines...)(b, u)
			must(b.t, b.FS().Chmod(u.Home[1:]+"/.ssh/authorized_keys", os.FileMode(file)))
		}
		c.forced = option == `command="echo forced"`
		list = append(list, c)
	}
	return list
}

// randomSettings draws the lines of a Match block, each keyword once.
func randomSettings(r *rand.Rand, version int) (lines []string) {
	for _, choices := range [][]string{
		{"", "DenyUsers NAME", "DenyUsers bob NAME@192.0.2.0/24", "AllowUsers NAME", "AllowUsers bob", "AllowUsers c*@127.0.0.*"},
		{"", "", "AllowGroups NAME", "DenyGroups web NAME", "AllowGroups root"},
		{"", "", "PubkeyAuthentication no", "AuthenticationMethods publickey", "AuthenticationMethods publickey,password"},
		{"", "", "ChrootDirectory /srv/jail", "ChrootDirectory /srv/open", "ChrootDirectory %h", "ChrootDirectory /srv/none/NAME"},
		{"", "", "ForceCommand internal-sftp", "ForceCommand internal-sftp -d /", "ForceCommand /bin/true", "ForceCommand /no/such"},
		{"", "", "", "RevokedKeys /etc/ssh/revoked", "RevokedKeys /etc/ssh/garbage", "RevokedKeys /etc/ssh/krl"},
		{"", "", "", "AuthorizedKeysFile /etc/ssh/keys/%u", "AuthorizedKeysFile .ssh/authorized_keys2 .ssh/authorized_keys", "AuthorizedKeysFile none"},
		{"", "", "", "PermitTTY no", "MaxSessions 0", "DisableForwarding yes"},
	} {
		if line := choices[r.IntN(len(choices))]; line != "" {
			lines = append(lines, line)
		}
	}
	if version >= 901 && r.IntN(6) == 0 {
		lines = append(lines, "RequiredRSASize 3072")
	}
	return lines
}

func TestRandomLoginsAreDecidedAsSshdDoes(t *testing.T) {
	versions := map[sshdtest.Release]int{sshdtest.Bullseye: 804, sshdtest.Bookworm: 902, sshdtest.Trixie: 1000}
	for _, r := range sshdtest.Releases() {
		for config, usePAM := range map[string]bool{
			"UsePAM no\nSubsystem sftp internal-sftp\n":                 false,
			"UsePAM yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n": true,
		} {
			name := string(r) + " without PAM"
			if usePAM {
				name = string(r) + " with PAM"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				compareLogins(t, r, config, randomLogins(*loginSeed, *loginCount, versions[r]), nil)
			})
		}
	}
}
