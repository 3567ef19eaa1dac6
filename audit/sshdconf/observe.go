package sshdconf

// Shadowed is a line that has no effect because another line decided.
type Shadowed struct {
	// Keyword is in sshd -T's spelling.
	Keyword string
	// File and Line are the dead line.
	File string
	Line int
	// ByFile and ByLine are the line that decided; File "command-line" and line 0
	// for an argument.
	ByFile string
	ByLine int
}

// Block is one Match line.
type Block struct {
	File string
	Line int
	// Criteria are all to be met.
	Criteria []Criterion
}

// observations gathers what Config tells about the lines, in the start-up pass.
// A nil one gathers nothing.
type observations struct {
	c *Config
	// inBlock holds what the block that is being read has set; a stack over the
	// files being read.
	inBlock []map[int]pos
}

func (o *observations) enter() {
	if o != nil {
		o.inBlock = append(o.inBlock, nil)
	}
}

func (o *observations) leave() {
	if o != nil {
		o.inBlock = o.inBlock[:len(o.inBlock)-1]
	}
}

func (o *observations) block(x *exec, m criteria) {
	if o == nil {
		return
	}
	if len(o.inBlock) == 0 {
		o.enter()
	}
	o.inBlock[len(o.inBlock)-1] = map[int]pos{}
	o.c.blocks = append(o.c.blocks, Block{File: x.l.file, Line: x.l.num, Criteria: m.list})
}

// notice is told of a value of a keyword whose first line wins. A line is dead
// only if nothing of it counts: judge decides when it was read.
func (o *observations) notice(x *exec, slot int) {
	if o == nil {
		return
	}
	if x.active {
		if earlier := x.vals[slot]; earlier != nil {
			x.dead = &earlier.pos
		} else {
			x.counts = true
		}
		return
	}
	if n := len(o.inBlock); n > 0 && o.inBlock[n-1] != nil {
		if earlier, ok := o.inBlock[n-1][slot]; ok {
			x.dead = &earlier
		} else {
			o.inBlock[n-1][slot], x.counts = x.at(), true
		}
	}
}

// judge reports a line of which nothing counted.
func (o *observations) judge(x *exec) {
	if o != nil && x.dead != nil && !x.counts {
		o.remark(Shadowed{x.opt.spelling(x.r.rel), x.l.file, x.l.num, x.dead.file, x.dead.line})
	}
}

// replace is told of a value of a keyword whose last line wins.
func (o *observations) replace(x *exec, slot int) {
	if o == nil || x.vals[slot] == nil {
		return
	}
	dead := x.vals[slot].pos
	o.remark(Shadowed{x.r.options[slot].spelling(x.r.rel), dead.file, dead.line, x.l.file, x.l.num})
}

func (o *observations) remark(s Shadowed) {
	if len(o.c.shadow) < maxRemarks {
		o.c.shadow = append(o.c.shadow, s)
	}
}

// useless is told of a keyword that does nothing.
func (o *observations) useless(x *exec) {
	if o == nil || x.l.word.kind == ignored {
		return
	}
	what := "Deprecated option "
	if x.l.word.kind == unsupported {
		what = "Unsupported option "
	}
	o.note(x, what+x.l.keyword)
}

func (o *observations) note(x *exec, text string) {
	if o != nil && len(o.c.notes) < maxRemarks {
		o.c.notes = append(o.c.notes, Note{x.l.file, x.l.num, text})
	}
}
