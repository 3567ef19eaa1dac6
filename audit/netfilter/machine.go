package netfilter

// Bounds of one walk. A rule set that passes them is answered with unknown.
const (
	maxSteps  = 1_000_000
	maxForks  = 20_000
	maxDepth  = 64
	maxEvents = 10_000
)

// machine evaluates one question over one plan.
type machine struct {
	rs       *Ruleset
	host     *Host
	q        Question
	v6       bool
	family   Family
	loopback bool
	ctOn     bool
	hasNAT   bool
	// hasOutput: chains see what this host sends.
	hasOutput bool

	plan   []stage
	ends   map[core]outcome
	starts map[*Rule]bool
	frames map[frame]*frame
	adds   map[addition]*addition
	// translated: some way met a rule that sends the connection elsewhere.
	translated bool
	// lists stand for the lists of -m recent.
	lists map[string]*Set
	steps int
	forks int
}

func (m *machine) reset(plan []stage) {
	m.plan = plan
	m.ends = map[core]outcome{}
	m.starts = map[*Rule]bool{}
	m.frames = map[frame]*frame{}
	m.adds = map[addition]*addition{}
}

// load fetches a set's elements when they are first needed.
func (m *machine) load(t *Set) error {
	if t.loaded || m.rs.Load == nil {
		return t.err
	}
	t.err, t.loaded = m.rs.Load(t), true
	return t.err
}

// push interns the place to return to.
func (m *machine) push(s *state, rule int) bool {
	f := frame{up: s.stack, chain: s.chain, rule: rule}
	if s.stack != nil {
		f.depth = s.stack.depth + 1
	}
	if f.depth > maxDepth {
		return false
	}
	p, ok := m.frames[f]
	if !ok {
		p = &f
		m.frames[f] = p
	}
	s.stack = p
	return true
}

// add records an element that later rules of the walk will see.
func (m *machine) add(s *state, set *Set, key value) {
	a := addition{up: s.added, set: set}
	if key.isKnown() {
		a.key = string(key.b)
	}
	for p := s.added; p != nil; p = p.up {
		if p.set == set && p.key == a.key {
			return
		}
	}
	p, ok := m.adds[a]
	if !ok {
		p = &a
		m.adds[a] = p
	}
	s.added = p
}
