// Command sshaudit tells why a login by SSH or SFTP is refused on this host,
// audits every account's keys, and repairs what is wrong with them.
package main

import (
	"context"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// memoryGoal is what the program tries to stay below, in bytes, if the
// environment (GOMEMLIMIT) does not say otherwise: the collector works harder
// before it grows over it. 100,000 accounts fit.
const memoryGoal = 48 << 20

func main() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryGoal)
	}
	os.Exit(mainStatus())
}

func mainStatus() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
}
