package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sshaudit/audit/accounts"
	"sshaudit/audit/hostfs"
)

// accountsFile bounds passwd, group and shadow: 64 MiB, some 900,000 accounts.
const accountsFile = 64 << 20

// maxAccounts bounds the accounts of one audit.
const maxAccounts = 200_000

func (c *Collector) readAccounts(ctx context.Context, v *hostfs.View) error {
	if c.rememberedAccounts(v) {
		return nil
	}
	var t accounts.Texts
	text, _, err := v.ReadText("/etc/passwd", accountsFile)
	if err != nil {
		return fmt.Errorf("%w: without accounts there is nothing to audit", err)
	}
	t.Passwd = text
	switch text, _, err = v.ReadText("/etc/group", accountsFile); {
	case err == nil:
		t.Group = text
	case errors.Is(err, fs.ErrNotExist):
	default:
		c.missing("/etc/group", "%v", err)
	}
	switch text, _, err = v.ReadText("/etc/shadow", accountsFile); {
	case err == nil:
		t.Shadow = &text
	case errors.Is(err, fs.ErrNotExist):
		t.Shadow = new(string)
	case c.host.Privileged:
		c.missing("/etc/shadow", "%v", err)
	}
	other := otherSources(c.text(v, "/etc/nsswitch.conf"))
	switch {
	case other && c.root.Live():
		c.enumerate(ctx, &t)
	case other:
		c.host.OtherAccounts = "nsswitch.conf names a source of accounts besides the files, which only the running host can ask"
	}
	c.host.Accounts = accounts.New(t)
	if n := c.host.Accounts.Len(); n > maxAccounts {
		return fmt.Errorf("/etc/passwd holds %d accounts; at most %d are audited in one run", n, maxAccounts)
	}
	c.rememberAccounts(other || len(c.host.Problems) > 0)
	if c.root.Live() {
		c.answerShadows(ctx)
		for _, name := range c.opts.Named {
			c.lookup(ctx, name)
		}
	}
	return nil
}

// otherSources tells whether nsswitch.conf(5) names a source of accounts or
// groups besides the files, whose answers the C library alone can give.
func otherSources(text string) bool {
	for _, line := range lines(text) {
		database, sources, _ := strings.Cut(line, ":")
		if database != "passwd" && database != "group" && database != "initgroups" {
			continue
		}
		for s := range strings.FieldsSeq(sources) {
			if !slices.Contains([]string{"files", "compat", "systemd"}, s) && !strings.HasPrefix(s, "[") {
				return true
			}
		}
	}
	return false
}
