package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/collect"
	"sshaudit/audit/report"
	"sshaudit/audit/sshdconf"
	"sshaudit/audit/sshpattern"
)

// configOptions are the flags of config.
type configOptions struct {
	user, from, host, localAddress, rdomain string
	localPort                               int
	sshdConfig, version, format             string
	origin                                  bool
}

func configCommand(g *globals) *cobra.Command {
	o := &configOptions{}
	cmd := &cobra.Command{
		Use:   "config",
		Short: "sshd's effective settings for a user and an address, with their file and line",
		Long: "Prints what sshd -T -C prints, without running sshd: the settings in force for a connection. A criterion of\n" +
			"Match that no flag gives does not match. A configuration that sshd would refuse is refused with file and line.",
		Example: "  sshaudit config --user alice --from 203.0.113.7 --origin",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runConfig(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.user, "user", "", "account that logs in")
	f.StringVar(&o.from, "from", "", "address that the client comes from")
	f.StringVar(&o.host, "host", "", "client's host name; its address if UseDNS is no, which is the default")
	f.StringVar(&o.localAddress, "local-address", "", "address of this host that the client reached")
	f.IntVar(&o.localPort, "local-port", 0, "port of this host that the client reached")
	f.StringVar(&o.rdomain, "rdomain", "", "routing domain of the connection")
	f.StringVar(&o.sshdConfig, "sshd-config", "", "evaluate this sshd_config `FILE` instead of the running sshd's")
	f.StringVar(&o.version, "version", "", "apply the rules of this OpenSSH release, such as 9.2p1")
	f.BoolVar(&o.origin, "origin", false, "add the file and line of each value")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runConfig(cmd *cobra.Command, g *globals, o *configOptions) error {
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	conn, err := o.conn()
	if err != nil {
		return err
	}
	options := collect.Options{Root: g.root, SSHDConfig: s.SSHD.Config}
	if o.sshdConfig != "" {
		options.SSHDConfig = o.sshdConfig
	}
	if o.version != "" {
		if options.Release, err = audit.ParseOpenSSH(o.version); err != nil {
			return err
		}
	}
	if o.user != "" {
		options.Named = []string{o.user}
	}
	c, err := collect.Open(cmd.Context(), options)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	r, err := effective(c, o, conn)
	if err != nil {
		return err
	}
	if o.format == "json" {
		return report.ConfigJSON(g.io.out, r)
	}
	return report.ConfigText(g.io.out, r, o.origin)
}

// conn reads the flags that describe the connection.
func (o *configOptions) conn() (sshdconf.Conn, error) {
	conn := sshdconf.Conn{User: o.user, Host: o.host, LocalPort: o.localPort, RDomain: o.rdomain, HaveRDomain: o.rdomain != ""}
	for _, a := range []struct {
		flag, text string
		into       *string
	}{{"--from", o.from, &conn.Addr}, {"--local-address", o.localAddress, &conn.LocalAddr}} {
		if a.text == "" {
			continue
		}
		ip, err := netip.ParseAddr(a.text)
		if err != nil {
			return conn, fmt.Errorf("%s %q is not an address: want a form such as 203.0.113.7 or 2001:db8::7", a.flag, a.text)
		}
		*a.into = sshpattern.PeerText(ip)
	}
	if conn.Host == "" {
		conn.Host = conn.Addr
	}
	return conn, nil
}

// effective evaluates the first sshd of the host.
func effective(c *collect.Collector, o *configOptions, conn sshdconf.Conn) (*audit.ConfigReport, error) {
	h := c.Host()
	if len(h.Servers) == 0 {
		return nil, errors.New("no sshd and no sshd_config found on this host; name a file with --sshd-config")
	}
	server := h.Servers[0]
	if len(h.Servers) > 1 && o.localPort != 0 {
		for _, s := range h.Servers {
			if s.Port == o.localPort {
				server = s
			}
		}
	}
	if server.Refused != nil {
		return nil, server.Refused
	}
	if server.Config == nil {
		return nil, errors.New(server.Unread)
	}
	if o.user != "" {
		if a := h.Accounts.Lookup(o.user); a != nil {
			conn.Groups = h.Accounts.GroupNames(a)
		}
	}
	settings, err := server.Config.Effective(conn)
	if err != nil {
		return nil, fmt.Errorf("evaluate the configuration: %w", err)
	}
	// The release alone, as sshd prints it; the vendor is told by check.
	release, _, _ := strings.Cut(server.Config.Version().String(), " ")
	r := &audit.ConfigReport{Version: strings.TrimSuffix(release, ",")}
	for _, file := range server.Config.Files() {
		r.Files = append(r.Files, audit.Untrusted(file))
	}
	for _, set := range settings.All() {
		r.Settings = append(r.Settings, audit.Setting{
			Keyword: set.Keyword, Value: audit.Untrusted(set.Value), File: audit.Untrusted(set.File), Line: set.Line,
		})
	}
	return r, nil
}
