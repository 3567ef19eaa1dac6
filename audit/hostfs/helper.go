//go:build linux

package hostfs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"sshaudit/audit"
)

// A call into a network file system whose server is gone can wait for good, and
// a thread that waits cannot be taken back. A process can: it is killed. So what
// a [MountError] kept from being read here is asked of a helper process, which
// calls [Serve] and has allowed that type on its own Root.

const (
	// HelperBudget is how long a helper may take for one request, that is for one home.
	HelperBudget = 5 * time.Second
	// HelperPause is how long a mount whose helper did not answer is left alone.
	HelperPause = 10 * time.Minute
	// maxFrame bounds a request and an answer, in bytes.
	maxFrame = 32 << 20
)

// ErrStuck: a file system did not answer in time; it is left alone for a while.
var ErrStuck = errors.New("its server did not answer in time")

// Helper is a running helper process.
type Helper struct {
	// Requests and Answers are our ends of the pipes to it.
	Requests, Answers *os.File
	// Kill ends the process, with its group, and does not wait for that.
	Kill func()
}

func (h *Helper) end() {
	h.Kill()
	h.Requests.Close()
	h.Answers.Close()
}

// Helpers keeps one helper process for each mount that is asked for, so that a
// dead server costs the accounts on it and no others.
type Helpers struct {
	// Start starts a helper. The process must not outlive this one.
	Start func() (*Helper, error)
	// Budget and Pause replace HelperBudget and HelperPause unless 0.
	Budget, Pause time.Duration

	mu     sync.Mutex
	mounts map[audit.Untrusted]*mountHelper
}

// mountHelper is the helper of one mount and its queue.
type mountHelper struct {
	mu      sync.Mutex
	helper  *Helper
	stuckTo time.Time
}

// Ask sends a request about an object below the mount at point and returns the
// answer. Requests for one mount wait for each other. ErrStuck says that the
// server did not answer within the budget, now or shortly before.
func (h *Helpers) Ask(point audit.Untrusted, request []byte) ([]byte, error) {
	m := h.mount(point)
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().Before(m.stuckTo) {
		return nil, &PathError{"read", point, ErrStuck}
	}
	if m.helper == nil {
		helper, err := h.Start()
		if err != nil {
			return nil, fmt.Errorf("start a helper for %s: %w", point, err)
		}
		m.helper = helper
	}
	answer, err := m.helper.ask(request, orDefault(h.Budget, HelperBudget))
	if err == nil {
		return answer, nil
	}
	m.helper.end()
	m.helper = nil
	if errors.Is(err, os.ErrDeadlineExceeded) {
		m.stuckTo = time.Now().Add(orDefault(h.Pause, HelperPause))
		err = ErrStuck
	}
	return nil, &PathError{"read", point, err}
}

func (h *Helpers) mount(point audit.Untrusted) *mountHelper {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.mounts[point]
	if m == nil {
		if h.mounts == nil {
			h.mounts = map[audit.Untrusted]*mountHelper{}
		}
		m = &mountHelper{}
		h.mounts[point] = m
	}
	return m
}

// Close ends all helpers. No Ask may be under way.
func (h *Helpers) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.mounts {
		if m.helper != nil {
			m.helper.end()
		}
	}
	h.mounts = nil
}

func orDefault(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}

func (h *Helper) ask(request []byte, budget time.Duration) ([]byte, error) {
	deadline := time.Now().Add(budget)
	if err := errors.Join(h.Requests.SetWriteDeadline(deadline), h.Answers.SetReadDeadline(deadline)); err != nil {
		return nil, err
	}
	if err := writeFrame(h.Requests, request); err != nil {
		return nil, err
	}
	return readFrame(h.Answers)
}

// Serve answers requests in a helper process until there are no more.
func Serve(requests io.Reader, answers io.Writer, answer func(request []byte) []byte) error {
	for {
		request, err := readFrame(requests)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writeFrame(answers, answer(request)); err != nil {
			return err
		}
	}
}

// A frame is its length in four bytes, the highest first, and the content.
func writeFrame(w io.Writer, content []byte) error {
	if len(content) > maxFrame {
		return ErrTooLarge
	}
	frame := make([]byte, 4, 4+len(content))
	binary.BigEndian.PutUint32(frame, uint32(len(content))) //nolint:gosec // bounded above
	_, err := w.Write(append(frame, content...))
	return err
}

// readFrame returns io.EOF at the end, between two frames.
func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return nil, ErrTooLarge
	}
	content := make([]byte, n)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return content, nil
}
