package collect

import (
	"encoding/base64"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdtest"
)

// publicKeys are the blobs of the host keys of a system.
func publicKeys(t *testing.T, h *sshdtest.Host) (blobs []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.Root(), "etc/ssh/ssh_host_*_key.pub"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		text, err := h.FS().ReadFile("etc/ssh/" + filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(text))[1])
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, string(blob))
	}
	slices.Sort(blobs)
	return blobs
}

// TestSshdShowsItsNameAlgorithmsAndHostKeys asks real sshds, with penalties as
// they are by default: nobody is counted out, and no authentication is tried.
func TestSshdShowsItsNameAlgorithmsAndHostKeys(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			args := []string{"-o", "LogLevel=VERBOSE"}
			if r == sshdtest.Trixie {
				args = append(args, "-o", "PerSourcePenalties=yes")
			}
			s := h.StartSshd("", args...)
			to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(s.Port()))
			for range 3 {
				p := facts.Probe{Service: facts.ServiceSSH, To: to}
				probeSSH(t.Context(), &p)
				if p.Failure != "" || p.SSH.Banner == nil || p.SSH.Offer == nil || len(p.SSH.Unproved) > 0 {
					t.Fatalf("%q %+v", p.Failure, p.SSH)
				}
				if name := string(p.SSH.Banner.Software + " " + p.SSH.Banner.Comment); name != h.Version() {
					t.Errorf("it names itself %q, the binary is %q", name, h.Version())
				}
				var shown []string
				for _, k := range p.SSH.HostKeys {
					shown = append(shown, string(k.Blob))
				}
				slices.Sort(shown)
				if !slices.Equal(shown, publicKeys(t, h)) {
					t.Errorf("%d host keys shown, not those of the files", len(shown))
				}
			}
			log := s.Log()
			if strings.Contains(log, "userauth") || strings.Contains(log, "Failed") || strings.Contains(log, "invalid user") {
				t.Errorf("something was taken for an attempt:\n%s", log)
			}
		})
	}
}

// TestSshdThatIsBusyEndsTheConversation fills MaxStartups with connections that
// say nothing; what comes then is told as such.
func TestSshdThatIsBusyEndsTheConversation(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			h := sshdtest.Open(t, r)
			s := h.StartSshd("MaxStartups 1\n")
			to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(s.Port()))
			first, err := dial(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			defer first.Close()
			if _, err := first.Read(make([]byte, 16)); err != nil {
				t.Fatal(err)
			}
			p := facts.Probe{Service: facts.ServiceSSH, To: to}
			probeSSH(t.Context(), &p)
			if p.Failure != facts.ProbeClosed || p.SSH.Banner != nil {
				t.Errorf("%q %+v", p.Failure, p.SSH)
			}
			word := audit.Untrusted("Exceeded MaxStartups")
			if r == sshdtest.Trixie {
				word = "Not allowed at this time"
			}
			if !slices.Equal(p.SSH.Preamble, []audit.Untrusted{word}) {
				t.Errorf("it says %q", p.SSH.Preamble)
			}
		})
	}
}
