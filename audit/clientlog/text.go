package clientlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxLine bounds what is looked at of one line, in bytes; the rest is skipped.
	maxLine = 4096
	// chunk is how much is read at once.
	chunk = 64 << 10
)

// Names of encodings.
const (
	encUTF8    = "UTF-8"
	encUTF16LE = "UTF-16LE"
	encUTF16BE = "UTF-16BE"
	encWindows = "Windows-1252"
)

// lines splits a text into lines, whatever its encoding and line ends are.
type lines struct {
	in       *bufio.Reader
	encoding string
	// quoted tells that most lines begin with a mail program's mark.
	quoted bool
	// long holds a line that does not fit into the reader's buffer.
	long []byte
	// rest is what follows a bare carriage return in the line read last.
	rest []byte
}

// newLines looks at the beginning of the text to find out its encoding.
func newLines(r io.Reader) *lines {
	in := bufio.NewReaderSize(r, chunk)
	head, _ := in.Peek(512)
	l := &lines{in: in, encoding: sniff(head)}
	switch l.encoding {
	case encUTF16LE:
		l.in = bufio.NewReaderSize(&utf16Reader{in: in, order: binary.LittleEndian}, chunk)
	case encUTF16BE:
		l.in = bufio.NewReaderSize(&utf16Reader{in: in, order: binary.BigEndian}, chunk)
	}
	head, _ = l.in.Peek(4096)
	l.quoted = quoted(head)
	return l
}

// quoted tells whether most lines of a text's beginning have a mail program's mark
// of a quotation: clients' own marks change from line to line.
func quoted(head []byte) bool {
	marked, all := 0, 0
	for line := range bytes.FieldsFuncSeq(head, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			all++
			if line[0] == '>' {
				marked++
			}
		}
	}
	return marked >= 3 && 4*marked >= 3*all
}

// sniff names the encoding by the byte order mark, or by the zeros that Latin
// letters have in UTF-16. Text that is not UTF-8 is found line by line.
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return encUTF16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return encUTF16BE
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	switch n := len(head) / 8; {
	case n > 0 && zeros[1] > n && zeros[0] == 0:
		return encUTF16LE
	case n > 0 && zeros[0] > n && zeros[1] == 0:
		return encUTF16BE
	}
	return encUTF8
}

// next returns the next line without its end; it is valid until the next call.
func (l *lines) next() ([]byte, bool, error) {
	line := l.rest
	l.rest = nil
	if line == nil {
		var err error
		if line, err = l.read(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, false, nil
			}
			return nil, false, err
		}
	}
	if i := bytes.IndexByte(line, '\r'); i >= 0 {
		if i+1 < len(line) {
			l.rest = line[i+1:]
		}
		line = line[:i]
	}
	return line, true, nil
}

// read returns the text up to the next line feed, cut at maxLine.
func (l *lines) read() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line[:maxLine]...)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.in.ReadSlice('\n')
		}
		line = l.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	line = bytes.TrimSuffix(line, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), nil
}

// utf16Reader turns UTF-16 into UTF-8; what is no valid UTF-16 becomes U+FFFD.
type utf16Reader struct {
	in    io.Reader
	order binary.ByteOrder
	raw   [chunk]byte
	// have is how many bytes of raw are left from the last read.
	have int
	out  []byte
	high rune
	err  error
}

// Read implements io.Reader.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	n, err := u.in.Read(u.raw[u.have:])
	u.err = err
	n += u.have
	u.out = make([]byte, 0, n+n/2+utf8.UTFMax)
	i := 0
	for ; i+1 < n; i += 2 {
		u.unit(rune(u.order.Uint16(u.raw[i:])))
	}
	u.have = copy(u.raw[:], u.raw[i:n])
}

// unit takes one code unit.
func (u *utf16Reader) unit(r rune) {
	switch {
	case u.high != 0:
		if pair := utf16.DecodeRune(u.high, r); pair != utf8.RuneError {
			u.out, u.high = utf8.AppendRune(u.out, pair), 0
			return
		}
		u.out, u.high = utf8.AppendRune(u.out, utf8.RuneError), 0
		u.unit(r)
	case utf16.IsSurrogate(r):
		u.high = r
	default:
		u.out = utf8.AppendRune(u.out, r)
	}
}

// windows1252 are the letters of the bytes 0x80 to 0x9f; the others are Latin-1.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// valid returns a line as UTF-8: what is not is taken for Windows-1252.
func valid(s string) (string, bool) {
	if utf8.ValidString(s) {
		return s, true
	}
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		switch b := s[i]; {
		case b < 0x80:
			out = append(out, b)
		case b < 0xa0:
			out = utf8.AppendRune(out, windows1252[b-0x80])
		default:
			out = utf8.AppendRune(out, rune(b))
		}
	}
	return string(out), false
}
