package authkeys

import "bytes"

// classify finds out what a line was meant to be that gives sshd no key. It
// takes the lines that belong to it from the parser.
func (s *scan) classify(line *Line, at int, raw []byte, p *parser) {
	line.Kind = KindBroken
	s.text = bytes.TrimRight(s.text, "\r")
	start := p.pos - len(raw)
	if p.pos > 0 && p.data[p.pos-1] == '\n' {
		start--
	}
	begin := start + at
	if bytes.HasPrefix(s.text[at:], utf8BOM) {
		begin += len(utf8BOM)
	}
	if b := readBlock(p.data[begin:], s.r); b.lines > 0 {
		line.Cause, line.Key, line.Detail = b.cause, b.key, b.detail
		p.skip(begin+b.size, b.lines-1, line)
		return
	}
	if s.mark(line, raw, at) {
		return
	}
	found, f := s.readKey(at)
	if f == faultTypeWord {
		s.afterOptions(line, at, p)
		return
	}
	s.damaged(line, found, f, p)
}

// skip takes further lines into a group.
func (p *parser) skip(to, lines int, line *Line) {
	p.pos = to
	p.file.Count += lines
	line.Last += lines
}

// mark recognises what editors and shells of other systems put before or into
// a line: a byte order mark, UTF-16.
func (s *scan) mark(line *Line, raw []byte, at int) bool {
	if rest, ok := bytes.CutPrefix(s.text[at:], utf8BOM); ok {
		line.Cause, line.Column = CauseBOM, at+1
		line.Detail = "a byte order mark stands before the key type"
		line.take(&scan{text: rest, r: s.r})
		return true
	}
	if !utf16Like(raw) {
		return false
	}
	line.Cause, line.Column, line.Detail = CauseUTF16, 1, "the line is UTF-16 text"
	line.take(&scan{text: stripUTF16(raw), r: s.r})
	return true
}

// hidden recognises a key that a NUL at the start of the line hides.
func (s *scan) hidden(line *Line, raw []byte) bool {
	line.Kind = KindBroken
	if utf16Like(raw) {
		line.Cause, line.Detail = CauseUTF16, "the line is UTF-16 text"
		line.take(&scan{text: stripUTF16(raw), r: s.r})
		return line.Key != nil
	}
	line.Cause, line.Column = CauseNUL, len(s.text)+1
	line.Detail = "a NUL byte at the start of the line hides the rest from sshd"
	line.take(&scan{text: bytes.TrimLeft(raw[len(s.text):], "\x00"), r: s.r})
	return line.Key != nil
}

// take notes the key and the options that a mended text would give.
func (l *Line) take(s *scan) bool {
	var mended Line
	if at := skipBlanks(s.text, 0); at < len(s.text) && s.text[at] != '#' && s.read(&mended, at) {
		l.Key, l.Options = mended.Key, mended.Options
	}
	return l.Key != nil
}

// commented recognises a key in a comment.
func (s *scan) commented(line *Line, at int) bool {
	text := bytes.TrimLeft(s.text[at:], "# \t")
	if !bytes.Contains(text, []byte("AAAA")) {
		return false
	}
	line.take(&scan{text: text, r: s.r})
	if line.Key == nil {
		return false
	}
	line.Kind, line.Cause, line.Column, line.Detail = KindComment, CauseCommented, at+1, "the key is commented out"
	return true
}

// damaged classifies a line that begins with the name of a key type.
func (s *scan) damaged(line *Line, found keyAt, f fault, p *parser) {
	line.Column, line.Detail = found.blob+1, f.String()
	blob := s.text[found.blob:found.end]
	switch f {
	case faultRelease:
		line.Cause, line.Column = CauseTypeWord, found.word+1
		line.take(&scan{text: s.text[found.word:], r: anyTypes})
	case faultTinyRSA:
		line.Cause = CauseTinyRSA
	case faultInner, faultInnerUnknown:
		line.Cause, line.Column = CauseTypeWord, found.word+1
		line.Key = bareKey(blob, s.r)
	default:
		if s.wrapped(line, found, p) {
			return
		}
		line.Cause = CauseBlobCorrupt
		if f != faultNoBlob && bytes.HasPrefix(blob, []byte(`"`)) {
			line.Cause, line.Detail = CauseNoType, "the key stands in quotes"
			line.Key = bareKey(bytes.Trim(blob, `"`), s.r)
		}
		if f == faultNoBlob {
			line.Column = found.word + 1
		}
	}
}

