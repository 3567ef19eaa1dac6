package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/checks"
	"sshaudit/audit/live"
	"sshaudit/audit/report"
	"sshaudit/audit/settings"
	"sshaudit/audit/survey"
	"sshaudit/exporter"
)

// statusConfig is EX_CONFIG: systemd does not start the daemon again with a
// configuration that it would refuse again (RestartPreventExitStatus).
const statusConfig = 78

// collectEarly has the collector let garbage grow to a third of what lives: a
// daemon makes little of it, and its memory counts all day.
const collectEarly = 33

// configError is a configuration that another start would refuse too.
type configError struct{ error }

func (e *configError) Unwrap() error { return e.error }

// daemonOptions are the flags of daemon.
type daemonOptions struct {
	listen    []string
	webConfig string
}

func daemonCommand(g *globals) *cobra.Command {
	o := &daemonOptions{}
	cmd := &cobra.Command{
		Use:   "daemon",
		Short: "Keep the audit current and serve metrics and the report page",
		Long: "Audits on a timer and serves /metrics, /report and /api/v1/check. It listens on loopback only, unless the web\n" +
			"configuration file sets TLS and authentication. SIGHUP reloads the configuration; a bad one is refused and the\n" +
			"old one stays in force.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := runDaemon(cmd, g, o)
			if _, bad := errors.AsType[*configError](err); bad {
				fmt.Fprintf(g.io.err, "sshaudit: %s\n", oneLine(err))
				return exitError(statusConfig)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.listen, "web.listen-address", nil, "`ADDRESS:PORT` to serve on (repeatable)")
	f.StringVar(&o.webConfig, "web.config.file", "", "web configuration `FILE` (TLS and authentication, as Prometheus exporters have it)")
	return cmd
}

// settings reads the configuration with the flags over it, and checks it whole.
func (o *daemonOptions) settings(cmd *cobra.Command, g *globals) (settings.Settings, error) {
	s, err := g.settings(cmd)
	if err != nil {
		return s, err
	}
	if len(o.listen) > 0 {
		s.Daemon.Listen = o.listen
	}
	if o.webConfig != "" {
		s.Daemon.WebConfig = o.webConfig
	}
	return s, s.KnownChecks(func(id string) bool { return checks.Find(id) != nil })
}

func runDaemon(cmd *cobra.Command, g *globals, o *daemonOptions) error {
	s, err := o.settings(cmd, g)
	if err != nil {
		return &configError{err}
	}
	log, err := g.logger()
	if err != nil {
		return err
	}
	log = exporter.JournalLog(log)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectEarly)
	}
	state := live.New(live.NewKeeper(g.keeping(s), log), log)
	var inForce atomic.Pointer[settings.Settings]
	inForce.Store(&s)
	server, err := exporter.New(exporter.Options{
		Source: exporter.Source{Snapshot: state.Snapshot, Docs: checks.Docs(), Build: thisBuild(), Refusals: countRefusals(cmd.Context(), g.root, log)},
		Page: func(w io.Writer, r *audit.Report, f report.Filter) error {
			return report.ServedHTML(w, r, docs, audit.Warning, f)
		},
		JSON:   func(w io.Writer, r *audit.Report, f report.Filter) error { return report.JSON(w, f.Apply(r, docs)) },
		Why:    webWhy(g, func() settings.Settings { return *inForce.Load() }),
		Listen: s.Daemon.Listen, WebConfig: s.Daemon.WebConfig, Readers: g.readers(cmd.Context(), s), Log: log,
	})
	var busy *net.OpError
	switch {
	case errors.As(err, &busy): // a port that is taken may be free at the next start
		return err
	case err != nil:
		return &configError{err}
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for range hup {
			server.Reloading()
			if s := o.reload(cmd, g, server, state, log); s != nil {
				inForce.Store(s)
			}
			server.Reloaded()
		}
	}()
	return server.Run(cmd.Context(), state)
}

// reload puts a changed configuration into force, or keeps the old one and says
// why; it returns nil then. Addresses and the web configuration file are read at the start only.
func (o *daemonOptions) reload(cmd *cobra.Command, g *globals, server *exporter.Server, state *live.State, log *slog.Logger) *settings.Settings {
	s, err := o.settings(cmd, g)
	if err != nil {
		log.Error("the configuration was not reloaded, the old one stays in force", "err", oneLine(err))
		state.RefuseReload(err)
		return nil
	}
	server.SetReaders(g.readers(cmd.Context(), s))
	state.Reload(g.keeping(s))
	log.Info("configuration reloaded; daemon.listen and daemon.web_config need a restart")
	return &s
}

// keeping is what the daemon audits by these settings.
func (g *globals) keeping(s settings.Settings) live.Options {
	return live.Options{
		Survey:   survey.Options{Root: g.root, Settings: s, SettingsFile: g.config},
		Interval: s.Daemon.Interval,
	}
}

// readers are the uids of the accounts that web.users names. One that does not
// exist sees nothing.
func (g *globals) readers(ctx context.Context, s settings.Settings) []uint32 {
	sv, err := survey.Open(ctx, survey.Options{Root: "/", Settings: settings.Default()})
	if err != nil {
		return nil
	}
	defer func() { _ = sv.Close() }()
	var uids []uint32
	for _, name := range s.Web.Users {
		if a := sv.Host().Accounts.Lookup(name); a != nil && !slices.Contains(uids, a.UID) {
			uids = append(uids, a.UID)
		}
	}
	return uids
}
