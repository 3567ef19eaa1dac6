package report

import (
	"fmt"
	"strings"
	"time"

	"sshaudit/audit"
)

// client writes what the client's own log told, and how it fits this host.
func (p *printer) client(c *audit.ClientReport) {
	p.line("")
	p.line("what the client's log tells")
	program := clean(c.Program)
	if program == "" {
		program = "an unknown program"
	}
	if c.Version != "" {
		program += " " + shown(c.Version)
	}
	p.labelled("program", program+clientAttempts(c))
	if where := clientWhere(c); where != "" {
		p.labelled("to", where)
	}
	for _, k := range c.Keys {
		if text := clientKey(&k); text != "" {
			p.labelled("key", text)
		}
	}
	if len(c.Tried) > 0 || len(c.Methods) > 0 {
		p.labelled("methods", fmt.Sprintf("tried %s; the server offers %s", clientList(c.Tried), clientList(c.Methods)))
	}
	switch c.Step {
	case "":
		p.labelled("result", "no failure; it came as far as: "+clean(c.Reached))
	default:
		p.labelled("failed", fmt.Sprintf("%s, line %d: %s", clean(c.Step), c.Line, shown(c.Message)))
		p.labelled("proves", p.sentence(2+labelWidth, strings.Fields(clean(c.Proves)))...)
	}
	for _, r := range c.Remarks {
		p.labelled("server", shown(r))
	}
	here := map[audit.Verdict]string{audit.Accept: "yes", audit.Refuse: "no", audit.Unknown: "not known"}[c.Here]
	if len(c.Because) > 0 {
		here += ": " + clean(strings.Join(c.Because, "; "))
	}
	p.labelled("to here", p.sentence(2+labelWidth, strings.Fields(here))...)
	if c.ClockOff != nil && c.ClockOff.Abs() >= 2*time.Second {
		p.labelled("clock", fmt.Sprintf("the client's is %s %s the server's", c.ClockOff.Abs(), map[bool]string{true: "before", false: "behind"}[*c.ClockOff > 0]))
	}
	for _, a := range c.Advice {
		p.labelled("advice", p.sentence(2+labelWidth, strings.Fields(clean(a)))...)
	}
}

func clientAttempts(c *audit.ClientReport) string {
	if c.Attempts < 2 {
		return ""
	}
	return fmt.Sprintf(", the last of %d attempts that came to something", c.Attempts)
}

// clientWhere writes "sftp alice@host port 22 [address] through proxy".
func clientWhere(c *audit.ClientReport) string {
	var b strings.Builder
	b.WriteString(clean(c.Protocol))
	if c.Host != "" {
		b.WriteString(" " + shown(c.Host))
	}
	if c.Port != 0 {
		fmt.Fprintf(&b, " port %d", c.Port)
	}
	if c.Address != "" && c.Address != string(c.Host) {
		b.WriteString(" (" + clean(c.Address) + ")")
	}
	if c.User != "" {
		b.WriteString(" as " + shown(c.User))
	}
	if c.Proxy != "" {
		b.WriteString(" through the proxy " + shown(c.Proxy))
	}
	if c.Tunnel != "" {
		b.WriteString(" through " + shown(c.Tunnel))
	}
	return strings.TrimSpace(b.String())
}

func clientKey(k *audit.ClientKey) string {
	text := strings.TrimSpace(clean(k.Type) + " " + clean(k.Fingerprint))
	if k.Path != "" {
		text = strings.TrimSpace(text + " " + shown(k.Path))
	}
	if text == "" {
		return ""
	}
	switch k.Answer {
	case audit.Accept:
		return text + ": the server took it"
	case audit.Refuse:
		return text + ": the server refused it"
	default:
		return text
	}
}

func clientList(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return clean(strings.Join(names, ", "))
}

