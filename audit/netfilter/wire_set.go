package netfilter

import (
	"bytes"
	"fmt"
	"slices"
)

// NFT_SET_ELEM_* flags.
const (
	elemIntervalEnd = 1
	elemCatchAll    = 2
)

// wireElement is one element as it is dumped.
type wireElement struct {
	Element
	end bool
}

// AddElements reads the payloads of NFT_MSG_NEWSETELEM into a set.
func (t *Set) AddElements(msgs [][]byte) error {
	n := 0
	for _, msg := range msgs {
		if len(msg) < 4 {
			continue
		}
		if a, err := parseAttrs(msg[4:]); err == nil {
			_ = eachAttr(a.a[3], func(int, []byte) { n++ }) // a broken one is told below
		}
	}
	list := make([]wireElement, 0, n)
	for _, msg := range msgs {
		if len(msg) < 4 {
			return fmt.Errorf("read elements of set %s: %w", t.Name, errTruncated)
		}
		a, err := parseAttrs(msg[4:])
		if err != nil {
			return fmt.Errorf("read elements of set %s: %w", t.Name, err)
		}
		var bad error
		err = eachAttr(a.a[3], func(_ int, data []byte) {
			e, expired, err := t.wireElement(data)
			if err != nil {
				bad = err
			} else if !expired {
				list = append(list, e)
			}
		})
		if err == nil {
			err = bad
		}
		if err != nil {
			return fmt.Errorf("read elements of set %s: %w", t.Name, err)
		}
	}
	t.Elements = t.join(list)
	return nil
}

// NFTA_SET_ELEM_*: key 1, data 2, flags 3, timeout 4, expiration 5, user data 6,
// expression 7, object 9, key end 10, expressions 11.
func (t *Set) wireElement(b []byte) (e wireElement, expired bool, err error) {
	a, err := parseAttrs(b)
	if err != nil {
		return e, false, err
	}
	if a.top > 11 {
		return e, false, fmt.Errorf("element attribute %d is not known", a.top)
	}
	flags := a.u32(3)
	e.end, e.CatchAll = flags&elemIntervalEnd != 0, flags&elemCatchAll != 0
	if flags&^3 != 0 {
		return e, false, fmt.Errorf("element flags %#x are not known", flags)
	}
	if !e.CatchAll {
		if e.Key, _, _, err = a.data(1); err != nil || len(e.Key) < t.KeyLen {
			return e, false, errTruncated
		}
		e.Key, e.KeyEnd = e.Key[:t.KeyLen], e.Key[:t.KeyLen]
	}
	if a.has(10) {
		if e.KeyEnd, _, _, err = a.data(10); err != nil || len(e.KeyEnd) < t.KeyLen {
			return e, false, errTruncated
		}
		e.KeyEnd = e.KeyEnd[:t.KeyLen]
	}
	if a.has(2) {
		if e.Data, e.Verdict, _, err = a.data(2); err != nil {
			return e, false, err
		}
	}
	e.Object, e.Comment, e.Guard = a.str(9), userComment(a.a[6]), guardOf(a.a[7], a.a[11])
	return e, a.has(5) && a.u64(5) == 0, nil
}

// join makes inclusive ranges of the start and end elements of an interval set.
// An end is exclusive; a missing one means up to the last key.
func (t *Set) join(list []wireElement) []Element {
	out := make([]Element, 0, len(list))
	if !t.Interval || len(t.Fields) > 0 {
		for _, e := range list {
			out = append(out, e.Element)
		}
		return out
	}
	slices.SortStableFunc(list, func(a, b wireElement) int { return bytes.Compare(a.Key, b.Key) })
	for i, e := range list {
		switch {
		case e.CatchAll:
			out = append(out, e.Element)
			continue
		case e.end:
			continue
		}
		last := fill(t.KeyLen)
		for _, f := range list[i+1:] {
			if !f.CatchAll && (f.end || !bytes.Equal(f.Key, e.Key)) {
				last = before(f.Key)
				break
			}
		}
		e.KeyEnd = last
		out = append(out, e.Element)
	}
	return out
}

// before is the key one less.
func before(key []byte) []byte {
	out := bytes.Clone(key)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i]--; out[i] != 0xff {
			break
		}
	}
	return out
}
