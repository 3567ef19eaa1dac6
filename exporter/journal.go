package exporter

import (
	"context"
	"log/slog"
	"maps"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
)

// fieldPrefix begins the names of our own fields in the journal, as systemd.journal-fields(7)
// asks of programs.
const fieldPrefix = "SSHAUDIT_"

// JournalLog returns a logger that writes to journald with fields, if standard
// error leads there, as it does for a unit of systemd; else the given one.
// Records that journald does not take go to the given one too.
func JournalLog(otherwise *slog.Logger) *slog.Logger {
	if ours, err := journal.StderrIsJournalStream(); err != nil || !ours {
		return otherwise
	}
	return slog.New(&journalHandler{otherwise: otherwise.Handler(), send: journal.Send})
}

// journalHandler is a slog.Handler that speaks journald's own protocol.
type journalHandler struct {
	otherwise slog.Handler
	send      func(message string, priority journal.Priority, fields map[string]string) error
	// group is what names of fields begin with, fields are those of every record.
	group  string
	fields map[string]string
}

// Enabled asks the other handler, which knows the level.
func (h *journalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.otherwise.Enabled(ctx, level)
}

// Handle writes one record.
func (h *journalHandler) Handle(ctx context.Context, r slog.Record) error {
	fields := maps.Clone(h.fields)
	if fields == nil {
		fields = make(map[string]string)
	}
	var text strings.Builder
	text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		add(fields, h.group, a)
		text.WriteString(" " + a.String())
		return true
	})
	if err := h.send(text.String(), priority(r.Level), fields); err != nil {
		return h.otherwise.Handle(ctx, r)
	}
	return nil
}

// WithAttrs returns a handler whose every record has these fields.
func (h *journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.otherwise = h.otherwise.WithAttrs(attrs)
	if next.fields = maps.Clone(h.fields); next.fields == nil {
		next.fields = make(map[string]string)
	}
	for _, a := range attrs {
		add(next.fields, h.group, a)
	}
	return &next
}

// WithGroup returns a handler whose fields have a name before theirs.
func (h *journalHandler) WithGroup(name string) slog.Handler {
	next := *h
	next.otherwise = h.otherwise.WithGroup(name)
	next.group = h.group + name + "_"
	return &next
}

// add puts an attribute among the fields. Names are upper case letters, digits
// and underscores, up to 64 of them.
func add(fields map[string]string, group string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		for _, inner := range value.Group() {
			add(fields, group+a.Key+"_", inner)
		}
		return
	}
	const longest = 64
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return '_'
	}, fieldPrefix+group+a.Key)
	fields[name[:min(len(name), longest)]] = value.String()
}

// priority is the level as syslog(3) has it.
func priority(l slog.Level) journal.Priority {
	switch {
	case l >= slog.LevelError:
		return journal.PriErr
	case l >= slog.LevelWarn:
		return journal.PriWarning
	case l >= slog.LevelInfo:
		return journal.PriInfo
	}
	return journal.PriDebug
}
