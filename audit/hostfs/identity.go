//go:build linux

package hostfs

import (
	"fmt"
	"runtime"
)

// Identity is what sshd becomes before it reads an account's files: user,
// primary group, and the groups that initgroups(3) would set.
type Identity struct {
	UID, GID uint32
	Groups   []uint32
}

// valid reports whether the kernel takes the ids at all.
func (id *Identity) valid() bool {
	return id.UID != ^uint32(0) && id.GID != ^uint32(0) && len(id.Groups) <= maxGroups
}

// As calls f with a View that has the rights of id; see [Worker.As]. It is for a
// single account: for many, run them through one Worker.
func (r *Root) As(id Identity, f func(*View) error) error {
	return r.Worker(func(w *Worker) error { return w.As(id, f) })
}

// Worker becomes one account after the other on a thread of its own.
type Worker struct {
	root *Root
	view View
	// checked: this thread's switching was compared with /proc.
	checked bool
	// away: the thread has, in part at least, another's identity.
	away bool
	// busy: an account's View is in use.
	busy bool
	// gone: the thread could not get its own identity back.
	gone bool
}

// outcome is how the function of a Worker ended.
type outcome struct {
	err      error
	returned bool
	panicked any
}

// Worker calls f on a new goroutine that is bound to a thread, and waits for it.
// What f does outside of [Worker.As] has the rights of the process. A panic in f,
// and runtime.Goexit, are passed on to the caller.
//
// Should an account's identity not be given back, the thread is destroyed and
// Worker returns an ErrIdentity at once; f does not continue.
func (r *Root) Worker(f func(*Worker) error) error {
	done := make(chan outcome, 1)
	go func() {
		runtime.LockOSThread()
		w := &Worker{root: r}
		var o outcome
		defer func() {
			if !o.returned && !w.gone {
				o.panicked = recover()
			}
			if w.gone {
				// This goroutine ends while it is locked, which ends its thread.
				o = outcome{err: fmt.Errorf("the thread's own %w again; it was given up", ErrIdentity), returned: true}
			} else {
				runtime.UnlockOSThread()
			}
			done <- o
		}()
		o.err = f(w)
		o.returned = true
	}()
	o := <-done
	if o.panicked != nil {
		panic(o.panicked)
	}
	if !o.returned {
		runtime.Goexit()
	}
	return o.err
}

// As calls f with a View that has the rights of id, as sshd's temporarily_use_uid
// gives them to itself (uidswap.c): supplementary groups, effective group and user
// of this thread. Real and saved ids stay, so the account can neither signal nor
// trace this process. f must not start goroutines or programs, resolve names, or
// keep the View.
//
// Where the process is id already, or may not become it, nothing is switched;
// [View.Switched] tells the difference. An ErrIdentity means that the switch
// failed and f was not called.
func (w *Worker) As(id Identity, f func(*View) error) error { return w.serve(id, false, f) }

// ReadAs is As for a function that does nothing but read through its View. What
// it can read is the same. The thread becomes the account only where owners and
// modes leave a doubt of what the kernel would answer; an ErrIdentity then comes
// after part of f was done.
func (w *Worker) ReadAs(id Identity, f func(*View) error) error {
	return w.serve(id, w.root.mayWait(id), f)
}

func (w *Worker) serve(id Identity, wait bool, f func(*View) error) error {
	r, v := w.root, &w.view
	if w.busy {
		return fmt.Errorf("uid %d: %w from within another account's", id.UID, ErrIdentity)
	}
	w.busy = true
	defer func() { w.busy = false }()
	v.reset(r, id.UID)
	defer v.retire()
	switch {
	case id.UID == r.own.euid:
		v.switched = true
		return f(v)
	case !r.own.canSwitch:
		v.foreign = true
		return f(v)
	}
	v.switched = true
	defer w.comeBack() // before v.retire: descriptors are closed as ourselves
	v.waiting, v.worker, v.id = true, w, id
	if !wait {
		if err := v.become(); err != nil {
			return err
		}
	}
	if err := f(v); v.failed == nil {
		return err
	}
	return v.failed
}

// become gives the thread the account's rights and makes sure of them.
func (w *Worker) become(id Identity) error {
	w.away = true
	if err := w.root.become(id); err != nil {
		return err
	}
	if !w.checked {
		if err := w.root.verifyThread(id); err != nil {
			return err
		}
		w.checked = true
	}
	return nil
}

// comeBack gives the thread its own identity again, or ends the goroutine.
func (w *Worker) comeBack() {
	if !w.away {
		return
	}
	w.away = false
	if err := w.root.own.restore(); err != nil {
		w.gone = true
		runtime.Goexit()
	}
}
