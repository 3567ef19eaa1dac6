package sshdconf

import (
	"fmt"
	"strings"
	"testing"
)

// typical is Debian's own configuration with a drop-in and a few Match blocks.
var typical = memory{
	"/etc/ssh/sshd_config": `Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
Match Group sftponly
	ChrootDirectory /srv/%u
	ForceCommand internal-sftp
	AllowTcpForwarding no
Match User backup Address 192.0.2.0/24
	PermitTTY no
Match Address 10.0.0.0/8,!10.9.0.0/16
	PasswordAuthentication yes
`,
	"/etc/ssh/sshd_config.d/50-site.conf": "PasswordAuthentication no\nAuthorizedKeysFile .ssh/authorized_keys\nAllowGroups users sftponly\n",
}

func load(tb testing.TB, files memory, r rel) *Config {
	tb.Helper()
	c, err := Load(files, Options{Version: version(r)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, typical, 1000)
	}
}

func BenchmarkEffective(b *testing.B) {
	c := load(b, typical, 1000)
	conn := Conn{User: "alice", Groups: []string{"alice", "users"}, Host: "192.0.2.7", Addr: "192.0.2.7", LocalAddr: "192.0.2.1", LocalPort: 22}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Effective(conn); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEffectiveWithoutMatch(b *testing.B) {
	c := load(b, memory{DefaultFile: "UsePAM yes\n"}, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Effective(Conn{User: "alice"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEffectiveHundredBlocks is a host with a Match User for each of a
// hundred accounts.
func BenchmarkEffectiveHundredBlocks(b *testing.B) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "Match User user%d\n\tPermitTTY no\n", i)
	}
	c := load(b, memory{DefaultFile: text.String()}, 1000)
	users := make([]string, 1000)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := c.Effective(Conn{User: users[i%len(users)]}); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
