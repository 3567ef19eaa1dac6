package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/report"
)

func explainCommand(g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "What a check or a cause means, why it matters, how it is repaired",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return checkIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			doc, ok := checks.Explain(args[0])
			if !ok {
				return fmt.Errorf("no check named %q; sshaudit checks lists them%s", args[0], nearest(args[0]))
			}
			if format == "json" {
				return report.DocsJSON(g.io.out, []audit.Doc{doc})
			}
			return report.ExplainText(g.io.out, doc, g.style())
		},
	}
	addFormat(cmd, &format, "text", "json")
	return cmd
}

func checksCommand(g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "checks", Short: "The catalogue of all checks and causes", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if format == "json" {
				return report.DocsJSON(g.io.out, catalogue())
			}
			return report.ChecksText(g.io.out, catalogue(), g.style())
		},
	}
	addFormat(cmd, &format, "text", "json")
	return cmd
}

// catalogue is every check, then every cause that only a login meets.
func catalogue() []audit.Doc { return slices.Concat(checks.Docs(), checks.Causes()) }

// addFormat gives a command its --format flag.
func addFormat(cmd *cobra.Command, value *string, words ...string) {
	cmd.Flags().Var(choice(value, words...), "format", "output format: "+alternatives(words))
	complete(cmd, "format", words...)
}
