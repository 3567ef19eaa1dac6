package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// patience is how long work takes before its progress is shown.
	patience = time.Second
	// repaint is how often the line is written again.
	repaint = 100 * time.Millisecond
)

// progress is one line on standard error, shown only on a terminal and only
// when the work takes long.
type progress struct {
	w     io.Writer
	mu    sync.Mutex
	next  time.Time
	shown bool
}

// newProgress returns a progress line for w, or one that shows nothing.
func newProgress(w io.Writer) *progress {
	f, ok := isFile(w)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{w: w, next: time.Now().Add(patience)}
}

// step notes that done of total accounts were looked at.
func (p *progress) step(done, total int) {
	if p.w == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(repaint), true
	fmt.Fprintf(p.w, "\r%d of %d accounts (%d %%)\x1b[K", done, total, done*100/max(total, 1))
}

// done removes the line.
func (p *progress) done() {
	if p.w != nil && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
