package exporter

import (
	"fmt"
	"log/slog"
	"time"

	"sshaudit/audit"
	"sshaudit/audit/live"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notifier tells systemd how the daemon is. Without systemd it tells nobody.
type notifier struct {
	log *slog.Logger
	// every is how often the watchdog wants to hear of the loop; 0 without one.
	every time.Duration
}

func newNotifier(log *slog.Logger) notifier {
	patience, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's time is not understood; it is not fed", "err", err)
	}
	return notifier{log, patience / 3}
}

func (n notifier) send(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		n.log.Warn("systemd could not be told", "err", err)
	}
}

func (n notifier) ready()    { n.send(daemon.SdNotifyReady + "\nSTATUS=First audit under way") }
func (n notifier) stopping() { n.send(daemon.SdNotifyStopping + "\nSTATUS=Stopping") }

// turned is called by the loop that does the work, after it turned.
func (n notifier) turned(s *live.Snapshot) {
	state := "STATUS=" + status(s)
	if n.every > 0 {
		state = daemon.SdNotifyWatchdog + "\n" + state
	}
	n.send(state)
}

// status is the state in one sentence, without the name of an account.
func status(s *live.Snapshot) string {
	switch {
	case s.Err != nil:
		return "The last audit failed; the log says why"
	case s.Report == nil:
		return "First audit under way"
	}
	return fmt.Sprintf("%d accounts audited at %s: %d critical, %d warning, %d notice", s.Report.Users,
		s.LastAudit.UTC().Format(time.RFC3339), s.Report.Count(audit.Critical), s.Report.Count(audit.Warning), s.Report.Count(audit.Notice))
}

// Reloading tells systemd that a reload of the configuration began, which must
// be followed by Reloaded.
func (s *Server) Reloading() {
	notifier{log: s.Log}.send(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// Reloaded tells systemd that a reload ended, well or not.
func (s *Server) Reloaded() { notifier{log: s.Log}.send(daemon.SdNotifyReady) }
