package netfilter

import "strconv"

// Family is a netfilter protocol family, as in NFPROTO_*.
type Family uint8

// The families whose tables can decide about a packet to the host.
const (
	Inet   Family = 1
	IPv4   Family = 2
	ARP    Family = 3
	Netdev Family = 5
	Bridge Family = 7
	IPv6   Family = 10
)

var familyNames = map[Family]string{Inet: "inet", IPv4: "ip", ARP: "arp", Netdev: "netdev", Bridge: "bridge", IPv6: "ip6"}

// String returns nft's name of the family.
func (f Family) String() string {
	if s, ok := familyNames[f]; ok {
		return s
	}
	return "family" + strconv.Itoa(int(f))
}

// familyByName is the reverse of String.
func familyByName(name string) (Family, bool) {
	for f, s := range familyNames {
		if s == name {
			return f, true
		}
	}
	return 0, false
}

// Hook is a place where base chains are called.
type Hook int8

// Hooks. NoHook marks a chain that runs only when something jumps to it.
const (
	NoHook Hook = iota
	Ingress
	Prerouting
	Input
	Forward
	Output
	Postrouting
	Egress
)

var hookNames = [...]string{"", "ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"}

// String returns nft's name of the hook.
func (h Hook) String() string { return hookNames[h] }

func hookByName(name string) (Hook, bool) {
	for i, s := range hookNames {
		if s == name && i > 0 {
			return Hook(i), true
		}
	}
	return NoHook, false
}

// Dialect is the language in which a table's owner writes its rules.
type Dialect uint8

// Dialects.
const (
	NFT      Dialect = iota // nft
	IPTables                // iptables over nf_tables
	Legacy                  // iptables over ip_tables
)

// Ruleset is everything that can decide about a packet.
type Ruleset struct {
	Tables []*Table
	// Source says where it was read: "kernel", or a file's name.
	Source string
	// Load fetches the elements of a set that was listed without them. It is
	// called at most once for each set, and only when a rule looks into it.
	Load func(*Set) error
	// IPSet fetches the content of an ipset by name, or by kernel index when
	// the name is empty. Nil: contents are not known.
	IPSet func(name string, index uint16) (*IPSet, error)
	// Covers lists the families that the source tells about; empty is all.
	Covers []Family
	// Missing names parts that could not be read and may decide as well
	// (legacy tables without the right to read them): any verdict is then unknown
	// unless the packet is refused before.
	Missing []string
}

// Table is one table with its chains and sets.
type Table struct {
	Family  Family
	Name    string
	Dialect Dialect
	// Handle grows with the table's age; 0 if the source does not tell.
	Handle uint64
	// Dormant tables hook nothing.
	Dormant bool
	// Unclear: it may be dormant; nft 1.0.x prints a table's flags wrongly.
	Unclear bool
	Chains  map[string]*Chain
	// Order lists the chains as they were created.
	Order []*Chain
	Sets  map[string]*Set
	// Objects gives the kind of each named object: "limit", "quota", "counter", …
	Objects map[string]string
}

// chain returns the named chain, made if it is new.
func (t *Table) chain(name string) *Chain {
	if c, ok := t.Chains[name]; ok {
		return c
	}
	c := &Chain{Table: t, Name: name, Policy: Verdict{Code: Accept}}
	t.Chains[name] = c
	t.Order = append(t.Order, c)
	return c
}

func newTable(f Family, name string) *Table {
	return &Table{Family: f, Name: name, Chains: map[string]*Chain{}, Sets: map[string]*Set{}, Objects: map[string]string{}}
}

// Chain is a list of rules; a base chain has a hook.
type Chain struct {
	Table    *Table
	Name     string
	Hook     Hook
	Type     string // filter, nat, route; empty without a hook
	Priority int
	// Policy is Accept or Drop; it applies to base chains only.
	Policy Verdict
	// Devices are the interfaces of an ingress chain.
	Devices []string
	Rules   []*Rule
	Handle  uint64
}

// Rule is one rule. Its operations are decoded when it is first met.
type Rule struct {
	// Handle is nf_tables' handle, or the number of the rule in its chain, from
	// 1, for a source without handles.
	Handle  uint64
	Comment string
	// text is the rule as its source wrote it; empty if it must be rendered.
	text string
	// raw is the NFTA_RULE_EXPRESSIONS attribute, until ops is made of it.
	raw  []byte
	ops  []op
	done bool
}

// Code is what a verdict does.
type Code uint8

// Verdict codes.
const (
	Continue Code = iota
	Accept
	Drop
	Reject
	Jump
	Goto
	Return
	// Queue hands the packet to a program.
	Queue
	// Stolen: the packet is gone elsewhere (fwd, synproxy).
	Stolen
)

var codeNames = [...]string{"continue", "accept", "drop", "reject", "jump", "goto", "return", "queue", "stolen"}

// Verdict is a code and, for Jump and Goto, the chain.
type Verdict struct {
	Code  Code
	Chain string
}

// String returns the verdict as nft writes it.
func (v Verdict) String() string {
	if v.Chain != "" {
		return codeNames[v.Code] + " " + v.Chain
	}
	return codeNames[v.Code]
}

// Set is a set or a map.
type Set struct {
	Table *Table
	Name  string
	// KeyLen is the length of a key in bytes; Fields the lengths of the parts of
	// a concatenation, padded to words, empty for a plain key.
	KeyLen    int
	Fields    []int
	Anonymous bool
	Interval  bool
	Dynamic   bool
	Map       bool
	// Verdicts: the map holds verdicts. ObjectKind: it holds objects of this kind.
	Verdicts   bool
	ObjectKind string
	// Size bounds the elements; 0 is no bound.
	Size     int
	Elements []Element
	// guard names the stateful expression that every element added later carries.
	guard  string
	loaded bool
	err    error
	// types and dataTypes are those of a set read from a file.
	types, dataTypes []*jtype
}

// Element is one element of a set: a key, or an inclusive range of keys. For a
// concatenation the range holds field by field.
type Element struct {
	Key, KeyEnd []byte
	CatchAll    bool
	Data        []byte
	Verdict     Verdict
	Object      string
	Comment     string
	// Guard names a stateful expression that decides beside membership: "limit", "quota".
	Guard string
}
