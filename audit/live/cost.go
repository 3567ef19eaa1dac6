package live

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// threadCost returns the processor time that f takes. The clock on the wall would
// blame it for what other processes use.
func threadCost(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := cpu(unix.CLOCK_THREAD_CPUTIME_ID)
	f()
	return cpu(unix.CLOCK_THREAD_CPUTIME_ID) - began
}

// processCost returns the processor time that the process took since a moment of
// cpu(unix.CLOCK_PROCESS_CPUTIME_ID).
func processCost(began time.Duration) time.Duration {
	return cpu(unix.CLOCK_PROCESS_CPUTIME_ID) - began
}

func cpu(clock int32) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(clock, &t) != nil {
		return 0 // the kernel has had these clocks for twenty years
	}
	return time.Duration(t.Nano())
}
