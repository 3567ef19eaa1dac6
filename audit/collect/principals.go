package collect

import (
	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
	"sshaudit/audit/sshdconf"
)

// principals reads the account's principals file.
func (r *accountReader) principals(via *facts.Via) {
	entry, ok := via.Settings.Text("authorizedprincipalsfile")
	if !ok {
		return
	}
	p := &facts.Principals{}
	via.Principals = p
	name, unknown := sshdconf.KeysPath(entry, r.a.Account.Home, r.a.Name, r.a.UID)
	p.KeyFile = facts.KeyFile{Setting: entry, Path: audit.Untrusted(name), BadToken: unknown, Release: via.Server.Version}
	if unknown != 0 {
		return
	}
	walked, err := r.v.Walk(name)
	if err != nil {
		p.Problem = problem(name, err, r.exact)
		return
	}
	defer walked.Close()
	p.Node = withACL(node(walked.Path, &walked.Info), &walked.Pin)
	for i := range walked.Chain {
		p.Dirs = append(p.Dirs, node(walked.Chain[i].Path, &walked.Chain[i].Info))
	}
	if p.Type != facts.Regular {
		return
	}
	data, err := walked.ReadAll(smallFile, nil)
	if err != nil {
		if hostfs.Errno(err) != 0 && r.exact {
			p.Problem = problem(name, err, r.exact)
		} else {
			p.Unread = err.Error()
		}
		return
	}
	p.List = authkeys.ParsePrincipals(data, r.rules(via.Server, via.Policy))
}

func (r *accountReader) rules(s *facts.Server, policy *facts.Policy) authkeys.Rules {
	return authkeys.Rules{Version: s.Version, Now: r.c.host.Now, Zone: r.c.host.Zone, UseDNS: policy.UseDNS}
}
