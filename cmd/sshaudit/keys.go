package main

import (
	"context"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/authkeys"
	"sshaudit/audit/report"
	"sshaudit/audit/survey"
)

// keysOptions are the flags of keys.
type keysOptions struct {
	users                           []string
	fingerprint, format, sshdConfig string
}

func keysCommand(g *globals) *cobra.Command {
	o := &keysOptions{}
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Inventory of every authorised key",
		Long: "Lists every key in the files that sshd reads: who holds it, type, bits, fingerprint, options, whether sshd\n" +
			"would take it (from= left aside), and which other accounts hold the same key.",
		Example: "  sshaudit keys --user alice\n  sshaudit keys --fingerprint SHA256:… --format csv",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runKeys(cmd, g, o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.users, "user", nil, "list only this account's keys (repeatable)")
	f.StringVar(&o.fingerprint, "fingerprint", "", "list only the key with this fingerprint (SHA256:…)")
	f.StringVar(&o.sshdConfig, "sshd-config", "", "evaluate this sshd_config `FILE` instead of the running sshd's")
	addFormat(cmd, &o.format, "text", "json", "csv")
	return cmd
}

func runKeys(cmd *cobra.Command, g *globals, o *keysOptions) error {
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	if o.sshdConfig != "" {
		s.SSHD.Config = o.sshdConfig
	}
	var wanted authkeys.Fingerprint
	if o.fingerprint != "" {
		if wanted, err = authkeys.ParseFingerprint(o.fingerprint); err != nil {
			return err
		}
	}
	list, err := inventory(cmd.Context(), g, survey.Options{Root: g.root, Settings: s, Users: o.users})
	if err != nil {
		return err
	}
	return o.present(g, func(yield func(audit.KeyEntry) bool) {
		for _, k := range list {
			if (wanted == "" || k.Fingerprint == string(wanted)) && !yield(k) {
				return
			}
		}
	})
}

func inventory(ctx context.Context, g *globals, o survey.Options) ([]audit.KeyEntry, error) {
	p := newProgress(g.io.err)
	defer p.done()
	o.Progress = p.step
	s, err := survey.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	return s.Keys(ctx)
}

func (o *keysOptions) present(g *globals, keys iter.Seq[audit.KeyEntry]) error {
	switch o.format {
	case "json":
		return report.KeysJSON(g.io.out, keys)
	case "csv":
		return report.KeysCSV(g.io.out, keys)
	default:
		return report.KeysText(g.io.out, slices.Values(slices.Collect(keys)), g.style())
	}
}
