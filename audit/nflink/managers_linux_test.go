package nflink

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/netfilter"
)

// private runs a script in the lane's server with directories of the host
// replaced by copies, so that a program that keeps its state there leaves none.
func (l *lane) private(t testing.TB, dirs []string, script string) (string, error) {
	t.Helper()
	var b strings.Builder
	b.WriteString("set -e\n")
	for _, d := range dirs {
		copied := filepath.Join(t.(interface{ TempDir() string }).TempDir(), "copy")
		b.WriteString("cp -a " + d + " " + copied + "\nmount --bind " + copied + " " + d + "\n")
	}
	return l.server.run("", "unshare", "-m", "sh", "-c", b.String()+script)
}

func TestUfwRulesPredicted(t *testing.T) {
	for _, c := range []struct {
		name, script string
		unsure       bool
	}{
		{"default", "ufw --force enable", false},
		{"allow and deny", "ufw allow 22/tcp; ufw deny from 203.0.113.5 to any port 80 proto tcp; ufw allow from 198.51.100.0/24; ufw allow 80/tcp; ufw allow from fd00::/8 to any port 443 proto tcp; ufw reject 8080/tcp; ufw insert 1 deny from 10.1.2.3; ufw --force enable", false},
		{"interface and range", "ufw allow in on eth0 to any port 20:30 proto tcp; ufw deny in on wg0; ufw default allow incoming; ufw deny 2222/tcp comment 'no \"second\" port'; ufw --force enable", false},
		{"limit", "ufw limit 22/tcp; ufw allow 80; ufw --force enable", true},
		{"reject by default, logging full", "ufw default reject incoming; ufw logging full; ufw allow 22; ufw --force enable", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLane(t)
			if out, err := l.private(t, []string{"/etc/ufw", "/etc/default"}, c.script); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var files []file
			for _, p := range []string{"iptables-save", "ip6tables-save"} {
				files = append(files, file{parse: netfilter.ParseSave, text: l.server.must(t, "", p), oneFamily: true, v6: p[2] == '6', mayLack: true})
			}
			n := l.check(t, "ufw "+c.script, c.unsure, files...)
			t.Logf("%d probes, %d unknown", n.probes, n.unknown)
			a := l.ask(t, []netfilter.Question{{From: netip.MustParseAddr("203.0.113.5"), To: netip.MustParseAddr("192.0.2.1"), Port: 443, Proto: netfilter.TCP, Interface: "eth0"}})[0]
			if a.DecidedBy == nil || a.DecidedBy.Manager != "ufw" {
				t.Errorf("decided by %+v, want a rule of ufw", a.DecidedBy)
			}
			if a.Verdict == netfilter.Dropped && a.DecidedBy.Change != "ufw allow from 203.0.113.5 to any port 443 proto tcp" {
				t.Errorf("advice is %q", a.DecidedBy.Change)
			}
		})
	}
}

// banActions are the ways in which fail2ban bans on Debian.
var banActions = []string{"nftables-multiport", "nftables-allports", "iptables-multiport", "iptables-allports", "iptables-ipset-proto6"}

func TestFail2banBanIsToldAsBan(t *testing.T) {
	for _, action := range banActions {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			l := newLane(t)
			dir := t.TempDir()
			startFail2ban(t, l, dir, action)
			for _, ip := range []string{"203.0.113.5", "198.51.100.7", "fd00::9"} {
				if _, err := l.server.run("", "fail2ban-client", "-s", dir+"/sock", "set", "sshd", "banip", ip); err != nil {
					t.Fatal(err)
				}
			}
			q := netfilter.Question{From: netip.MustParseAddr("203.0.113.5"), To: netip.MustParseAddr("192.0.2.1"), Port: 22, Proto: netfilter.TCP, Interface: "eth0"}
			var a netfilter.Answer
			for range 100 { // the server bans in the background
				if a = l.ask(t, []netfilter.Question{q})[0]; a.Verdict == netfilter.Rejected {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			if a.Verdict != netfilter.Rejected || a.DecidedBy == nil {
				t.Fatalf("a banned source is answered %s by %s", a.Verdict, decided(a))
			}
			want := "fail2ban-client set sshd unbanip 203.0.113.5"
			if d := a.DecidedBy; d.Manager != "fail2ban" || !d.Ban || d.List != "sshd" || d.Change != want {
				t.Errorf("told as %+v, want a ban of jail sshd, lifted by %q", d, want)
			}
			time.Sleep(300 * time.Millisecond) // the other bans
			l.check(t, action, false)
		})
	}
}

