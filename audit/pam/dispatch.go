package pam

// answer is what a module may return, and why.
type answer struct {
	// codes is one code, or several if it is not known which.
	codes []Code
	// why says why the module refuses; empty if it does not. Already escaped.
	why string
	// missing says what would have to be known; set if there are several codes. Already escaped.
	missing string
}

func sure(c Code) answer { return answer{codes: []Code{c}} }

func refuse(c Code, why string) answer { return answer{codes: []Code{c}, why: why} }

// unsure is an answer that nobody can give for want of something.
func unsure(missing string, codes ...Code) answer { return answer{codes: codes, missing: missing} }

// ask returns the answers that a module of a stack may give.
type ask func(i int) []Code

// impression is what a stack thinks so far (pam_dispatch.c).
type impression int8

const (
	undecided impression = iota
	positive
	negative
)

// frame is what RESET goes back to.
type frame struct {
	impression impression
	status     Code
	decider    int16
}

// state is a point of a walk through a stack. It is comparable: two ways that
// lead to the same state have the same future.
type state struct {
	frame
	at, previous int
	subs         [maxInclude + 1]frame
}

// result is one way a stack may end.
type result struct {
	status Code
	// decider is the module that set the status, -1 if none did.
	decider int16
}

// maxStates bounds a walk: more means that too many modules are unknown.
const maxStates = 20000

// walk finds every way a stack may end (pam_dispatch.c _pam_dispatch_aux).
// reached tells which modules may be asked; ok is false if there are too many
// ways. jumpsCount tells that a module that jumps also says its part.
func walk(stack []handler, jumpsCount bool, modules ask) (ends map[result]bool, reached []bool, ok bool) {
	ends = make(map[result]bool)
	reached = make([]bool, len(stack))
	start := state{frame: frame{undecided, mustFail, -1}}
	start.subs[0] = start.frame
	seen := map[state]bool{start: true}
	todo := []state{start}
	for len(todo) > 0 {
		if len(seen) > maxStates {
			return ends, reached, false
		}
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.at >= len(stack) {
			ends[s.end()] = true
			continue
		}
		h := &stack[s.at]
		if s.previous < h.level {
			s.subs[h.level] = s.frame
		}
		if h.kind == substack {
			s.previous, s.at = h.level, s.at+1
			if !seen[s] {
				seen[s] = true
				todo = append(todo, s)
			}
			continue
		}
		reached[s.at] = true
		for _, c := range modules(s.at) {
			next := s.after(stack, c, jumpsCount)
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return ends, reached, true
}

// end is what the application is told: nothing that only ignored succeeds.
func (s *state) end() result {
	if s.status == Success && s.impression != positive {
		return result{mustFail, -1}
	}
	return result{s.status, s.decider}
}

// after is the state after a module's answer.
func (s state) after(stack []handler, c Code, jumpsCount bool) state {
	h := &stack[s.at]
	if c == crashed {
		s.frame, s.at = frame{negative, c, int16(s.at)}, len(stack)
		return s
	}
	act := h.action[c]
	done := false
	switch {
	case act == actReset:
		s.frame = s.subs[h.level]
	case act == actOK, act == actDone:
		s.take(c)
		done = s.impression == positive && act == actDone
	case act == actBad, act == actDie:
		if s.impression != negative {
			s.frame = frame{negative, c, int16(s.at)}
			if c == Ignore {
				s.status = mustFail
			}
		}
		done = act == actDie
	case act > 0:
		if jumpsCount {
			s.take(c)
		}
		s.jump(stack, int(act))
	}
	s.previous = h.level
	if done { // it ends the substack it stands in
		for s.at+1 < len(stack) && stack[s.at+1].level >= h.level {
			s.at++
		}
	}
	s.at++
	return s
}

// take lets a module's answer become the status, unless something else has
// been said before.
func (s *state) take(c Code) {
	if s.impression == undecided || s.impression == positive && s.status == Success {
		s.frame = frame{positive, c, int16(s.at)}
	}
}

// jump skips modules; a substack counts as one. To skip more than there are fails.
func (s *state) jump(stack []handler, n int) {
	from := s.at
	level := stack[from].level
	for ; n > 0 && s.at+1 < len(stack) && stack[s.at+1].level >= level; n-- {
		s.at++
		for s.at+1 < len(stack) && stack[s.at+1].level > level {
			s.at++
		}
	}
	if n > 0 {
		s.frame = frame{negative, mustFail, int16(from)}
	}
}

// distinct keeps one code of those that do the same to the stack.
func distinct(h *handler, codes []Code) []Code {
	type effect struct {
		act   action
		class Code
	}
	seen := make(map[effect]bool)
	var list []Code
	for _, c := range codes {
		if c == crashed {
			list = append(list, c)
			continue
		}
		class := c
		switch c {
		case Success, NewAuthTokReqd, Ignore:
		default:
			class = mustFail
		}
		act := h.action[c]
		if act == actIgnore || act == actReset {
			class = Success // what was said does not count
		}
		if e := (effect{act, class}); !seen[e] {
			seen[e] = true
			list = append(list, c)
		}
	}
	return list
}
