package serverlog_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshaudit/audit/sshdtest"
)

var record = flag.Bool("record", false, "write what the real sshd logs to testdata, at LogLevel INFO and VERBOSE")

// provoke makes one thing go wrong on a real sshd and returns what it logged.
func provoke(t *testing.T, r sshdtest.Release, sc *scenario, level string) string {
	t.Helper()
	h := sshdtest.Open(t, r)
	u := h.AddUser(sshdtest.User{Name: "alice"})
	h.WriteFile(askpass, []byte("#!/bin/sh\nprintf '%s\\n' \"$PASSWORD\"\n"), 0o755, 0, 0)
	s := &stage{t: t, h: h, user: u.Name, uid: u.UID, home: u.Home, key: h.Keygen("ed25519", 0), level: level}
	s.allow(s.key.Public)
	if sc.prepare != nil {
		sc.prepare(s)
	}
	l := listenLog(t, h)
	s.d = startDaemon(t, h, l, settings(sc, u.Name, releases[r], level))
	act := sc.act
	if act == nil {
		act = login
	}
	if !s.d.ended() {
		act(s)
		if !sc.stays {
			s.d.idle()
		}
	}
	s.d.stop()
	return l.text()
}

// TestRealSSHDsLines provokes every scenario afresh on one of the releases; with
// -record on all of them and at both levels, which takes minutes.
func TestRealSSHDsLines(t *testing.T) {
	for n, r := range sshdtest.Releases() {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			if *record {
				for _, level := range []string{"INFO", "VERBOSE"} {
					recordLines(t, r, level)
				}
				return
			}
			for i := range scenarios {
				if sc := &scenarios[i]; (i+n)%3 == 0 {
					t.Run(sc.name, func(t *testing.T) {
						sc.judge(t, provoke(t, r, sc, "INFO"), releases[r], "INFO", time.Now().UTC())
					})
				}
			}
		})
	}
}

// recordLines writes what one release logs at one level.
func recordLines(t *testing.T, r sshdtest.Release, level string) {
	var out strings.Builder
	for i := range scenarios {
		sc := &scenarios[i]
		t.Run(level+"/"+sc.name, func(t *testing.T) {
			log := provoke(t, r, sc, level)
			out.WriteString("# " + sc.name + "\n" + log + "\n")
			sc.judge(t, log, releases[r], level, time.Now().UTC())
		})
	}
	name := filepath.Join("testdata", "sshd-"+releases[r]+"-"+strings.ToLower(level)+".log")
	if err := os.WriteFile(name, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
