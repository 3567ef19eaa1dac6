package survey

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/collect"
	"sshaudit/audit/decide"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdtest"
	"sshaudit/audit/sshwire"
)

var (
	transportSeed  = flag.Uint64("transport.seed", 1, "seed of the random lists of algorithms")
	transportCount = flag.Int("transport.count", 10, "number of random lists of algorithms for each release")
)

// algorithmLists draws settings that leave sshd some algorithms and not others.
func algorithmLists(r *rand.Rand) string {
	lists := map[string][]string{
		"KexAlgorithms": {"curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp521",
			"diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1", "diffie-hellman-group16-sha512",
			"diffie-hellman-group-exchange-sha256"},
		"Ciphers": {"aes128-ctr", "aes256-ctr", "aes256-cbc", "3des-cbc", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
			"chacha20-poly1305@openssh.com"},
		"MACs": {"hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-md5", "umac-64@openssh.com", "umac-128-etm@openssh.com",
			"hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1-96"},
		"HostKeyAlgorithms": {"ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"},
	}
	var b strings.Builder
	for _, keyword := range []string{"KexAlgorithms", "Ciphers", "MACs", "HostKeyAlgorithms"} {
		names := lists[keyword]
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		some := strings.Join(names[:1+r.IntN(3)], ",")
		switch r.IntN(6) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "%s %s\n", keyword, some)
		case 3:
			fmt.Fprintf(&b, "%s %c%s\n", keyword, "+-^"[r.IntN(3)], some)
		}
	}
	for _, name := range []string{"rsa", "ecdsa", "ed25519"} {
		if r.IntN(4) > 0 {
			fmt.Fprintf(&b, "HostKey /etc/ssh/ssh_host_%s_key\n", name)
		}
	}
	if r.IntN(4) == 0 {
		fmt.Fprintf(&b, "Compression %s\n", pick(r, "no", "yes"))
	}
	return b.String()
}

// oneSshd reads a system with its one sshd.
func oneSshd(t *testing.T, root string) *facts.Host {
	t.Helper()
	c, err := collect.Open(t.Context(), collect.Options{Root: root, SSHDConfig: "/etc/ssh/sshd_config", Now: time.Now()})
	must(t, err)
	defer c.Close()
	if n := len(c.Host().Servers); n != 1 {
		t.Fatalf("%d servers", n)
	}
	return c.Host()
}

// greeting connects and reads until the server has sent its offer or ends.
func greeting(t *testing.T, port int) sshwire.Greeting {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = conn.Write([]byte("SSH-2.0-test\r\n"))
	must(t, err)
	var data []byte
	for buffer := make([]byte, 4096); ; {
		n, err := conn.Read(buffer)
		data = append(data, buffer[:n]...)
		if g := sshwire.ReadGreeting(data); g.Offer != nil || err != nil {
			return g
		}
	}
}

// TestClientsAndSshdAgreeAsPredicted lets real clients connect to real sshds with
// odd lists of algorithms: what sshd offers is what was worked out from its files,
// and who cannot agree with it was known before.
func TestClientsAndSshdAgreeAsPredicted(t *testing.T) {
	plink := sshdtest.NeedProgram(t, "plink", "putty-tools")
	version, err := exec.CommandContext(t.Context(), plink, "-V").Output()
	must(t, err)
	_, putty, _ := strings.Cut(strings.TrimSpace(strings.SplitN(string(version), "\n", 2)[0]), ": ")
	putty = "PuTTY " + strings.TrimPrefix(putty, "Release ")
	for i, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			random := rand.New(rand.NewPCG(*transportSeed, uint64(i)))
			count := map[string]int{}
			for range *transportCount {
				config := algorithmLists(random)
				s := startIfAccepted(h, config)
				if s == nil {
					count["configurations that sshd refuses"]++
					continue
				}
				offer, missing := decide.Offer(oneSshd(t, h.Root()).Servers[0])
				if offer == nil {
					t.Fatalf("no offer: %s", missing)
				}
				compareOffers(t, config, offer, greeting(t, s.Port()))
				count[outcome(t, config, decide.Agrees(offer, h.Version()), plainSSH(t, h, s.Port()))]++
				count[outcome(t, config, decide.Agrees(offer, putty), run(t, plink, "-batch", "-ssh", "-P", strconv.Itoa(s.Port()), "nobody@127.0.0.1", "true"))]++
				s.Stop()
			}
			t.Log(count)
		})
	}
}

