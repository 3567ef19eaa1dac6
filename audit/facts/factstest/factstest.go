// Package factstest makes facts for tests: a host and its accounts in order, of
// which a test then breaks one thing. Only tests import it.
package factstest

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
)

// Debian is the release of a host's sshd where a test asks for no other.
var Debian = audit.OpenSSH{Major: 9, Minor: 2, Patch: 1, Vendor: "Debian-2+deb12u7"}

// Upstream is the same release without Debian's patches.
var Upstream = audit.OpenSSH{Major: 9, Minor: 2, Patch: 1}

// Passwd and Group are the accounts of a host: root, alice and bob with a group
// of their own each, and a group of both.
const (
	Passwd = "root:x:0:0:root:/root:/bin/bash\n" +
		"alice:x:1000:1000::/home/alice:/bin/bash\n" +
		"bob:x:1001:1001::/home/bob:/bin/bash\n"
	Group = "root:x:0:\nalice:x:1000:\nbob:x:1001:\nweb:x:50:alice,bob\n"
)

// DB makes the accounts of these texts, each with a locked password in shadow
// where passwd says that it is there.
func DB(passwd, group string) *accounts.DB {
	var shadow strings.Builder
	list, _ := accounts.ParsePasswd(passwd)
	for i := range list {
		shadow.WriteString(list[i].Name + ":*:19000:0:99999:7:::\n")
	}
	text := shadow.String()
	return accounts.New(accounts.Texts{Passwd: passwd, Group: group, Shadow: &text})
}

// Host is a host in order with the accounts of [Passwd] and [Group] and one
// sshd of [Debian] with this configuration.
func Host(tb testing.TB, config string) *facts.Host {
	tb.Helper()
	return &facts.Host{
		Name: "host", Root: "/", Privileged: true, Now: Now, Zone: time.UTC, UIDMin: 1000,
		Accounts: DB(Passwd, Group), Shells: []string{"/bin/bash", "/bin/sh"},
		Files: make(map[string]facts.SystemFile), Servers: []*facts.Server{Server(tb, Debian, config)},
	}
}

// Now is the moment of every audit of these hosts.
var Now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// Server is a sshd of this release that read this configuration.
func Server(tb testing.TB, version audit.OpenSSH, config string) *facts.Server {
	tb.Helper()
	s := &facts.Server{
		Binary: "/usr/sbin/sshd", Version: version, ConfigFile: sshdconf.DefaultFile, Port: 22, Installed: true,
		Rules: facts.RulesUpstream, RulesFrom: "the test says so", Globs: version.AtLeast(10, 0),
	}
	if version.Debian() {
		s.Rules = facts.RulesDebian
	}
	var err error
	if s.Config, err = sshdconf.Load(text(config), sshdconf.Options{Version: version}); err != nil {
		tb.Fatal(err)
	}
	if s.Settings, err = s.Config.Effective(sshdconf.Conn{LocalPort: s.Port}); err != nil {
		tb.Fatal(err)
	}
	return s
}

// text is a configuration without includes.
type text string

func (t text) ReadFile(name string) ([]byte, error) {
	if name == sshdconf.DefaultFile {
		return []byte(t), nil
	}
	return nil, fs.ErrNotExist
}

func (text) Glob(string) ([]string, error) { return nil, nil }
