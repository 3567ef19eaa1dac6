package netfilter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// ParseNFT reads what `nft -j list ruleset` prints (libnftables-json(5)). A rule
// that holds something unknown is kept, with an operation that may do anything in
// its place. Dependencies that nft leaves out of its output are put back, except
// one that cannot be: nft 1.0 prints a `reject with tcp reset` in a table inet
// without the `meta nfproto` or `meta protocol` before it, and the file then says
// that it is for both families.
func ParseNFT(name string, text []byte) (*Ruleset, error) {
	var doc struct {
		Nftables []map[string]json.RawMessage `json:"nftables"`
	}
	if err := strictJSON(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: not the output of `nft -j list ruleset`: %s", name, jsonProblem(text, err))
	}
	if doc.Nftables == nil {
		return nil, fmt.Errorf("%s: no \"nftables\" list: want the output of `nft -j list ruleset`", name)
	}
	r := jsonReader{rs: &Ruleset{Source: name}, byName: map[tableKey]*Table{}}
	for pass := range 3 {
		for i, item := range doc.Nftables {
			for kind, raw := range item {
				if err := r.item(pass, kind, raw); err != nil {
					return nil, fmt.Errorf("%s: entry %d: %w", name, i+1, err)
				}
			}
		}
	}
	for _, t := range r.rs.Tables {
		t.Dialect = dialectOf(t)
	}
	return r.rs, nil
}

func strictJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something follows the end")
	}
	return nil
}

// jsonProblem gives the line of a syntax error, and never the text.
func jsonProblem(text []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at int64
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	default:
		return "it is cut short"
	}
	at = min(max(at, 0), int64(len(text)))
	return fmt.Sprintf("line %d: bad JSON", 1+bytes.Count(text[:at], []byte("\n")))
}

type jsonReader struct {
	rs     *Ruleset
	byName map[tableKey]*Table
}

// item reads one entry: tables in the first pass, then sets, objects and chains,
// then rules, which may refer to any of them.
func (r *jsonReader) item(pass int, kind string, raw json.RawMessage) error {
	want := map[string]int{"table": 0, "rule": 2, "metainfo": -1, "flowtable": -1, "element": -1}
	if n, ok := want[kind]; ok && n != pass || !ok && pass != 1 {
		return nil
	}
	var o object
	if err := strictJSON(raw, &o); err != nil {
		return errors.New("want an object")
	}
	f, ok := familyByName(text(o["family"]))
	if !ok {
		return fmt.Errorf("unknown family %s", shown(text(o["family"])))
	}
	if kind == "table" {
		t := newTable(f, text(o["name"]))
		t.Handle, t.Dormant = uint64(number(o["handle"])), hasFlag(o["flags"], "dormant")
		for _, f := range list(o["flags"]) {
			t.Unclear = t.Unclear || !t.Dormant && text(f) != "owner" && text(f) != "persist"
		}
		if r.byName[tableKey{f, t.Name}] != nil {
			return fmt.Errorf("table %s appears twice", shown(t.Name))
		}
		r.byName[tableKey{f, t.Name}] = t
		r.rs.Tables = append(r.rs.Tables, t)
		return nil
	}
	t := r.byName[tableKey{f, text(o["table"])}]
	if t == nil {
		return fmt.Errorf("table %s is not in the file", shown(text(o["table"])))
	}
	switch kind {
	case "chain":
		return jsonChain(t, o)
	case "set", "map":
		return jsonSet(t, o, kind == "map")
	case "rule":
		return jsonRule(t, o)
	}
	t.Objects[text(o["name"])] = kind
	return nil
}

func jsonChain(t *Table, o object) error {
	c := t.chain(text(o["name"]))
	c.Handle = uint64(number(o["handle"]))
	if o["hook"] == nil {
		return nil
	}
	var ok bool
	if c.Hook, ok = hookByName(text(o["hook"])); !ok {
		return fmt.Errorf("chain %s: unknown hook", shown(c.Name))
	}
	c.Type, c.Priority = text(o["type"]), int(number(o["prio"]))
	if text(o["policy"]) == "drop" {
		c.Policy = Verdict{Code: Drop}
	}
	for _, d := range list(o["dev"]) {
		c.Devices = append(c.Devices, text(d))
	}
	return nil
}

func jsonRule(t *Table, o object) error {
	name := text(o["chain"])
	c := t.Chains[name]
	if c == nil {
		return fmt.Errorf("chain %s is not in the file", shown(name))
	}
	b := jsonRuleBuilder{t: t}
	for _, e := range list(o["expr"]) {
		b.statement(e)
	}
	r := &Rule{Handle: uint64(number(o["handle"])), Comment: text(o["comment"]), done: true, ops: b.ops}
	c.Rules = append(c.Rules, r)
	return nil
}

// text, number, list and sole read a JSON value of a kind, leniently: another
// kind reads as empty.
func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return i
}

// list reads a list; a value that is no list counts as a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// sole takes an object of one entry apart.
func sole(v any) (key string, value any, ok bool) {
	o, isObject := v.(object)
	if !isObject || len(o) != 1 {
		return "", nil, false
	}
	for k, v := range o {
		return k, v, true
	}
	return "", nil, false
}

func hasFlag(v any, flag string) bool {
	for _, f := range list(v) {
		if strings.EqualFold(text(f), flag) {
			return true
		}
	}
	return false
}