// startIfAccepted starts sshd unless it refuses the configuration.
func startIfAccepted(h *sshdtest.Host, config string) *sshdtest.Server {
	h.WriteFile("/etc/ssh/sshd_config", []byte(config), 0o644, 0, 0)
	if h.Command(context.Background(), "/usr/sbin/sshd", "-t").Run() != nil {
		return nil
	}
	return h.StartSshd(config)
}

// plainSSH lets the release's own ssh connect with the algorithms that it has by default.
func plainSSH(t *testing.T, h *sshdtest.Host, port int) string {
	t.Helper()
	cmd := h.Command(t.Context(), "/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-p", strconv.Itoa(port), "nobody@127.0.0.1", "true")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("nobody was let in:\n%s", out)
	}
	return string(out)
}

func run(t *testing.T, program string, args ...string) string {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	cmd.Stdin = strings.NewReader("")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

func compareOffers(t *testing.T, config string, offer *sshwire.Offer, g sshwire.Greeting) {
	t.Helper()
	if g.Offer == nil {
		// sshd ends such a connection, as it has nothing to offer.
		if len(offer.HostKey) > 0 {
			t.Errorf("sshd sent no offer: %+v with\n%s", g, config)
		}
		return
	}
	g.Offer.Kex = sshwire.Methods(g.Offer.Kex)
	if diff := cmp.Diff(offer, g.Offer); diff != "" {
		t.Errorf("the offer worked out (-) is not sshd's (+) with\n%s\n%s", config, diff)
	}
}

// disagreements are how ssh and PuTTY say what they do not agree on.
var disagreements = map[sshwire.Kind][]string{
	sshwire.Kex: {"no matching key exchange method found", "Couldn't agree a key exchange algorithm", "Selected key exchange algorithm"},
	sshwire.HostKey: {"no matching host key type found", "Couldn't agree a host key algorithm", "Selected host key algorithm",
		"Connection closed", "Connection reset", "Remote side unexpectedly closed", "Connection aborted"},
	sshwire.Cipher: {"no matching cipher found", "Couldn't agree a client-to-server cipher", "Selected client-to-server cipher"},
	sshwire.MAC:    {"no matching MAC found", "Couldn't agree a client-to-server MAC", "Selected client-to-server MAC"},
}

// outcome compares a prediction with what a client said and names what came.
func outcome(t *testing.T, config string, c decide.Client, said string) string {
	t.Helper()
	var found sshwire.Kind
	for kind, texts := range disagreements {
		for _, text := range texts {
			if strings.Contains(said, text) {
				found = kind
			}
		}
	}
	switch {
	case c.Verdict == audit.Unknown:
		t.Errorf("%s: not known: %s", c.Name, c.Why)
	case c.Verdict == audit.Accept && found != "", c.Verdict == audit.Refuse && (found == "" || found != c.Mismatch.Kind):
		t.Errorf("%s: predicted %v %+v, it says %q with\n%s", c.Name, c.Verdict, c.Mismatch, said, config)
	}
	if found == "" {
		return "agreed"
	}
	return "no " + string(found)
}

// TestStockSshdKeepsNoClientOut has each release's sshd as Debian delivers it: no
// finding about clients, algorithms or host keys.
func TestStockSshdKeepsNoClientOut(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		h := sshdtest.Open(t, r)
		host := oneSshd(t, h.Root())
		if offer, missing := decide.Offer(host.Servers[0]); offer == nil || len(offer.HostKey) == 0 {
			t.Fatalf("%s: no offer: %s", r, missing)
		}
		for _, f := range checks.Host(checks.All(), host) {
			if strings.HasPrefix(f.Check, "client-") || strings.HasPrefix(f.Check, "hostkey-") {
				t.Errorf("%s: %+v", r, f)
			}
		}
	}
}
