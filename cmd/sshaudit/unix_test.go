package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// unixChmod sets all twelve bits, which os.Chmod spells otherwise.
func unixChmod(path string, mode uint32) error { return syscall.Chmod(path, mode) }

// unixMode returns the twelve mode bits.
func unixMode(info os.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Mode & 0o7777
	}
	return 0
}

// exitStatus returns the exit status of a program that ended by itself.
func exitStatus(err error) (int, bool) {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), true
	}
	return 0, false
}
