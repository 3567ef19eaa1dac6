package ftpdconf_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit/ftpdconf"
)

func TestVsftpdSettingsHaveFileLineAndDefault(t *testing.T) {
	src := texts(map[string]string{
		"/etc/vsftpd.conf": "# comment\n\nlocal_enable=YES\npasv_min_port=50000\npasv_max_port=50100\nuser_config_dir=/etc/users\nlocal_root= /srv/$USER \n",
		"/etc/users/bob":   "local_root=/home/bob\nwrite_enable=YES\n",
	})
	c, err := ftpdconf.LoadVsftpd(src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Bool("local_enable") || c.Bool("ssl_enable") || !c.Bool("anonymous_enable") || c.Uint("max_per_ip") != 50 {
		t.Error("a setting or a default is wrong")
	}
	if got := c.Origin("local_enable"); got != (ftpdconf.Place{File: "/etc/vsftpd.conf", Line: 3}) {
		t.Errorf("origin of local_enable: %+v", got)
	}
	if got := c.Passive(); got != (ftpdconf.Range{Low: 50000, High: 50100}) {
		t.Errorf("passive range: %+v", got)
	}
	own, err := c.For(src, "bob")
	if err != nil {
		t.Fatal(err)
	}
	if root, _ := own.Text("local_root"); root != "/home/bob" || own.Origin("local_root").Line != 1 {
		t.Errorf("bob's local_root: %q %+v", root, own.Origin("local_root"))
	}
	if root, _ := c.Text("local_root"); root != "/srv/$USER" {
		t.Errorf("bob's file changed the settings of others: %q", root)
	}
}

func TestVsftpdArgumentsAreReadInOrder(t *testing.T) {
	src := texts(map[string]string{"/a.conf": "listen_port=2100\n"})
	for _, tc := range []struct {
		args []string
		want uint32
	}{
		{[]string{"/a.conf", "-olisten_port=2200"}, 2200}, {[]string{"-olisten_port=2200", "/a.conf"}, 2100}, {nil, 21},
	} {
		c, err := ftpdconf.LoadVsftpd(src, nil, tc.args)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Uint("listen_port"); got != tc.want {
			t.Errorf("%q: listen_port %d, want %d", tc.args, got, tc.want)
		}
	}
}

func TestGlobalSectionsStandBehindAServersOwnLines(t *testing.T) {
	src := texts(map[string]string{"/etc/proftpd/proftpd.conf": "<Global>\nRequireValidShell off\nDefaultRoot ~\n</Global>\nRequireValidShell on\n" +
		"<VirtualHost 192.0.2.1>\nPort 2121\n</VirtualHost>\n"})
	c, err := ftpdconf.LoadProftpd(src, ftpdconf.ProOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Servers) != 2 || c.Servers[1].Port != 2121 {
		t.Fatalf("servers: %+v", c.Servers)
	}
	if !c.Servers[0].Bool("requirevalidshell", true) || c.Servers[1].Bool("requirevalidshell", true) {
		t.Error("the main server's own line counts before <Global>, and <Global> for the other")
	}
	if d := c.Servers[1].Find("DefaultRoot"); d == nil || d.At.Line != 3 {
		t.Errorf("DefaultRoot of the other server: %+v", d)
	}
}

// TestFaultInAnIncludedFileCutsTheRestOff is what ProFTPD does: it starts, and has
// not read what follows the Include.
func TestFaultInAnIncludedFileCutsTheRestOff(t *testing.T) {
	src := texts(map[string]string{
		"/etc/proftpd/proftpd.conf":  "Include /etc/proftpd/conf.d/a.conf\nUseFtpUsers off\n",
		"/etc/proftpd/conf.d/a.conf": "Bogus on\nRootLogin on\n",
	})
	c, err := ftpdconf.LoadProftpd(src, ftpdconf.ProOptions{Program: []byte("\x00x\x00")})
	if err != nil {
		t.Fatal(err)
	}
	main := c.Servers[0]
	if len(c.Faults) != 1 || c.Faults[0].Line != 1 || !main.Bool("rootlogin", false) || main.Find("useftpusers") != nil {
		t.Errorf("faults %v, RootLogin %v, UseFtpUsers %v", c.Faults, main.Bool("rootlogin", false), main.Find("useftpusers"))
	}
}

func TestPureFTPdOptionsComeFromDebiansFiles(t *testing.T) {
	src := texts(map[string]string{
		"/etc/pure-ftpd/conf/MinUID":           "1000\n",
		"/etc/pure-ftpd/conf/NoAnonymous":      "yes\n",
		"/etc/pure-ftpd/conf/PassivePortRange": "# range\n50000 50100\n",
		"/etc/pure-ftpd/conf/Bind":             ",2121",
		"/etc/pure-ftpd/conf/TLS":              "2",
		"/etc/pure-ftpd/auth/none":             "",
	})
	p, err := ftpdconf.LoadPureWrapper(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	address, port := p.Bind()
	if p.Uint('u') != 1000 || !p.Has('E') || p.TLS() != 2 || address != "" || port != "2121" {
		t.Errorf("options: %+v", p.Set)
	}
	if got := p.Passive(); got != (ftpdconf.Range{Low: 50000, High: 50100}) || p.Set['p'].At.Line != 2 {
		t.Errorf("passive range: %+v from %+v", got, p.Set['p'].At)
	}
}

func TestUpstreamsPureFTPdConfIsRead(t *testing.T) {
	src := texts(map[string]string{"/p.conf": "ChrootEveryone yes # all\nMinUID 100\nPureDB /etc/pureftpd.pdb\nUnixAuthentication no\nUmask 133:022\nPassivePortRange 30000 50000\n"})
	p, err := ftpdconf.LoadPureArgs(src, nil, []string{"/p.conf"})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Has('A') || p.Uint('u') != 100 || p.Passive().High != 50000 {
		t.Errorf("options: %+v", p.Set)
	}
	want := []ftpdconf.PureAuth{{Method: "puredb", File: "/etc/pureftpd.pdb", At: ftpdconf.Place{File: "/p.conf", Line: 3}}}
	if d := cmp.Diff(want, p.Auth); d != "" {
		t.Error(d)
	}
}

func TestRefusedConfigurationNamesFileAndLine(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		load       func(ftpdconf.Source) error
	}{
		{"local_enable=YES\nlocal_enable = NO\n", "/c:2: unrecognised variable in config file: local_enable ", vsftpd},
		{"ssl_enable=maybe\n", "/c:1: bad bool value in config file for: ssl_enable", vsftpd},
		{"UseFtpUsers off\nUseFtpUsers perhaps\n", "/c:2: UseFtpUsers: expected Boolean parameter", proftpd},
		{"<Limit LOGIN>\nDenyAll\n", "/c: unclosed configuration section limit of line 1", proftpd},
	} {
		err := tc.load(texts(map[string]string{"/c": tc.text}))
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q: %v, want %s", tc.text, err, tc.want)
		}
	}
}

