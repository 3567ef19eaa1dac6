package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sshaudit/audit"
)

// Exit statuses, as Nagios plugins have them.
const (
	statusOK       = 0
	statusWarning  = 1
	statusCritical = 2
	// statusUnknown: a usage error, or something that could not be completed. Go
	// itself exits 2 on a panic or a flag error, which here would mean "critical".
	statusUnknown = 3
)

// stdio are the program's standard streams.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// exitError ends a command with a status other than 0 after it has said everything.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string, io stdio) (status int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(io.err, "sshaudit: internal error, please report it: %s\n%s",
				audit.Untrusted(fmt.Sprint(p)), debug.Stack())
			status = statusUnknown
		}
	}()
	root := newRoot(io)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &exit):
		return int(exit)
	default:
		fmt.Fprintf(io.err, "sshaudit: %s\n", oneLine(err))
		return statusUnknown
	}
}

// oneLine keeps an error to one line.
func oneLine(err error) string {
	text := err.Error()
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return audit.Untrusted(text).String()
		}
	}
	return text
}

func newRoot(io stdio) *cobra.Command {
	g := &globals{io: io}
	root := &cobra.Command{
		Use:   "sshaudit",
		Short: "Why can this user not log in? The server's own answer",
		Long: "sshaudit reads what sshd reads and decides as sshd decides: it audits every account's keys,\n" +
			"explains what refuses a login, and repairs modes, owners and key files safely.",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	g.addFlags(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, cmd.CommandPath())
	})
	root.AddCommand(
		checkCommand(g), whyCommand(g), keysCommand(g), configCommand(g), reachCommand(g), fixCommand(g), undoCommand(g),
		explainCommand(g), checksCommand(g), daemonCommand(g), versionCommand(g),
	)
	return root
}

// isFile returns the file behind a stream, if it is one.
func isFile(w io.Writer) (*os.File, bool) {
	f, ok := w.(*os.File)
	return f, ok
}
