package checks

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/facts"
)

func TestWhatIsAroundSSHD(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later := func(by time.Duration) *facts.Clock {
		return &facts.Clock{Later: now.Add(by), Witness: "/var/lib/systemd/timesync/clock"}
	}
	said := func(cause string, n int) []facts.Notable {
		return []facts.Notable{{Cause: cause, Count: n, From: 1, Addr: netip.MustParseAddr("192.0.2.1"), Last: now}}
	}
	disk := func(f facts.Filesystem) *facts.Host { return &facts.Host{Filesystems: []facts.Filesystem{f}} }
	for _, tc := range []struct {
		name string
		host *facts.Host
		want []string
	}{
		{"nothing is known", &facts.Host{}, nil},
		{"room", disk(facts.Filesystem{Type: "ext4", Size: 1 << 30, Available: 2 << 20, Inodes: 1000, FreeInodes: 900}), nil},
		{"full", disk(facts.Filesystem{Type: "ext4", Size: 1 << 30, Available: 4096, Inodes: 1000, FreeInodes: 900}), []string{"disk-full critical"}},
		{"small and empty", disk(facts.Filesystem{Type: "tmpfs", Size: 1 << 20, Available: 1<<20 - 4096}), nil},
		{"no inodes", disk(facts.Filesystem{Type: "ext4", Size: 1 << 30, Available: 1 << 29, Inodes: 1000}), []string{"disk-full critical"}},
		{"inodes without a bound", disk(facts.Filesystem{Type: "btrfs", Size: 1 << 30, Available: 1 << 29}), nil},
		{"sizes that are not counted", disk(facts.Filesystem{Type: "overlay"}), nil},
		{"read-only", disk(facts.Filesystem{Type: "ext4", ReadOnly: true, Size: 1 << 30}), []string{"fs-readonly warning"}},
		{"read-only by its nature", disk(facts.Filesystem{Type: "squashfs", ReadOnly: true, Size: 1 << 30}), nil},
		{"the clock is kept", &facts.Host{Now: now, Clock: &facts.Clock{Daemon: "chronyd"}}, nil},
		{"the clock is not kept", &facts.Host{Now: now, Clock: &facts.Clock{Daemon: "chronyd", Unsynchronised: true}}, []string{"clock-wrong notice"}},
		{"a container's clock is its host's", &facts.Host{Now: now, Clock: &facts.Clock{Unsynchronised: true}}, nil},
		{"the clock went back", &facts.Host{Now: now, Clock: later(time.Hour)}, []string{"clock-wrong warning"}},
		{"the clock leapt a little", &facts.Host{Now: now, Clock: later(time.Second)}, nil},
		{"some connections were dropped", &facts.Host{Notable: said("maxstartups", pressure-1)}, nil},
		{"many connections were dropped", &facts.Host{Notable: said("maxstartups", pressure)}, []string{"sshd-maxstartups-pressure warning"}},
		{"FTP on sshd's port", &facts.Host{Notable: said("proto-ftp-to-ssh", 1)}, []string{"proto-ftp-to-ssh notice"}},
		{"SSH on an FTP server's port", &facts.Host{Notable: said("proto-ssh-to-ftp", 3)}, []string{"proto-ssh-to-ftp notice"}},
	} {
		var got []string
		for _, f := range Host(aroundChecks(), tc.host) {
			got = append(got, f.Check+" "+f.Severity.String())
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}