func vsftpd(src ftpdconf.Source) error {
	_, err := ftpdconf.LoadVsftpd(src, nil, []string{"/c"})
	return err
}

func proftpd(src ftpdconf.Source) error {
	_, err := ftpdconf.LoadProftpd(src, ftpdconf.ProOptions{File: "/c"})
	return err
}

func FuzzVsftpd(f *testing.F) {
	for _, l := range vsftpdLines {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := texts(map[string]string{"/c": text})
		c, err := ftpdconf.LoadVsftpd(src, nil, []string{"/c"})
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}

func FuzzProftpd(f *testing.F) {
	for _, l := range proLines {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := texts(map[string]string{"/c": text, "/etc/proftpd/sub.d/a.conf": text, "/etc/proftpd/none": "Include /c\n"})
		c, err := ftpdconf.LoadProftpd(src, ftpdconf.ProOptions{File: "/c", Program: []byte{}})
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}

func FuzzPureConf(f *testing.F) {
	f.Add("ChrootEveryone yes\nPassivePortRange 1 2\n", "-l")
	f.Add("TLS 2", "--passiveportrange=50000:50100")
	f.Fuzz(func(t *testing.T, text, arg string) {
		src := texts(map[string]string{"/c": text})
		if c, err := ftpdconf.LoadPureArgs(src, nil, []string{"/c"}); (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
		if c, err := ftpdconf.LoadPureArgs(src, nil, []string{"-A", arg, text}); (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}

func FuzzPureDB(f *testing.F) {
	f.Add([]byte("PDB2"), "bob")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		if u, err := ftpdconf.FindPureDB("/x", data, name); u != nil && (err != nil || u.Name != name) {
			t.Errorf("%+v, %v", u, err)
		}
	})
}
