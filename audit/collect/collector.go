package collect

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/facts"
	"sshaudit/audit/hostfs"
)

// Options choose what is collected.
type Options struct {
	// Root is the directory of the audited host, "/" for the running one.
	Root string
	// SSHDConfig names the configuration to evaluate instead of those of the
	// running listeners; empty to find them.
	SSHDConfig string
	// Release is the OpenSSH release whose rules are to be applied, whatever is
	// installed; zero for the installed one's.
	Release audit.OpenSSH
	// Filesystems are types of file systems that may be entered besides the local ones.
	Filesystems []string
	// Named are accounts that are wanted by name, so that those which only NSS
	// knows are looked up too.
	Named []string
	// UIDMin is the lowest uid of a person, nil for what login.defs says.
	UIDMin *uint32
	// Now is the moment of the audit.
	Now time.Time
	// Memory is what an earlier Collector left; nil if there is no need to remember.
	// With one, accounts do not enter the host's indexes by being collected: see Share.
	Memory *Memory
}

// Collector reads one host; its Workers read the accounts.
type Collector struct {
	root *hostfs.Root
	opts Options
	host *facts.Host
	// policies holds a *facts.Policy for each *sshdconf.Settings.
	policies sync.Map
	// shells holds a *facts.SystemFile for each login shell.
	shells sync.Map
}

// Open binds a collector to the host and reads everything that is not an
// account's: accounts, sshd's configuration, system files. An error means that
// there is no audit at all.
func Open(ctx context.Context, o Options) (*Collector, error) {
	root, err := hostfs.Open(o.Root)
	if err != nil {
		return nil, err
	}
	root.Allow(o.Filesystems...)
	if o.Memory != nil {
		root.OnPath(o.Memory.note)
	}
	c := &Collector{root: root, opts: o}
	if err := c.readHost(ctx); err != nil {
		_ = root.Close() // nothing was written through it
		return nil, err
	}
	return c, nil
}

// Close releases the host.
func (c *Collector) Close() error { return c.root.Close() }

// Host returns what was read of the host. Its indexes fill as accounts are collected.
func (c *Collector) Host() *facts.Host { return c.host }

// Root returns the accessor, for a repair on the same host.
func (c *Collector) Root() *hostfs.Root { return c.root }

func (c *Collector) readHost(ctx context.Context) error {
	h := &facts.Host{
		Root: audit.Untrusted(c.root.Dir()), Live: c.root.Live(), Privileged: os.Geteuid() == 0,
		Now: c.opts.Now, Files: make(map[string]facts.SystemFile),
	}
	c.host = h
	self := c.root.Self()
	h.Name = c.hostName(self)
	h.Zone = c.zone(self)
	if err := c.readAccounts(ctx, self); err != nil {
		return err
	}
	c.readLoginDefs(self)
	h.Shells = lines(c.text(self, "/etc/shells"))
	h.SELinux = c.selinuxEnforced(self)
	h.HostsAllow, h.HostsDeny = c.textFile(self, "/etc/hosts.allow"), c.textFile(self, "/etc/hosts.deny")
	c.readServers(self)
	c.readServices(ctx)
	c.readFTPServers(self)
	c.readClock(self)
	c.readSystemFiles(self)
	return nil
}

// missing notes something that could not be looked at.
func (c *Collector) missing(subject, format string, args ...any) {
	c.host.Problems = append(c.host.Problems, audit.Problem{
		Subject: audit.Untrusted(subject), Message: fmt.Sprintf(format, args...),
	})
}
