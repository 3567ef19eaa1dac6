package netfilter

import (
	"strconv"
	"strings"

	"sshaudit/audit"
)

// shown makes a name from the rule set fit for a terminal.
func shown(s string) string { return audit.Untrusted(s).String() }

// shownWords is shown for a rule, which may be longer than one name.
func shownWords(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if w != "" && w[0] == '"' {
			// A quoted text begins here; its quotes are the rule's own.
			words[i] = `"` + shown(w[1:])
			continue
		}
		words[i] = shown(w)
	}
	return strings.Join(words, " ")
}

// quoted is a text in double quotes, as nft and iptables show comments.
func quoted(s string) string {
	if t := shown(s); t == s {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return strconv.Quote(s)
}

// traceSteps words the matched rules of one way.
func (m *machine) traceSteps(e *event) []Step {
	var out []Step
	for ; e != nil; e = e.next {
		c := e.ref.chain
		st := Step{Packet: wayNames[e.way], Table: c.Table.Family.String() + " " + shown(c.Table.Name), Chain: shown(c.Name), Result: e.result}
		if e.ref.rule == nil {
			st.Rule = "policy " + c.Policy.String()
		} else {
			st.Handle, st.Rule = e.ref.rule.Handle, m.ruleText(c, e.ref.rule)
		}
		out = append(out, st)
	}
	return out
}

// ruleText is the rule as its administrator would see it.
func (m *machine) ruleText(c *Chain, r *Rule) string {
	if r.text != "" {
		return shownWords(r.text)
	}
	return shownWords(renderRule(m.rs, c.Table, r))
}

// decidedBy names the rule that a way ended with. An accepted connection is
// credited to the last rule of the way in that accepted it, else to the last policy.
func (m *machine) decidedBy(d *decision, v Result) *Ref {
	at := d.ref
	if at == nil {
		for e := d.trace; e != nil; e = e.next {
			if e.way == request && strings.HasPrefix(e.result, "accept") && (at == nil || e.ref.rule != nil || at.rule == nil) {
				r := e.ref
				at = &r
			}
		}
	}
	switch {
	case at == nil:
		return nil
	case at.chain == nil:
		return &Ref{Rule: at.what}
	}
	c := at.chain
	out := &Ref{Family: c.Table.Family.String(), Table: shown(c.Table.Name), Chain: shown(c.Name)}
	if at.rule == nil {
		out.Rule = "policy " + c.Policy.String()
	} else {
		out.Handle, out.Rule = at.rule.Handle, m.ruleText(c, at.rule)
		if at.rule.Comment != "" {
			out.Comment = shown(at.rule.Comment)
		}
	}
	m.manage(out, at, v == Dropped || v == Rejected)
	return out
}
