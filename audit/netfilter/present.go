package netfilter

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// reachDoc is the document of `sshaudit reach --format json`.
type reachDoc struct {
	Schema    string   `json:"schema"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Port      uint16   `json:"port"`
	Proto     string   `json:"proto"`
	Interface string   `json:"interface"`
	Verdict   Result   `json:"verdict"`
	Refused   bool     `json:"refused"`
	DecidedBy *Ref     `json:"decided_by"`
	Unknown   []string `json:"unknown"`
	Trace     []Step   `json:"trace"`
}

// WriteJSON writes an answer as one JSON document.
func WriteJSON(w io.Writer, q Question, a Answer) error {
	d := reachDoc{Schema: "sshaudit.reach/1", From: addrText(q.From), To: addrText(q.To), Port: q.Port, Proto: q.Proto.String(),
		Interface: escapeName(q.Interface), Verdict: a.Verdict, Refused: a.Refused, DecidedBy: a.DecidedBy, Unknown: a.Unknown, Trace: a.Trace}
	if d.Unknown == nil {
		d.Unknown = []string{}
	}
	if d.Trace == nil {
		d.Trace = []Step{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return shown(a.String())
}

// WriteText writes an answer for a person.
func WriteText(w io.Writer, q Question, a Answer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", a.Verdict, headline(q, a))
	if d := a.DecidedBy; d != nil {
		fmt.Fprintf(&b, "  decided by: %s\n", refText(d))
		if d.Comment != "" {
			fmt.Fprintf(&b, "  comment: %s\n", d.Comment)
		}
		switch {
		case d.Ban && d.List != "":
			fmt.Fprintf(&b, "  this is a ban: %s, jail %s\n", d.Manager, d.List)
		case d.Ban:
			fmt.Fprintf(&b, "  this is a ban: %s\n", d.Manager)
		case d.Manager != "":
			fmt.Fprintf(&b, "  managed by: %s\n", d.Manager)
		}
		if d.Change != "" {
			fmt.Fprintf(&b, "  to let it in: %s\n", d.Change)
		}
	}
	for _, u := range a.Unknown {
		fmt.Fprintf(&b, "  not known: %s\n", u)
	}
	if len(a.Trace) > 0 {
		b.WriteString("way:\n")
	}
	for _, s := range a.Trace {
		fmt.Fprintf(&b, "  %-8s %s %s%s  %s  (%s)\n", s.Packet, s.Table, s.Chain, handleText(s.Handle), s.Rule, s.Result)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func handleText(h uint64) string {
	if h == 0 {
		return ""
	}
	return " #" + strconv.FormatUint(h, 10)
}

func refText(d *Ref) string {
	if d.Table == "" {
		return d.Rule
	}
	return fmt.Sprintf("%s %s %s%s: %s", d.Family, d.Table, d.Chain, handleText(d.Handle), d.Rule)
}

// headline is the first line: what happens, and what the client sees.
func headline(q Question, a Answer) string {
	to := fmt.Sprintf("port %d", q.Port)
	if q.To.IsValid() {
		to = netip.AddrPortFrom(q.To.WithZone(""), q.Port).String()
	}
	way := fmt.Sprintf("a new %s connection from %s to %s", q.Proto, addrText(q.From), to)
	if q.Interface != "" {
		way += " over " + shown(q.Interface)
	}
	switch {
	case a.Verdict == Accepted:
		return way + " gets through the packet filter"
	case a.Verdict == Dropped:
		return way + " is dropped in silence; the client reports a timeout"
	case a.Verdict == Rejected:
		return way + " is refused with an answer; the client reports a refusal at once"
	case a.Refused:
		return way + " is refused, with or without an answer"
	}
	return way + " cannot be judged for certain"
}
