package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sshaudit/exporter"
)

// The release and its commit; a package's build sets both with -ldflags "-X main.version=…".
var version, revision = "0.1.0-dev", ""

// thisBuild says which sshaudit this is.
func thisBuild() exporter.Build {
	b := exporter.Build{Version: version, Revision: cmp.Or(revision, "unknown")}
	if info, ok := debug.ReadBuildInfo(); ok && revision == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}

func versionCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(g.io.out, "sshaudit %s (revision %s, %s, %s/%s)\n",
				version, thisBuild().Revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