// wrapped recognises a key that goes on in the next lines.
func (s *scan) wrapped(line *Line, found keyAt, p *parser) bool {
	if found.typ.cert || len(bytes.Trim(s.text[found.end:], " \t\r")) > 0 {
		return false
	}
	w, ok := readWrapped(found.typ, s.text[found.blob:found.end], p.data[p.pos:], s.r)
	if !ok {
		return false
	}
	line.Cause, line.Key = CauseWrapped, w.key
	line.Column, line.Detail = len(s.text)+1, "the key is broken over several lines"
	if p.keepJoined {
		p.joined = w.joined(s.text[:found.blob])
	}
	p.skip(p.pos+w.size, w.lines, line)
	return true
}

// anyTypes are rules under which every type is known.
var anyTypes = &Rules{anyType: true}

// afterOptions classifies a line that does not begin with a type: options, or
// something else, and then no key.
func (s *scan) afterOptions(line *Line, at int, p *parser) {
	end, open := optionsEnd(s.text[at:])
	if open >= 0 {
		line.Cause, line.Column = CauseOptionQuote, at+open+1
		line.Detail = "a double quote is not closed"
		if k, found := s.find(at); found {
			line.Key = k.key
		}
		return
	}
	word, next := s.text[at:at+end], skipBlanks(s.text, at+end)
	if found, f := s.readKey(next); f != faultTypeWord && f != faultNone {
		s.damaged(line, found, f, p)
		return
	}
	if quoted := bytes.Trim(word, `"`); len(quoted) < len(word) && line.take(&scan{text: quoted, r: s.r}) {
		line.Cause, line.Column, line.Detail = CauseNoType, at+1, "the line stands in quotes"
		return
	}
	if key := bareKey(word, s.r); key != nil {
		line.Cause, line.Column, line.Key = CauseNoType, at+1, key
		line.Detail = "the key stands without its type"
		return
	}
	blob := s.text[next:wordEnd(s.text, next)]
	if key := bareKey(blob, s.r); key != nil {
		line.Cause, line.Column, line.Key = CauseTypeWord, at+1, key
		line.Detail = faultTypeWord.String()
		if _, reason, _ := parseOptions(string(s.text[at:next]), s.r); reason == "" {
			line.Cause, line.Column, line.Detail = CauseNoType, next+1, "the key stands without its type"
		}
		return
	}
	if k, ok := s.find(next); ok {
		line.Cause, line.Column, line.Key = CauseOptionSpace, at+end+1, k.key
		line.Detail = "a blank outside double quotes ends the options here, and no key follows it"
		return
	}
	line.Cause, line.Column, line.Detail = CauseTypeWord, at+1, faultTypeWord.String()
}

// bareKey returns the key of a blob that stands alone, perhaps in quotes.
func bareKey(text []byte, r *Rules) *Key {
	text = bytes.Trim(text, "\"'\r")
	if !bytes.HasPrefix(text, []byte("AAAA")) {
		return nil
	}
	blob, ok := decode64(text)
	if !ok {
		return nil
	}
	key, _, f := decodeKey(blob, r, true)
	if f != faultNone {
		return nil
	}
	return key
}

// find looks for a key at any later word of a line.
func (s *scan) find(at int) (keyAt, bool) {
	for at < len(s.text) {
		at = skipBlanks(s.text, at)
		if found, f := s.readKey(at); f == faultNone {
			return found, true
		}
		at = wordEnd(s.text, at)
	}
	return keyAt{}, false
}
