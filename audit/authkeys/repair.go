package authkeys

import (
	"bytes"
	"encoding/base64"
	"errors"
)

// Change is one thing that Repair mended.
type Change struct {
	// Line and Last are the lines concerned, in the text before the repair; 0
	// for the whole text.
	Line, Last int
	// Cause is the id of what was wrong; empty for a missing final line feed,
	// which refuses nobody yet.
	Cause string
	// Message says what was done; it repeats no content.
	Message string
}

// Repair mends the form of an authorized_keys text and nothing else: UTF-16
// becomes UTF-8, a byte order mark goes, an RFC 4716 block and the public half
// of a PuTTY file become lines, a wrapped key is joined if the result is a key,
// the last line is ended. Every other byte stays as it is. Whatever sshd
// accepted before it accepts after, with the same options: a broken copy of a
// key that another line of the text already gives is left alone, because
// mended it could come first and void that line's options. A second repair
// changes nothing. The private half of a PuTTY file is left out: the caller
// must keep the old text.
func Repair(data []byte) (fixed []byte, changes []Change, err error) {
	if file := Parse(data, *anyTypes); file.Unread {
		return nil, nil, errors.New("the file has more lines than are read: mend it by hand")
	} else if text, ok := decodeUTF16(data); ok && len(file.liveKeys()) == 0 {
		data = text
		changes = append(changes, Change{Cause: CauseUTF16, Message: "the text was UTF-16 and is now UTF-8"})
	}
	p := repairer{live: Parse(data, *anyTypes).liveKeys()}
	p.parser = parser{data: data, file: &File{rules: anyTypes}, keepJoined: true}
	p.fixed = make([]byte, 0, len(data)+1)
	p.mark()
	for p.pos < len(p.data) {
		p.step()
	}
	// A last line with a NUL, or half a character of UTF-16, is no text that
	// could be gone on with.
	tail := p.fixed[bytes.LastIndexByte(p.fixed, '\n')+1:]
	if len(tail) > 0 && bytes.IndexByte(tail, 0) < 0 && !looksUTF16(withoutBOM(p.fixed)) {
		p.fixed = append(p.fixed, '\n')
		p.note(Line{Number: p.file.Count, Last: p.file.Count}, "the last line was not ended: what is appended next would have spoiled it")
	}
	return p.fixed, append(changes, p.changes...), nil
}

// liveKeys returns the keys that sshd reads from the file, whatever their
// options.
func (f *File) liveKeys() map[string]bool {
	keys := map[string]bool{}
	for i := range f.Lines {
		if f.Lines[i].Kind == KindKey {
			keys[string(f.Lines[i].Key.Blob)] = true
		}
	}
	return keys
}

// repairer walks a text and writes the mended one.
type repairer struct {
	parser
	live    map[string]bool
	fixed   []byte
	changes []Change
}

// note records a change.
func (p *repairer) note(l Line, message string) {
	p.changes = append(p.changes, Change{Line: l.Number, Last: l.Last, Cause: l.Cause, Message: message})
}

// withoutBOM returns a text without the byte order marks of UTF-8 at its start.
func withoutBOM(text []byte) []byte {
	for bytes.HasPrefix(text, utf8BOM) {
		text = text[len(utf8BOM):]
	}
	return text
}

// mark drops byte order marks at the start of the text, unless that would
// bring a second line of a live key to life or make another encoding of it.
func (p *repairer) mark() {
	rest := withoutBOM(p.data)
	if len(rest) == len(p.data) {
		return
	}
	if looksUTF16(rest) {
		return // two encodings in one text: what was meant cannot be told
	}
	trial := parser{data: rest, file: &File{rules: anyTypes}}
	if len(rest) > 0 {
		trial.line(trial.next())
	}
	for i := range trial.file.Lines {
		if key := trial.file.Lines[i].Key; key != nil && p.live[string(key.Blob)] {
			return
		}
	}
	p.data = rest
	p.note(Line{Number: 1, Last: 1, Cause: CauseBOM}, "the byte order mark at the start of the text is gone")
}

// step copies or mends one line, or one group of lines.
func (p *repairer) step() {
	start := p.pos
	p.file.Lines = p.file.Lines[:0]
	p.joined = nil
	p.line(p.next())
	chunk := p.data[start:p.pos]
	if len(p.file.Lines) == 0 {
		p.fixed = append(p.fixed, chunk...)
		return
	}
	line := p.file.Lines[0]
	text, message := p.mend(&line, chunk)
	if message == "" || p.live[string(line.Key.Blob)] {
		p.fixed = append(p.fixed, chunk...)
		return
	}
	p.fixed = append(append(p.fixed, text...), lineEnd(chunk)...)
	p.note(line, message)
}

// mend returns the mended text of a line without its end; no message means
// that there is nothing to mend.
func (p *repairer) mend(line *Line, chunk []byte) (text []byte, message string) {
	if line.Key == nil {
		return nil, ""
	}
	switch line.Cause {
	case CauseBOM:
		at := line.Column - 1
		text = append(append(text, chunk[:at]...), chunk[at+len(utf8BOM):]...)
		text = bytes.TrimRight(text, "\r\n")
		if !(&scan{text: text, r: anyTypes}).isKey() {
			return nil, ""
		}
		return text, "the byte order mark before the key is gone"
	case CauseRFC4716:
		return line.Key.line(), "the RFC 4716 block is now a line"
	case CausePPK:
		return line.Key.line(), "the public half of the PuTTY file is now a line; the private half is left out and stands in the old file only"
	case CauseWrapped:
		return p.joined, "the key was broken over several lines and is now on one"
	default:
		return nil, ""
	}
}

// line returns the key as a line of authorized_keys without options.
func (k *Key) line() []byte {
	text := append([]byte(k.Type), ' ')
	text = base64.StdEncoding.AppendEncode(text, k.Blob)
	if k.Comment != "" {
		text = append(append(text, ' '), k.Comment...)
	}
	return text
}

// lineEnd returns the line feed, with its CR, that ends a text; LF if none does.
func lineEnd(text []byte) []byte {
	if bytes.HasSuffix(text, []byte("\r\n")) {
		return []byte("\r\n")
	}
	return []byte("\n")
}
