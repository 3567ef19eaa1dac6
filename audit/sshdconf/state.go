package sshdconf

// pos is where a value was set; the zero value is a default.
type pos struct {
	file string
	line int
}

// item is one element of a value.
type item struct {
	// text is the element as sshd stores it.
	text string
	// key names the element where names are compared: a subsystem's name.
	key string
	pos pos
	// null is a path that "none" cleared; sshd prints it as (null).
	null bool
}

// value is what one option was set to. A value that "none" cleared has no items.
type value struct {
	items []item
	pos   pos
}

func (v *value) texts() []string {
	out := make([]string, len(v.items))
	for i := range v.items {
		out[i] = v.items[i].text
	}
	return out
}

// values holds what is set, one slot an option of the table; nil is unset.
type values []*value

// oneText makes the value of an option that has one text.
func oneText(text string, at pos) *value {
	return &value{items: []item{{text: text, pos: at}}, pos: at}
}

// manyTexts makes a value of several texts set by one line.
func manyTexts(texts []string, at pos) *value {
	v := &value{pos: at}
	for _, text := range texts {
		v.items = append(v.items, item{text: text, pos: at})
	}
	return v
}
