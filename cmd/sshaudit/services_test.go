package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/checks"
	"sshaudit/audit/sshdtest"
)

// program builds sshaudit as it is released, without cgo, so that it runs on
// every release.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sshaudit")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// serviceIDs are the checks of what runs and listens, with the configuration's.
func serviceIDs() []string {
	ids := []string{"config-invalid", "config-not-reloaded", "not-listening", "bind-failed", "socket-activation-override",
		"stale-listener-after-upgrade", "unit-not-reloaded"}
	for _, d := range checks.Docs() {
		for _, prefix := range []string{"sshd-not-", "sshd-listen-", "ftpd-not-", "ftpd-port-", "ftpd-listen-", "ftpd-config-not-", "service-"} {
			if strings.HasPrefix(d.ID, prefix) {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids
}

// checked is what is used of the report.
type checked struct {
	Findings []struct{ Check, Message string }
	Errors   []struct{ Subject, Message string }
}

func check(t *testing.T, m *sshdtest.Machine) (ids []string, r checked) {
	t.Helper()
	cmd := m.Command(t.Context(), "/usr/bin/sshaudit", "check", "--format=json", "--only="+strings.Join(serviceIDs(), ","))
	var problems strings.Builder
	cmd.Stderr = &problems
	out, failure := cmd.Output() // the status tells of findings
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("check: %v, %v\n%s%s", failure, err, out, problems.String())
	}
	for _, f := range r.Findings {
		if !slices.Contains(ids, f.Check) {
			ids = append(ids, f.Check)
		}
	}
	slices.Sort(ids)
	return ids, r
}

func shell(t *testing.T, m *sshdtest.Machine, script string) string {
	t.Helper()
	out, err := m.Shell(script)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return out
}

// order puts the machine's services into the state that their packages leave.
const order = `exec 2>/dev/null
pkill -CONT sshd; systemctl stop thief
cp -p /root/sshd_config /etc/ssh/; cp -p /root/vsftpd.conf /etc/
[ ! -d /etc/systemd/system/ssh.service.d ] || { rm -r /etc/systemd/system/ssh.service.d; systemctl daemon-reload; }
systemctl stop ssh.socket
for u in ssh vsftpd; do systemctl is-enabled -q $u || systemctl enable $u; done
systemctl reset-failed; systemctl restart ssh vsftpd
for i in $(seq 50); do [ "$(ss -Hltn sport = :21 or sport = :22 | wc -l)" -ge 3 ] && exit 0; sleep 0.1; done; exit 1`

// failed waits until systemd has given up and the journal has written it down.
const failed = `; for i in $(seq 200); do systemctl is-failed -q ssh && break; sleep 0.1; done; journalctl --sync`

// thief is a program that holds a port.
const thief = `systemd-run -q --unit=thief systemd-socket-activate -l PORT /bin/cat
for i in $(seq 50); do ss -Hltn sport = :22 or sport = :21 | grep -q PORT && break; sleep 0.1; done; `

// TestEachFaultOfAServiceIsFound provokes faults of units and sockets on a booted
// host and finds each, and nothing else. Every case also says what the metrics
// and a login from outside make of it.
func TestEachFaultOfAServiceIsFound(t *testing.T) {
	m := sshdtest.Boot(t, sshdtest.Bookworm)
	m.Copy(program(t), "/usr/bin/sshaudit")
	shell(t, m, "cp -p /etc/ssh/sshd_config /etc/vsftpd.conf /root/")
	for _, tc := range []struct {
		name, make string
		want       []string
		// says is in some finding's message; why is in what a login from outside is
		// told; metric is a series.
		says, why, metric string
	}{
		{"in order", "true", nil, "", "accept   OpenSSH_9.2", `sshaudit_service_up{service="ssh",unit="ssh.service"} 1`},
		{"stopped", "systemctl stop ssh vsftpd", []string{"ftpd-not-running", "sshd-not-running"}, "ssh.service is inactive",
			"nobody listens on port 22", `sshaudit_listening{family="ipv4",port="22",service="ssh"} 0`},
		{"not started at boot", "systemctl disable -q ssh vsftpd 2>&1", []string{"ftpd-not-enabled", "sshd-not-enabled"}, "", "", ""},
		{"failed start", "echo Bogus yes >>/etc/ssh/sshd_config; systemctl restart ssh" + failed, []string{"config-invalid", "sshd-not-running"},
			"Bad configuration option: Bogus", "", `sshaudit_service_up{service="ssh",unit="ssh.service"} 0`},
		{"port not taken up", "echo Port 2222 >>/etc/ssh/sshd_config", []string{"config-not-reloaded", "not-listening"}, "nobody listens on 0.0.0.0:2222",
			"nobody listens on port 2222", `sshaudit_listening{family="ipv6",port="2222",service="ssh"} 0`},
		{"loopback only", "echo ListenAddress 127.0.0.1 >>/etc/ssh/sshd_config; systemctl restart ssh", []string{"sshd-listen-loopback-only"},
			"127.0.0.1:22", "only 127.0.0.1:22 is listened on", ""},
		{"IPv4 only", "echo AddressFamily inet >>/etc/ssh/sshd_config; systemctl restart ssh", nil, "", "accept   OpenSSH_9.2", ""},
		{"address that is not there", "echo ListenAddress 0.0.0.0 >>/etc/ssh/sshd_config; echo ListenAddress 192.0.2.77:2200 >>/etc/ssh/sshd_config; systemctl restart ssh",
			[]string{"not-listening"}, "192.0.2.77:2200", "", ""},
		{"one family taken", "systemctl stop ssh; " + strings.ReplaceAll(thief, "PORT", "0.0.0.0:22") + "systemctl start ssh", []string{"bind-failed"},
			"thief.service", "held by systemd-socket", ""},
		{"port taken", "systemctl stop ssh; " + strings.ReplaceAll(thief, "PORT", "22") + "systemctl start ssh" + failed, []string{"bind-failed", "sshd-not-running"},
			"Cannot bind any address", "held by systemd-socket", ""},
		{"by socket unit", "systemctl stop ssh.service; systemctl start ssh.socket", nil, "", "systemd listens for sshd (ssh.socket)",
			`sshaudit_service_up{service="ssh",unit="ssh.socket"} 1`},
		{"socket unit decides", "echo Port 2222 >>/etc/ssh/sshd_config; systemctl stop ssh.service; systemctl start ssh.socket",
			[]string{"socket-activation-override"}, "ssh.socket listens on [::]:22", "ssh.socket decides", `sshaudit_listening{family="ipv4",port="2222",service="ssh"} 0`},
		{"program replaced", "for p in sshd vsftpd; do cp -p /usr/sbin/$p /usr/sbin/$p.new; mv /usr/sbin/$p.new /usr/sbin/$p; done", []string{"service-outdated"},
			"was replaced", "accept   OpenSSH_9.2", ""},
		{"held by a signal", "kill -STOP $(systemctl show -p MainPID --value ssh)", []string{"service-silent"}, "stopped", "is stopped by a signal", ""},
		{"started again and again", `for i in 1 2 3; do p=$(systemctl show -p MainPID --value ssh); kill -9 $p
			for k in $(seq 50); do n=$(systemctl show -p MainPID --value ssh); [ $n != 0 ] && [ $n != $p ] && break; sleep 0.1; done; sleep 0.2; done`,
			[]string{"service-unstable"}, "3 times", "", ""},
		{"unit file changed", `mkdir -p /etc/systemd/system/ssh.service.d; printf '[Service]\nTasksMax=100\n' >/etc/systemd/system/ssh.service.d/x.conf`,
			[]string{"unit-not-reloaded"}, "ssh.service", "", ""},
		{"another network namespace", "ip netns add far 2>/dev/null; ip netns exec far /usr/sbin/sshd -o PidFile=/run/far.pid; sleep 0.3", nil, "", "", ""},
		{"FTP port taken", "kill $(cat /run/far.pid); systemctl stop vsftpd; " + strings.ReplaceAll(thief, "PORT", "21") + "systemctl start vsftpd; sleep 0.5",
			[]string{"ftpd-not-running"}, "port 21 is held by systemd-socket", "", `sshaudit_service_up{service="ftp",unit="vsftpd.service"} 0`},
		{"FTP on the loopback", `sed -i 's/^listen_ipv6=YES/listen=YES\nlisten_address=127.0.0.1/; s/^listen=NO//' /etc/vsftpd.conf; systemctl restart vsftpd; sleep 0.5`,
			[]string{"ftpd-listen-loopback-only"}, "127.0.0.1:21", "", `sshaudit_listening{family="ipv4",port="21",service="ftp"} 1`},
		{"FTP configuration changed", "touch -d '+1 second' /etc/vsftpd.conf", []string{"ftpd-config-not-reloaded"}, "vsftpd", "", ""},
		{"no FTP wanted", "systemctl disable -q --now vsftpd 2>&1", nil, "", "", ""},
		{"no D-Bus", "systemctl stop dbus.socket dbus.service 2>&1; mv /run/systemd/private /run/systemd/gone", nil, "", "accept   OpenSSH_9.2", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			shell(t, m, order)
			// A sshd that has just been started is not known by its title yet.
			shell(t, m, tc.make+"\nsleep 0.3")
			ids, r := check(t, m)
			if diff := cmp.Diff(tc.want, ids); diff != "" {
				t.Errorf("-want +got\n%s%+v", diff, r)
			}
			if tc.name == "no D-Bus" && !slices.ContainsFunc(r.Errors, func(e struct{ Subject, Message string }) bool { return e.Subject == "systemd" }) {
				t.Errorf("nobody says that systemd was not asked: %+v", r.Errors)
			}
			said := ""
			for _, f := range r.Findings {
				said += f.Message + "\n"
			}
			if !strings.Contains(said, tc.says) {
				t.Errorf("%q is not in\n%s", tc.says, said)
			}
			if tc.why != "" {
				out, _ := m.Shell("sshaudit why root --from 198.51.100.9 --method password") // the status tells the verdict
				if text := strings.Join(strings.Fields(out), " "); !strings.Contains(text, strings.Join(strings.Fields(tc.why), " ")) {
					t.Errorf("why: %q is not in\n%s", tc.why, out)
				}
			}
			if tc.metric != "" {
				out, _ := m.Shell("sshaudit check --format=prom") // the status tells of findings
				if !strings.Contains(out, tc.metric+"\n") {
					t.Errorf("%s is not in\n%s", tc.metric, out)
				}
			}
		})
	}
}

// TestFreshlyInstalledReleaseHasNoFaultOfAService boots each release as its
// packages leave it.
func TestFreshlyInstalledReleaseHasNoFaultOfAService(t *testing.T) {
	sshdtest.NeedRoot(t)
	path := program(t)
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			m := sshdtest.Boot(t, r)
			m.Copy(path, "/usr/bin/sshaudit")
			ids, report := check(t, m)
			if len(ids) > 0 || len(report.Errors) > 0 {
				t.Errorf("%+v", report)
			}
			for _, metric := range []string{
				`sshaudit_service_up{service="ssh",unit="ssh.service"} 1`, `sshaudit_service_up{service="ftp",unit="vsftpd.service"} 1`,
				`sshaudit_listening{family="ipv4",port="22",service="ssh"} 1`, `sshaudit_listening{family="ipv6",port="22",service="ssh"} 1`,
				`sshaudit_listening{family="ipv4",port="21",service="ftp"} 1`,
			} {
				if out, _ := m.Shell("sshaudit check --format=prom"); !strings.Contains(out, metric+"\n") { // the status tells of findings
					t.Errorf("%s is not in\n%s", metric, out)
				}
			}
		})
	}
}
