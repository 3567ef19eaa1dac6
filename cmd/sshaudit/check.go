package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/report"
	"sshaudit/audit/settings"
	"sshaudit/audit/survey"
	"sshaudit/exporter"
)

// checkOptions are the flags of check.
type checkOptions struct {
	users, only, skip      []string
	failOn, format, output string
	sshdConfig             string
	verbose, perfdata      bool
	probe                  bool
}

func checkCommand(g *globals) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Audit this host: accounts, keys, sshd's settings",
		Long: "Audits every account's home, .ssh and keys and sshd's settings, and prints what is wrong, the worst first.\n" +
			"Without root it audits the caller's own account.\n\n" +
			"Exit status: 0 nothing at or above --fail-on, 1 the worst is a warning, 2 the worst is critical,\n" +
			"3 usage error or audit not completed. It is a valid Nagios and Icinga plugin.",
		Example: "  sshaudit check\n  sshaudit check --user alice\n  sshaudit check --format json --fail-on critical",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runCheck(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.users, "user", nil, "audit only this account (repeatable)")
	f.StringSliceVar(&o.only, "only", nil, "run only this check (repeatable)")
	f.StringSliceVar(&o.skip, "skip", nil, "leave out this check (repeatable)")
	f.Var(choice(&o.failOn, "warning", "notice", "critical"), "fail-on", "lowest severity that makes the exit status bad")
	f.Var(choice(&o.format, "text", "json", "sarif", "html", "prom"), "format", "output format: text, json, sarif, html or prom")
	f.StringVar(&o.output, "output", "", "write to `FILE`, replacing it in one step, instead of standard output")
	f.StringVar(&o.sshdConfig, "sshd-config", "", "evaluate this sshd_config `FILE` instead of the running sshd's")
	f.BoolVar(&o.verbose, "verbose", false, "list every account of a finding")
	f.BoolVar(&o.perfdata, "perfdata", false, "end the first line with counts for a monitoring system's graphs")
	f.BoolVar(&o.probe, "probe", false, "connect to the listeners of SSH and FTP on this host: names, algorithms, host keys, certificates.\n"+
		"sshd logs each connection and from 9.8 on charges the source 1 second for each (PerSourcePenalties)")
	complete(cmd, "format", "text", "json", "sarif", "html", "prom")
	complete(cmd, "fail-on", "notice", "warning", "critical")
	for _, name := range []string{"only", "skip"} {
		complete(cmd, name, checkIDs()...)
	}
	return cmd
}

func checkIDs() []string {
	var ids []string
	for _, d := range checks.Docs() {
		ids = append(ids, d.ID)
	}
	return ids
}

// docs looks an id up in the catalogue.
func docs(id string) (audit.Doc, bool) {
	if c := checks.Find(id); c != nil {
		return c.Doc, true
	}
	return audit.Doc{}, false
}

func runCheck(cmd *cobra.Command, g *globals, o *checkOptions) error {
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	failOn, err := audit.ParseSeverity(o.failOn)
	if err != nil {
		return err
	}
	if err := o.apply(&s); err != nil {
		return err
	}
	r, err := audited(cmd.Context(), g, survey.Options{Root: g.root, Settings: s, SettingsFile: g.config, Users: o.users, Probe: o.probe})
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 && len(o.users) == 0 {
		fmt.Fprintln(g.io.err, "sshaudit: not root: only your own account was audited; sudo sshaudit check audits all")
	}
	if err := o.write(g, r, failOn); err != nil {
		return err
	}
	if state := report.StateOf(r, failOn); state != report.StateOK {
		return exitError(state)
	}
	return nil
}

// apply puts the flags over the settings.
func (o *checkOptions) apply(s *settings.Settings) error {
	for _, id := range slices.Concat(o.only, o.skip) {
		if checks.Find(id) == nil {
			return fmt.Errorf("no check named %q; sshaudit checks lists them%s", id, nearest(id))
		}
	}
	if len(o.only) > 0 {
		s.Checks.Only = o.only
	}
	s.Checks.Skip = append(s.Checks.Skip, o.skip...)
	if o.sshdConfig != "" {
		s.SSHD.Config = o.sshdConfig
	}
	return nil
}

// nearest suggests an id that shares the beginning.
func nearest(id string) string {
	head, _, _ := strings.Cut(id, "-")
	for _, known := range checkIDs() {
		if strings.Contains(known, id) || strings.HasPrefix(known, head+"-") {
			return fmt.Sprintf("; %s is one", known)
		}
	}
	return ""
}

// audited makes one audit and shows its progress.
func audited(ctx context.Context, g *globals, o survey.Options) (*audit.Report, error) {
	p := newProgress(g.io.err)
	defer p.done()
	o.Progress = p.step
	s, err := survey.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	return s.Run(ctx)
}

func (o *checkOptions) write(g *globals, r *audit.Report, failOn audit.Severity) error {
	if o.output == "" {
		return o.present(g.io.out, g, r, failOn)
	}
	var b bytes.Buffer
	if err := o.present(&b, g, r, failOn); err != nil {
		return err
	}
	mode := os.FileMode(privateMode)
	if o.format == "prom" {
		mode = textfileMode
	}
	return replaceFile(o.output, b.Bytes(), mode)
}

func (o *checkOptions) present(w io.Writer, g *globals, r *audit.Report, failOn audit.Severity) error {
	switch o.format {
	case "json":
		return report.JSON(w, r)
	case "sarif":
		return report.SARIF(w, r, docs, version)
	case "html":
		return report.HTML(w, r, docs, failOn)
	case "prom":
		return exporter.WriteText(w, r, checks.Docs(), thisBuild(), o.output == "")
	default:
		style := g.style()
		style.PerfData = o.perfdata
		style.FailOn, style.Verbose = failOn, o.verbose || len(o.only) > 0
		if o.output != "" {
			style.Color = false
		}
		return report.Text(w, r, docs, style)
	}
}

const (
	// textfileMode lets node_exporter's collector read the file, which names nobody.
	textfileMode = 0o644
	// privateMode keeps a report, which names accounts and paths, to its owner.
	privateMode = 0o600
)

// replaceFile writes a file beside the named one and renames it over it, so that
// a reader sees the old content or the new one.
func replaceFile(name string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
