package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sshaudit/audit/repair"
	"sshaudit/audit/survey"
)

// undoOptions are the flags of undo.
type undoOptions struct {
	list, dryRun, force bool
	format              string
}

func undoCommand(g *globals) *cobra.Command {
	o := &undoOptions{}
	cmd := &cobra.Command{
		Use:   "undo [ID]",
		Short: "Take a fix back",
		Long: "Takes the run with this ID back, or the last one. An object is restored only if it is still the same one and in\n" +
			"the state that the fix left.\n\n" +
			"Exit status: 0 all is restored, 1 something was left and said, 3 usage error or nothing could be done.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runUndo(cmd, g, o, strings.Join(args, "")) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "list the runs that can be taken back")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be restored and change nothing")
	f.BoolVar(&o.force, "force", false, "go on where the file system cannot prove that an object is the recorded one")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runUndo(cmd *cobra.Command, g *globals, o *undoOptions, id string) error {
	s, err := g.settings(cmd)
	if err != nil {
		return err
	}
	sv, err := survey.Open(cmd.Context(), survey.Options{Root: g.root, Settings: s})
	if err != nil {
		return err
	}
	defer func() { _ = sv.Close() }()
	f := fixer(g, sv, s.StateDir)
	if o.list {
		return listRuns(g, f, o.format)
	}
	r, err := f.Undo(cmd.Context(), id, repair.Options{DryRun: o.dryRun, Force: o.force})
	return showFix(g, r, err, o.format)
}

// listedRun is one run as JSON shows it.
type listedRun struct {
	ID     string   `json:"id"`
	Time   string   `json:"time"`
	Users  []string `json:"users"`
	Done   int      `json:"done"`
	Undone int      `json:"undone"`
	Failed int      `json:"failed"`
}

func listRuns(g *globals, f *repair.Fixer, format string) error {
	runs, err := f.List()
	if err != nil {
		return err
	}
	list := make([]listedRun, 0, len(runs))
	for _, r := range runs {
		row := listedRun{ID: r.ID, Time: r.Time.UTC().Format("2006-01-02T15:04:05Z"), Users: []string{},
			Done: r.Done, Undone: r.Undone, Failed: r.Failed}
		for _, u := range r.Users {
			row.Users = append(row.Users, u.String())
		}
		list = append(list, row)
	}
	if format == "json" {
		return json.NewEncoder(g.io.out).Encode(map[string]any{"schema": "sshaudit.runs/1", "runs": list})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(g.io.out, "No fix is recorded.")
		return err
	}
	w := tabwriter.NewWriter(g.io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTIME\tIN PLACE\tTAKEN BACK\tFAILED\tACCOUNTS")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\n", r.ID, r.Time, r.Done, r.Undone, r.Failed, strings.Join(r.Users, " "))
	}
	return w.Flush()
}
