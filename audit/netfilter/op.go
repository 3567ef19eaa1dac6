package netfilter

// op is one operation of a rule.
type op interface {
	exec(m *machine, s *state) step
}

// step is the outcome of one operation.
type step struct {
	kind stepKind
	v    Verdict
	// why names the match for a fork.
	why string
	// alts are the possible outcomes of a fork beyond match and no match.
	alts []alt
	// reset: a rejection answers with a TCP reset.
	reset   bool
	element *Element
	set     *Set
}

// alt is one possible outcome of a lookup with an incompletely known key.
type alt struct {
	v    Verdict
	put  []byte
	at   int
	miss bool
	elem *Element
}

type stepKind uint8

const (
	// next goes on with the following operation.
	next stepKind = iota
	// miss ends the rule without a match.
	miss
	// verdict does what step.v says.
	verdict
	// fork may match or not.
	fork
	// choice is one of step.alts.
	choice
	// anything may match, miss, accept or refuse: an operation that is not known.
	anything
	// fate ends the walk with an outcome that cannot be told.
	fate
)

func goOn() step                 { return step{} }
func missed() step               { return step{kind: miss} }
func decide(v Verdict) step      { return step{kind: verdict, v: v} }
func undecided(why string) step  { return step{kind: fork, why: why} }
func unknownOp(name string) step { return step{kind: anything, why: name} }
func untold(why string) step     { return step{kind: fate, why: why} }
func matched(t tri, w string) step {
	return step{kind: [...]stepKind{no: miss, yes: next, maybe: fork}[t], why: w}
}

// opNone has no say: counter, log, nftrace, …
type opNone struct{ name string }

func (opNone) exec(*machine, *state) step { return goOn() }

// opVerdict is an immediate verdict.
type opVerdict struct{ v Verdict }

func (o opVerdict) exec(*machine, *state) step { return decide(o.v) }

// opReject refuses with an answer.
type opReject struct {
	with string
	// kind and code are NFT_REJECT_* for a rule that the kernel gave.
	kind, code uint32
}

func (o opReject) exec(*machine, *state) step {
	return step{kind: verdict, v: Verdict{Code: Reject}, reset: o.kind == 1 || o.with == "tcp-reset" || o.with == "tcp reset"}
}

// opMaybe is a match that nobody can decide beforehand.
type opMaybe struct{ name, text string }

func (o opMaybe) exec(*machine, *state) step { return undecided(o.name) }

// opFalse is a match that a plain TCP or UDP packet never meets.
type opFalse struct{ name string }

func (o opFalse) exec(*machine, *state) step { return missed() }

// opUnknown is an operation that this program was not taught.
type opUnknown struct{ name string }

func (o opUnknown) exec(*machine, *state) step { return unknownOp(o.name) }

// opFate ends what can be told: synproxy, fwd to another device.
type opFate struct{ name string }

func (o opFate) exec(*machine, *state) step { return untold(o.name) }

// opQueue hands the packet to a program in user space.
type opQueue struct{}

func (o opQueue) exec(*machine, *state) step { return decide(Verdict{Code: Queue}) }

// opNotrack sets the packet untracked, unless conntrack has it already.
type opNotrack struct{}

func (opNotrack) exec(_ *machine, s *state) step {
	if s.track == untouched {
		s.track = untracked
	}
	return goOn()
}