// startFail2ban starts a server with one jail in the lane's server.
func startFail2ban(t *testing.T, l *lane, dir, action string) {
	t.Helper()
	conf := filepath.Join(dir, "conf")
	run(t, "cp", "-a", "/etc/fail2ban", conf)
	run(t, "rm", "-rf", filepath.Join(conf, "jail.d"))
	for name, text := range map[string]string{
		"conf/jail.local":     "[DEFAULT]\nbackend = polling\nbanaction = " + action + "\n[sshd]\nenabled = true\nport = ssh,2222\nlogpath = " + dir + "/auth.log\n",
		"conf/fail2ban.local": "[DEFAULT]\ndbfile = None\nlogtarget = " + dir + "/log\nallowipv6 = auto\n",
		"auth.log":            "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"fail2ban-client", "-c", conf, "-s", dir + "/sock", "-p", dir + "/pid"}
	if _, err := l.server.run("", append(args, "start")...); err != nil {
		log, _ := os.ReadFile(dir + "/log")
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() {
		if _, err := l.server.run("", append(args, "stop")...); err != nil {
			t.Error(err)
		}
	})
}

func TestCancelledContextEndsTheReading(t *testing.T) {
	l := newLane(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Ask(ctx, Options{NetNS: l.server.fd}, cast()); err == nil {
		t.Error("a cancelled question was answered")
	}
}

func TestVantageIsAnAddressThatNoRuleNames(t *testing.T) {
	l := newLane(t)
	l.server.must(t, `table inet t {
	set s { type ipv4_addr; flags interval; elements = { 88.97.0.0/16 }; }
	chain i { type filter hook input priority 0; policy accept; ip saddr 41.77.130.9 drop; ip saddr @s drop; ip6 saddr 2a0b:4d07::/32 drop; ip saddr 0.0.0.0/1 counter; }
}
`, "nft", "-f", "-")
	v4, v6, err := Vantages(context.Background(), Options{NetNS: l.server.fd})
	if err != nil {
		t.Fatal(err)
	}
	if want := netip.MustParseAddr("133.44.71.18"); v4 != want {
		t.Errorf("vantage %s, want %s: the first two are named", v4, want)
	}
	if want := netip.MustParseAddr("2600:1f5c:71::21"); v6 != want {
		t.Errorf("vantage %s, want %s: the first is named", v6, want)
	}
}

func TestReversePathAndMissingRouteAreTold(t *testing.T) {
	l := newLane(t)
	l.server.do(func() {
		if err := os.WriteFile("/proc/sys/net/ipv4/conf/eth0/rp_filter", []byte("1"), 0); err != nil {
			t.Error(err)
		}
	})
	l.server.must(t, "", "ip", "route", "add", "203.0.113.5/32", "dev", "lo")
	l.server.must(t, "", "ip", "route", "del", "default")
	l.server.must(t, "", "ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.10")
	qs := []netfilter.Question{}
	for _, from := range []string{"203.0.113.5", "198.51.100.7", "10.1.2.3"} {
		qs = append(qs, netfilter.Question{From: netip.MustParseAddr(from), To: netip.MustParseAddr("192.0.2.1"), Port: 22, Proto: netfilter.TCP, Interface: "eth0"})
	}
	as := l.ask(t, qs)
	l.judge(t, "rp_filter", qs, as)
	for i, want := range []netfilter.Result{netfilter.Dropped, netfilter.Accepted, netfilter.Unknown} {
		if as[i].Verdict != want {
			t.Errorf("from %s: %s %q, want %s", qs[i].From, as[i].Verdict, as[i].Unknown, want)
		}
	}
}
