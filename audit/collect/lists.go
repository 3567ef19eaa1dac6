package collect

import (
	"strings"

	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/sshdconf"
)

// keyListSize bounds a file of RevokedKeys or TrustedUserCAKeys, in bytes.
const keyListSize = 16 << 20

// lists reads the files that a policy names, with root's rights as sshd does.
func (c *Collector) lists(p *facts.Policy, s *sshdconf.Settings) {
	release := s.Version()
	rules := authkeys.Rules{Version: release, Now: c.host.Now, Zone: c.host.Zone, UseDNS: p.UseDNS}
	if p.Revoked {
		for _, name := range s.Strings("revokedkeys") {
			p.RevokedFiles = append(p.RevokedFiles, c.keyList(name, rules, authkeys.ParseRevoked))
		}
	}
	if name, ok := s.Text("trustedusercakeys"); ok && name != "" {
		p.Authorities = c.keyList(name, rules, authkeys.ParseList)
	}
	if command, ok := s.Text("authorizedkeyscommand"); ok && !strings.EqualFold(command, "none") {
		p.Command = c.keysCommand(c.root.Self(), command)
	}
}

func (c *Collector) keyList(name string, rules authkeys.Rules, parse func([]byte, authkeys.Rules) *authkeys.List) *facts.KeyList {
	if name[0] != '/' {
		name = "/" + name // sshd works in /
	}
	v := c.root.Self()
	l := &facts.KeyList{SystemFile: c.systemFile(v, name)}
	if l.Problem != nil {
		return l
	}
	data, _, err := v.ReadFile(name, keyListSize, nil)
	if err != nil {
		l.Unread = err.Error()
		return l
	}
	l.List = parse(data, rules)
	return l
}

// shell looks at a login shell, once for all accounts that have it.
func (c *Collector) shell(name string) *facts.SystemFile {
	if f, known := c.shells.Load(name); known {
		return f.(*facts.SystemFile)
	}
	path := name
	if path[0] != '/' {
		path = "/" + path // sshd works in /
	}
	file := c.systemFile(c.root.Self(), path)
	f, _ := c.shells.LoadOrStore(name, &file)
	return f.(*facts.SystemFile)
}
