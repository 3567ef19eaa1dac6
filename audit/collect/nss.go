package collect

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sshaudit/audit/accounts"
)

const (
	// nssPatience bounds one question to the name service; a dead directory
	// server lets getent hang for longer than anybody waits.
	nssPatience = 10 * time.Second
	// nssAnswer bounds its answer, in bytes.
	nssAnswer = 64 << 20
	// notFound is getent's exit status for a key that is not there.
	notFound = 2
)

// getent asks the C library's name service, which pure Go cannot: a child
// process, bounded in time and output. ok is false if there was no answer.
func getent(ctx context.Context, args ...string) (text string, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, nssPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "getent", append([]string{"--"}, args...)...) //nolint:gosec // no shell, and names stand after --
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out := &bounded{limit: nssAnswer}
	cmd.Stdout = out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == notFound {
		return "", false, nil
	}
	return out.String(), err == nil, err
}

// bounded keeps what is written up to a limit and then refuses more.
type bounded struct {
	bytes.Buffer
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errors.New("the answer is too long")
	}
	return b.Buffer.Write(p)
}

// enumerate adds what the name service lists besides the files: the walk that
// Debian's StrictModes makes over all accounts sees these.
func (c *Collector) enumerate(ctx context.Context, t *accounts.Texts) {
	if text := c.listed(ctx, "passwd"); text != "" {
		t.Directory = others(t.Passwd, text)
	}
	if text := c.listed(ctx, "group"); text != "" {
		t.Group = strings.TrimSuffix(t.Group, "\n") + "\n" + others(t.Group, text)
	}
}

// listed returns every entry that the name service lists of a database.
func (c *Collector) listed(ctx context.Context, database string) string {
	text, _, err := getent(ctx, database)
	if err != nil {
		c.missing("/etc/nsswitch.conf", "getent %s gave no answer (%v): only the files were read", database, err)
		return ""
	}
	return text
}

// others returns the entries of the second text whose name the first does not have.
func others(files, all string) string {
	known := make(map[string]bool)
	name := func(line string) string {
		n, _, _ := strings.Cut(line, ":")
		return n
	}
	for line := range strings.Lines(files) {
		known[name(line)] = true
	}
	var b strings.Builder
	for line := range strings.Lines(all) {
		if !known[name(line)] {
			b.WriteString(line)
		}
	}
	return b.String()
}

// answerShadows asks for the shadow entries of the listed accounts that the
// files do not have. One that is not listed may exist all the same (SSSD lists
// none), so only what is there is an answer.
func (c *Collector) answerShadows(ctx context.Context) {
	db := c.host.Accounts
	if last := db.Len() - 1; !c.host.Privileged || last < 0 || db.At(last).Line != 0 {
		return
	}
	text, _, _ := getent(ctx, "shadow") // without an answer they stay unknown
	for line := range strings.Lines(text) {
		name, s, bad := accounts.ParseShadow(strings.TrimSuffix(line, "\n"))
		if a := db.Lookup(name); bad == "" && a != nil && a.Line == 0 {
			db.AnswerShadow(name, s)
		}
	}
}

// lookup asks the name service for a named account that the files do not have.
func (c *Collector) lookup(ctx context.Context, name string) {
	switch a := c.host.Accounts.Lookup(name); {
	case a != nil && a.Line != 0:
		return
	case a == nil && !c.addFromDirectory(ctx, name):
		return
	}
	if !c.host.Privileged {
		return // the name service tells only root
	}
	text, ok, err := getent(ctx, "shadow", name)
	switch _, s, bad := accounts.ParseShadow(strings.TrimSuffix(text, "\n")); {
	case err != nil:
		c.missing(name, "getent shadow gave no answer: %v", err)
	case !ok:
		c.host.Accounts.AnswerShadow(name, accounts.Shadow{})
	case bad == "":
		c.host.Accounts.AnswerShadow(name, s)
	}
}

// addFromDirectory adds an account that only the name service knows, and
// reports whether it does.
func (c *Collector) addFromDirectory(ctx context.Context, name string) bool {
	text, ok, err := getent(ctx, "passwd", name)
	if err != nil {
		c.missing(name, "getent passwd gave no answer: %v", err)
		c.host.OtherAccounts = "the name service gave no answer"
	}
	if !ok {
		return false
	}
	list, _ := accounts.ParsePasswd(text)
	if len(list) != 1 || list[0].Name != name {
		return false // a number is taken for a uid by getent; sshd looks up names only
	}
	a := list[0]
	a.Line = 0
	gids := groupIDs(ctx, name)
	if err := c.host.Accounts.Add(a, gids, c.groups(ctx, append(gids, a.GID))); err != nil {
		c.missing(name, "%v", err)
		return false
	}
	return true
}

// groupIDs asks the name service for the supplementary groups of an account.
// Without an answer sshd would have none either.
func groupIDs(ctx context.Context, name string) []uint32 {
	text, ok, err := getent(ctx, "initgroups", name)
	if !ok || err != nil {
		return nil
	}
	var gids []uint32
	for i, field := range strings.Fields(text) {
		if i == 0 {
			continue // the name
		}
		if gid, err := strconv.ParseUint(field, 10, 32); err == nil {
			gids = append(gids, uint32(gid))
		}
	}
	return gids
}

// groups asks the name service for those groups that the files do not have.
func (c *Collector) groups(ctx context.Context, gids []uint32) []accounts.Group {
	var groups []accounts.Group
	for _, gid := range gids {
		if c.host.Accounts.Group(gid) != nil {
			continue
		}
		text, ok, err := getent(ctx, "group", strconv.FormatUint(uint64(gid), 10))
		if !ok || err != nil {
			continue
		}
		list, _ := accounts.ParseGroup(text)
		groups = append(groups, list...)
	}
	return groups
}