type jsonClient struct {
	Program    string          `json:"program"`
	Version    string          `json:"version"`
	Encoding   string          `json:"encoding"`
	Lines      int             `json:"lines"`
	Attempts   int             `json:"attempts"`
	Protocol   string          `json:"protocol"`
	Host       string          `json:"host"`
	Port       int             `json:"port"`
	User       string          `json:"user"`
	Address    string          `json:"address"`
	Proxy      string          `json:"proxy"`
	Tunnel     string          `json:"tunnel"`
	Server     string          `json:"server"`
	HostKey    *jsonClientKey  `json:"host_key"`
	Changed    bool            `json:"host_key_changed"`
	Algorithms []jsonAgreed    `json:"algorithms"`
	Offered    []jsonOffer     `json:"offered"`
	Keys       []jsonClientKey `json:"keys"`
	Tried      []string        `json:"methods_tried"`
	Methods    []string        `json:"methods_offered"`
	Reached    string          `json:"reached"`
	Step       string          `json:"step"`
	Message    string          `json:"message"`
	Line       int             `json:"line"`
	Status     *int            `json:"exit_status"`
	Stray      string          `json:"stray"`
	Passive    string          `json:"passive"`
	Began      string          `json:"began"`
	Ended      string          `json:"ended"`
	Zoned      bool            `json:"zone_known"`
	Remarks    []string        `json:"remarks"`
	Proves     string          `json:"proves"`
	Here       string          `json:"here"`
	Because    []string        `json:"because"`
	ClockOff   *float64        `json:"clock_off_seconds"`
	Advice     []string        `json:"advice"`
}

type jsonClientKey struct {
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"`
	Path        string `json:"path,omitempty"`
	Answer      string `json:"answer,omitempty"`
	Agent       bool   `json:"agent,omitempty"`
}

type jsonAgreed struct {
	Use  string `json:"use"`
	Name string `json:"name"`
}

type jsonOffer struct {
	By    string   `json:"by"`
	Use   string   `json:"use"`
	Names []string `json:"names"`
}

// clientObject is what was read from the client's log, as it stands under "client".
func clientObject(c *audit.ClientReport) jsonClient {
	o := jsonClient{
		Program: clean(c.Program), Version: whole(c.Version), Encoding: clean(c.Encoding), Lines: c.Lines, Attempts: c.Attempts, Protocol: clean(c.Protocol),
		Host: whole(c.Host), Port: c.Port, User: whole(c.User), Address: clean(c.Address), Proxy: whole(c.Proxy), Tunnel: whole(c.Tunnel), Server: whole(c.Server),
		Changed: c.HostKeyChanged, Tried: cleaned(c.Tried), Methods: cleaned(c.Methods), Reached: clean(c.Reached), Step: clean(c.Step), Message: whole(c.Message),
		Line: c.Line, Status: c.Status, Stray: whole(c.Stray), Passive: clean(c.Passive), Began: clientTime(c.Began), Ended: clientTime(c.Ended), Zoned: c.Zoned,
		Proves: clean(c.Proves), Here: c.Here.String(), Because: cleaned(c.Because), Advice: cleaned(c.Advice),
		Algorithms: []jsonAgreed{}, Offered: []jsonOffer{}, Keys: []jsonClientKey{}, Remarks: []string{},
	}
	if c.HostKey.Fingerprint != "" {
		o.HostKey = &jsonClientKey{Type: clean(c.HostKey.Type), Fingerprint: clean(c.HostKey.Fingerprint)}
	}
	for _, a := range c.Agreed {
		o.Algorithms = append(o.Algorithms, jsonAgreed{clean(a.Use), clean(a.Name)})
	}
	for _, f := range c.Offered {
		o.Offered = append(o.Offered, jsonOffer{clean(f.By), clean(f.Use), cleaned(f.Names)})
	}
	for _, k := range c.Keys {
		o.Keys = append(o.Keys, jsonClientKey{clean(k.Type), clean(k.Fingerprint), whole(k.Path), k.Answer.String(), k.Agent})
	}
	for _, r := range c.Remarks {
		o.Remarks = append(o.Remarks, whole(r))
	}
	if c.ClockOff != nil {
		seconds := c.ClockOff.Seconds()
		o.ClockOff = &seconds
	}
	return o
}

// cleaned is clean for a list; JSON shows an empty one as such.
func cleaned(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, clean(s))
	}
	return out
}

func clientTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
