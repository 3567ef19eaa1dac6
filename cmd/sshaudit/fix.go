package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/accounts"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/facts"
	"sshaudit/audit/repair"
	"sshaudit/audit/report"
	"sshaudit/audit/survey"
)

// fixOptions are the flags of fix.
type fixOptions struct {
	users             []string
	all, dryRun, keys bool
	format            string
}

func fixCommand(g *globals) *cobra.Command {
	o := &fixOptions{}
	cmd := &cobra.Command{
		Use:   "fix (--user NAME)... | --all",
		Short: "Repair modes and owners, safely, with a record to undo it",
		Long: "Repairs the home, .ssh and every file that sshd or ssh minds: directories 0700, key files 0600, public keys and\n" +
			"known_hosts at most 0644; the home loses only writing by group and others. Each change is recorded before it is\n" +
			"made; sshaudit undo takes it back. A second run changes nothing.\n\n" +
			"Exit status: 0 all is in place, 1 something was left and said, 3 usage error or nothing could be done.",
		Example: "  sshaudit fix --user alice --dry-run\n  sshaudit fix --user alice --keys",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runFix(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.users, "user", nil, "repair this account, by name or as uid:N (repeatable)")
	f.BoolVar(&o.all, "all", false, "repair every account that check audits, system accounts excepted")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the plan and change nothing")
	f.BoolVar(&o.keys, "keys", false, "also repair the text of authorized_keys, keeping the old file")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runFix(cmd *cobra.Command, g *globals, o *fixOptions) error {
	if (len(o.users) == 0) == !o.all {
		return errors.New("say whom to repair: --user NAME (repeatable), or --all")
	}
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	users, err := namesOf(cmd.Context(), g, o.users)
	if err != nil {
		return err
	}
	sv, err := survey.Open(cmd.Context(), survey.Options{Root: g.root, Settings: s, SettingsFile: g.config, Users: users})
	if err != nil {
		return err
	}
	defer func() { _ = sv.Close() }()
	targets, err := targets(cmd.Context(), sv)
	if err != nil {
		return err
	}
	r, err := fixer(g, sv, s.StateDir).Fix(cmd.Context(), targets, repair.Options{DryRun: o.dryRun, All: o.all, Keys: o.keys})
	return showFix(g, r, err, o.format)
}

// namesOf resolves "uid:N" to the account's name.
func namesOf(ctx context.Context, g *globals, users []string) ([]string, error) {
	var list []string
	for _, u := range users {
		number, ok := strings.CutPrefix(u, "uid:")
		if !ok {
			list = append(list, u)
			continue
		}
		uid, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("--user %q: want uid: and a number", u)
		}
		a, err := withUID(ctx, g, uint32(uid))
		if err != nil {
			return nil, err
		}
		list = append(list, a.Name)
	}
	return list, nil
}

func withUID(ctx context.Context, g *globals, uid uint32) (*accounts.Account, error) {
	sv, err := survey.Open(ctx, survey.Options{Root: g.root, Users: []string{}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sv.Close() }()
	if list := sv.Host().Accounts.WithUID(uid); len(list) > 0 {
		return list[0], nil
	}
	return nil, fmt.Errorf("no account with uid %d on this host", uid)
}

// targets turns the chosen accounts into what the fixer takes: an account, not a path.
func targets(ctx context.Context, sv *survey.Survey) ([]repair.Target, error) {
	var list []repair.Target
	err := sv.Each(ctx, func(a *facts.Account) {
		list = append(list, repair.Target{
			Name: a.Name, UID: a.UID, GID: a.GID, Groups: a.GIDs[1:], Home: a.Account.Home, KeyFiles: relativeKeyFiles(a),
		})
	})
	return list, err
}

// relativeKeyFiles are the key files below the home that a setting names.
func relativeKeyFiles(a *facts.Account) []string {
	var list []string
	for _, via := range a.Via {
		for _, f := range via.KeyFiles {
			rel, ok := strings.CutPrefix(string(f.Path), strings.TrimSuffix(a.Account.Home, "/")+"/")
			if ok && filepath.IsLocal(rel) {
				list = append(list, rel)
			}
		}
	}
	return list
}

func fixer(g *globals, sv *survey.Survey, stateDir string) *repair.Fixer {
	h := sv.Host()
	list := make([]repair.Account, h.Accounts.Len())
	for i := range list {
		a := h.Accounts.At(i)
		list[i] = repair.Account{Name: a.Name, UID: a.UID, Home: a.Home}
	}
	return &repair.Fixer{
		Root: sv.Collector().Root(), StateDir: stateDir, LockPath: filepath.Join(stateDir, "fix.lock"), Version: version,
		UIDMin: h.UIDMin, Accounts: list,
		ValidKeys: func(text []byte) bool { return allValid(text, h) }, RepairText: repairText,
	}
}

// allValid tells whether every line of a text is a comment, blank or a key.
func allValid(text []byte, h *facts.Host) bool {
	rules := authkeys.Rules{Now: h.Now, Zone: h.Zone}
	if len(h.Servers) > 0 {
		rules.Version = h.Servers[0].Version
	}
	file := authkeys.Parse(text, rules)
	for i := range file.Lines {
		if file.Lines[i].Kind == authkeys.KindBroken {
			return false
		}
	}
	return !file.Unread && !file.UTF16
}

func repairText(text []byte) ([]byte, []string, error) {
	fixed, changes, err := authkeys.Repair(text)
	var notes []string
	for _, c := range changes {
		notes = append(notes, c.Message)
	}
	return fixed, notes, err
}

// showFix prints a report and chooses the exit status.
func showFix(g *globals, r *audit.FixReport, failed error, format string) error {
	if r == nil {
		return failed
	}
	show := func() error { return report.FixText(g.io.out, r, g.style()) }
	if format == "json" {
		show = func() error { return report.FixJSON(g.io.out, r) }
	}
	switch err := show(); {
	case err != nil:
		return err
	case failed != nil:
		return failed
	case len(r.Refused) > 0:
		return exitError(statusWarning)
	}
	return nil
}
