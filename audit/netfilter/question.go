package netfilter

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Proto is a transport protocol number.
type Proto uint8

// Transport protocols a question may ask for.
const (
	TCP Proto = 6
	UDP Proto = 17

	icmp   Proto = 1
	icmpv6 Proto = 58
)

// String returns "tcp" or "udp".
func (p Proto) String() string {
	if p == UDP {
		return "udp"
	}
	return "tcp"
}

// Question is a new connection to this host.
type Question struct {
	// From is the client's address.
	From netip.Addr
	// To is the address it connects to; the zero Addr if that is not known.
	To    netip.Addr
	Port  uint16
	Proto Proto
	// Interface is where the packet comes in; empty if that is not known. An
	// unknown interface is not the loopback unless From or To says so.
	Interface string
}

// Check reports a question that makes no sense.
func (q Question) Check() error {
	switch {
	case !q.From.IsValid():
		return errors.New("no source address: name one with --from")
	case q.From.Zone() != "" && len(q.From.Zone()) > 15:
		return errors.New("source address: the zone is longer than an interface name")
	case q.From.IsUnspecified() || q.From.IsMulticast():
		return fmt.Errorf("source address %s: no connection comes from there", q.From)
	case q.To.IsValid() && q.To.Is4() != q.From.Is4():
		return fmt.Errorf("addresses %s and %s: one is IPv4, the other IPv6", q.From, q.To)
	case q.To.IsValid() && (q.To.IsUnspecified() || q.To.IsMulticast()):
		return fmt.Errorf("destination address %s: no connection goes there", q.To)
	case q.Port == 0:
		return errors.New("port 0: want 1 to 65535")
	case q.Proto != TCP && q.Proto != UDP:
		return errors.New("protocol: want tcp or udp")
	case len(q.Interface) > 15:
		return fmt.Errorf("interface %q: longer than an interface name", q.Interface)
	}
	return nil
}

// Result is the answer's one word.
type Result uint8

// Results. The zero value is Unknown, so that nothing reads as decided by mistake.
const (
	Unknown Result = iota
	Accepted
	Dropped
	Rejected
)

// String returns the word used in JSON.
func (r Result) String() string { return [...]string{"unknown", "accept", "drop", "reject"}[r] }

// MarshalText writes the word.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Ref points to a rule, or with Handle 0 to a base chain's policy.
type Ref struct {
	Family  string `json:"family"`
	Table   string `json:"table"`
	Chain   string `json:"chain"`
	Handle  uint64 `json:"handle"`
	Rule    string `json:"rule"`
	Comment string `json:"comment,omitempty"`
	// Manager is the program that wrote the rule, as far as it can be told; Change is
	// its command to let the source in.
	Manager string `json:"manager,omitempty"`
	Change  string `json:"change,omitempty"`
	// Ban tells that the rule bans this source after failed logins.
	Ban bool `json:"ban,omitempty"`
	// List is the manager's list that the rule stands on: fail2ban's jail.
	List string `json:"list,omitempty"`
}

// Step is one rule that the packet matched.
type Step struct {
	// Packet is which packet of the connection: "request", "reply", "later".
	Packet string `json:"packet,omitempty"`
	Table  string `json:"table"`
	Chain  string `json:"chain"`
	Handle uint64 `json:"handle"`
	Rule   string `json:"rule"`
	Result string `json:"result"`
}

// Answer is what Evaluate found.
type Answer struct {
	Verdict Result
	// Refused: every way ends in drop or reject, though Verdict may be Unknown
	// because they differ in which.
	Refused bool
	// DecidedBy is the rule or policy; nil when no rule had a say.
	DecidedBy *Ref
	// Unknown names what could not be decided and would have mattered.
	Unknown []string
	Trace   []Step
	// Translated: a rule that sends connections to another address or port was met,
	// so that the one asked for need not be the one that a program sees.
	Translated bool
}

// Host is what the evaluation may know about the machine beside the rules. A nil
// *Host, a nil function or a false ok means not known.
type Host struct {
	Links []Link
	// Addrs are the host's addresses in the kernel's order.
	Addrs []Addr
	// Route looks up the route for a packet to dst, with iif and mark where the
	// rule asks for them.
	Route func(RouteQuery) (Route, bool)
	// PolicyRules tells that routing depends on more than the destination: what a
	// rule then makes of a route lookup is not known.
	PolicyRules bool
	// RPFilter gives the reverse path filter of an interface for IPv4: 0 off, 1 strict, 2 loose.
	RPFilter func(iface string) (mode int, ok bool)
	// RouteLocalnet tells whether the interface accepts packets to 127.0.0.0/8.
	RouteLocalnet func(iface string) (on, ok bool)
	// Recent gives the text of a list of -m recent.
	Recent func(list string) (text string, ok bool)
}

// Link is a network interface.
type Link struct {
	Index int
	Name  string
	// Type is the hardware type, ARPHRD_*.
	Type  uint16
	Group uint32
	// Kind is the driver's name ("bridge", "veth"); empty if it has none.
	Kind string
	// Master and Parent are the indices of the bridge or bond above it and of the
	// device that a VLAN or the like rests on; 0 if none.
	Master, Parent int
	// Lower are the indices of the interfaces below: a bridge's ports, a VLAN's device.
	Lower []int
}

// Addr is an address of an interface.
type Addr struct {
	Addr  netip.Addr
	Index int
	// Bits is the prefix length.
	Bits int
}

// RouteQuery asks for a route.
type RouteQuery struct {
	Dst, Src netip.Addr
	// Oif restricts the lookup to an interface; 0 is any.
	Oif  int
	Mark uint32
}

// Route is the answer to a RouteQuery.
type Route struct {
	// Found is false if there is no route.
	Found bool
	Oif   int
	// Type is the route type, RTN_*.
	Type uint8
}

func (h *Host) link(name string) (Link, bool) {
	if h == nil || name == "" {
		return Link{}, false
	}
	for _, l := range h.Links {
		if l.Name == name {
			return l, true
		}
	}
	return Link{}, false
}

// local tells whether addr is the host's own.
func (h *Host) local(addr netip.Addr) tri {
	if addr.IsLoopback() {
		return yes
	}
	if h == nil || len(h.Addrs) == 0 {
		return maybe
	}
	for _, a := range h.Addrs {
		if a.Addr == addr {
			return yes
		}
	}
	return no
}

// joinUnknown names without repeating.
func addName(names []string, name string) []string {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return names
		}
	}
	return append(names, name)
}
