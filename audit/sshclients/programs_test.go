package sshclients_test

import (
	"context"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/sshclients"
	"sshaudit/audit/sshdtest"
	"sshaudit/audit/sshwire"
)

// heard lets one client connect and returns its identification and its offer.
func heard(t *testing.T, run func(port int) *exec.Cmd) sshwire.Greeting {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := run(l.Addr().(*net.TCPAddr).Port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // it fails, as nobody answers it
	context.AfterFunc(ctx, func() { _ = l.Close() })
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("SSH-2.0-OpenSSH_9.2p1\r\n")); err != nil {
		t.Fatal(err)
	}
	var data []byte
	for b := make([]byte, 4096); ; {
		n, err := conn.Read(b)
		data = append(data, b[:n]...)
		if g := sshwire.ReadGreeting(data); g.Offer != nil || err != nil {
			return g
		}
	}
}

// known leaves out what the rows leave out.
func known(list []string) []string {
	return slices.DeleteFunc(sshwire.Methods(list), func(name string) bool {
		return strings.Contains(name, "-cert-v0") || strings.HasPrefix(name, "sk-")
	})
}

func compare(t *testing.T, g sshwire.Greeting) {
	t.Helper()
	if g.Offer == nil {
		t.Fatalf("no offer: %+v", g)
	}
	product, version, ok := sshclients.Identify(string(g.Banner.Software))
	if !ok {
		t.Fatalf("%s is not known", g.Banner.Software)
	}
	below, above := sshclients.Around(product, version)
	if below == nil || below != above {
		t.Skipf("there is no row of %s %s itself", product, version)
	}
	want := below.Offer
	got := sshwire.Both("", "", "", "", "none")
	got.Kex, got.HostKey = known(g.Offer.Kex), known(g.Offer.HostKey)
	got.CipherIn, got.CipherOut, got.MACIn, got.MACOut = g.Offer.CipherIn, g.Offer.CipherOut, g.Offer.MACIn, g.Offer.MACOut
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the row of %s (-) is not what the program sends (+):\n%s", below.Name(), diff)
	}
}

// TestRowsAreWhatTheProgramsSend lets real clients connect.
func TestRowsAreWhatTheProgramsSend(t *testing.T) {
	for _, r := range sshdtest.Releases() {
		t.Run("ssh of "+string(r), func(t *testing.T) {
			h := sshdtest.Open(t, r)
			compare(t, heard(t, func(port int) *exec.Cmd {
				return h.Command(t.Context(), "/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
					"-o", "UserKnownHostsFile=/dev/null", "-p", strconv.Itoa(port), "nobody@127.0.0.1", "true")
			}))
		})
	}
	for _, program := range []struct{ name, debian string }{{"plink", "putty-tools"}, {"curl", "curl"}, {"dbclient", "dropbear-bin"}} {
		t.Run(program.name, func(t *testing.T) {
			path := sshdtest.NeedProgram(t, program.name, program.debian)
			compare(t, heard(t, func(port int) *exec.Cmd {
				args := []string{"-y", "-p", strconv.Itoa(port), "nobody@127.0.0.1", "true"}
				switch program.name {
				case "plink":
					args = []string{"-batch", "-ssh", "-P", strconv.Itoa(port), "nobody@127.0.0.1", "true"}
				case "curl":
					args = []string{"-s", "-k", "-u", "nobody:", "sftp://127.0.0.1:" + strconv.Itoa(port) + "/"}
				}
				cmd := exec.CommandContext(t.Context(), path, args...)
				cmd.Env = []string{"HOME=" + t.TempDir()}
				return cmd
			}))
		})
	}
}
