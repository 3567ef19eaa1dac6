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

// growth is how far the heap may grow between two collections, in per cent of
// what is in use, if the environment (GOGC) does not say otherwise: little is, for
// an account's facts last as long as its checks.
const growth = 400

func main() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryGoal)
	}
	if _, chosen := os.LookupEnv("GOGC"); !chosen {
		debug.SetGCPercent(growth)
	}
	os.Exit(mainStatus())
}

func mainStatus() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
}
