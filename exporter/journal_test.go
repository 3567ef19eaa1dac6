package exporter

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
	"github.com/google/go-cmp/cmp"
)

func TestLogInTheJournalHasFields(t *testing.T) {
	var message string
	var level journal.Priority
	var fields map[string]string
	h := &journalHandler{otherwise: slog.DiscardHandler, send: func(m string, p journal.Priority, f map[string]string) error {
		message, level, fields = m, p, f
		return nil
	}}
	h.otherwise = slog.NewTextHandler(&bytes.Buffer{}, nil)
	log := slog.New(h).With("unit", "ssh.service").WithGroup("watch")
	log.Warn("the kernel dropped events", "accounts", 7, "über-weg", "x\ny", slog.Group("last", "pass", "now"))
	if level != journal.PriWarning || !strings.HasPrefix(message, "the kernel dropped events accounts=7") {
		t.Errorf("priority %d, message %q", level, message)
	}
	want := map[string]string{
		"SSHAUDIT_UNIT": "ssh.service", "SSHAUDIT_WATCH_ACCOUNTS": "7", "SSHAUDIT_WATCH__BER_WEG": "x\ny",
		"SSHAUDIT_WATCH_LAST_PASS": "now",
	}
	if d := cmp.Diff(want, fields); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	message = ""
	if log.Debug("quiet"); message != "" {
		t.Error("a record below the level was written")
	}
}

func TestLogGoesToStandardErrorWithoutAJournal(t *testing.T) {
	var text bytes.Buffer
	h := &journalHandler{otherwise: slog.NewTextHandler(&text, nil), send: func(string, journal.Priority, map[string]string) error {
		return errors.New("gone")
	}}
	slog.New(h).Error("no", "err", "why")
	if !strings.Contains(text.String(), "msg=no err=why") {
		t.Errorf("got %q", text.String())
	}
	var other bytes.Buffer
	log := slog.New(slog.NewTextHandler(&other, nil))
	if t.Setenv("JOURNAL_STREAM", ""); JournalLog(log) != log {
		t.Error("a journal is spoken to where there is none")
	}
}
