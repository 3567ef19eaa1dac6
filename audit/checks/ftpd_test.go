package checks

import (
	"testing"
	"time"

	"sshaudit/audit/facts"
	"sshaudit/audit/ftpdconf"
)

func TestFTPServersAreJudgedByTheirConfiguration(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tls := func(c facts.Certificate) facts.FTPTLS { return facts.FTPTLS{Offered: true, Certificate: &c} }
	for name, tc := range map[string]struct {
		server facts.FTPServer
		want   string
	}{
		"refused":   {facts.FTPServer{Refused: &ftpdconf.Error{File: "/etc/vsftpd.conf", Line: 7, Message: "x"}}, "ftpd-config-invalid"},
		"broken":    {facts.FTPServer{TLS: tls(facts.Certificate{Broken: "x"})}, "ftpd-certificate-broken"},
		"expired":   {facts.FTPServer{TLS: tls(facts.Certificate{NotAfter: now.Add(-time.Hour)})}, "ftpd-certificate-expires"},
		"soon":      {facts.FTPServer{TLS: tls(facts.Certificate{NotAfter: now.Add(time.Hour)})}, "ftpd-certificate-expires"},
		"valid":     {facts.FTPServer{TLS: tls(facts.Certificate{NotAfter: now.AddDate(1, 0, 0)})}, ""},
		"clear":     {facts.FTPServer{Running: true}, "ftpd-cleartext"},
		"stopped":   {facts.FTPServer{}, ""},
		"anonymous": {facts.FTPServer{Running: true, TLS: facts.FTPTLS{Offered: true}, Pure: &ftpdconf.Pure{}}, "ftpd-anonymous"},
	} {
		got := ""
		for _, f := range Host(ftpChecks, &facts.Host{Now: now, FTPServers: []*facts.FTPServer{&tc.server}}) {
			got += f.Check
		}
		if got != tc.want {
			t.Errorf("%s: found %q, want %q", name, got, tc.want)
		}
	}
}
