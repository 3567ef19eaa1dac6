package sshdtest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const loginTimeout = 60 * time.Second

// Login is the outcome of one real login.
type Login struct {
	// Accepted tells whether sshd accepted the key as the last needed method:
	// its log says "Accepted publickey". The session may still have failed.
	Accepted bool
	// Exit is ssh's exit status: 0 when the command ran, 255 when the login or
	// the connection was refused, else the status of the command or its shell.
	Exit int
	// Log is what sshd logged between begin and end of this connection.
	Log string
	// Client is what ssh and the remote command wrote. With sshd -e the lines of
	// the user's own sshd process are among it.
	Client string
}

// Login lets the release's own ssh log in as user with the private key at a
// path of the system, and run "true". With an empty path it offers no key. Options come before the helper's own
// ("-o", "Name=value"; ssh takes the first value of a name), so that they win.
// It may be called from several goroutines; logins then wait for each other.
func (s *Server) Login(user, key string, options ...string) Login {
	s.h.t.Helper()
	return s.Run(user, key, "true", options...)
}

// Run is as [Server.Login], but asks for another command; "" asks for a shell.
func (s *Server) Run(user, key, command string, options ...string) Login {
	s.h.t.Helper()
	return s.client(user, "", "/usr/bin/ssh", func(port int) []string {
		return clientArguments(port, user, key, command, options)
	})
}

// SFTP lets the release's own sftp log in as user with the private key and ask
// for the working directory: Exit is 0 when the server answered.
func (s *Server) SFTP(user, key string, options ...string) Login {
	s.h.t.Helper()
	return s.sftp(user, key, options)
}

func (s *Server) sftp(user, key string, options []string, environment ...string) Login {
	s.h.t.Helper()
	return s.client(user, "pwd\n", "/usr/bin/sftp", func(port int) []string {
		args := slices.Concat(options, []string{"-b", "-", "-F", "none", "-P", strconv.Itoa(port), "-o", "User=" + user}, quiet)
		if key != "" {
			args = append(args, "-i", key)
		}
		return append(args, "127.0.0.1")
	}, environment...)
}

// askpass prints the password that the environment holds.
const askpass = "/root/askpass"

// Password lets the release's own ssh log in as user with a password and run a
// command. Accepted tells of keys only; Exit is that of the command.
func (s *Server) Password(user, password, command string) Login {
	s.h.t.Helper()
	return s.Typed(user, "password", password, command)
}

// Typed is as [Server.Password] by a method of one's own, password or
// keyboard-interactive, for whose every question the password is typed.
func (s *Server) Typed(user, method, password, command string) Login {
	s.h.t.Helper()
	return s.client(user, "", "/usr/bin/ssh", func(port int) []string {
		return clientArguments(port, user, "", command, s.typing(method))
	}, "PASSWORD="+password, "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
}

// TypedSFTP is as [Server.SFTP] with a password that is typed.
func (s *Server) TypedSFTP(user, method, password string) Login {
	s.h.t.Helper()
	return s.sftp(user, "", s.typing(method), "PASSWORD="+password, "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
}

// typing are the options of a client that types, whose helper is written first.
func (s *Server) typing(method string) []string {
	s.h.t.Helper()
	s.h.WriteFile(askpass, []byte("#!/bin/sh\nprintf '%s\\n' \"$PASSWORD\"\n"), 0o755, 0, 0)
	return []string{"-o", "BatchMode=no", "-o", "PreferredAuthentications=" + method, "-o", "NumberOfPasswordPrompts=1"}
}

// client runs a program that makes one connection.
func (s *Server) client(user, input, program string, arguments func(port int) []string, environment ...string) Login {
	s.h.t.Helper()
	s.one.Lock()
	defer s.one.Unlock()
	// Not the test's context: it has ended when Cleanup functions run.
	ctx, cancel := context.WithTimeout(context.Background(), loginTimeout)
	defer cancel()
	relay, err := startRelay(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if err != nil {
		s.h.t.Fatal(err)
	}
	from := s.logSize()
	cmd := s.h.Command(ctx, program, arguments(relay.port())...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(cmd.Env, environment...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	relay.close()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		s.h.t.Fatalf("ssh -l %q: %v\n%s%s", user, err, out.String(), s.logFrom(from))
	}
	s.waitIdle()
	log := s.logFrom(from)
	return Login{
		// At the start of a line: a user's name may hold such words too.
		Accepted: strings.Contains("\n"+log, "\nAccepted publickey for "),
		Exit:     cmd.ProcessState.ExitCode(),
		Log:      log,
		Client:   strings.ReplaceAll(out.String(), "\r", ""),
	}
}

// quiet keeps a client from everything but the one key and the test's options:
// no agent, question or memory of host keys.
var quiet = []string{
	"-o", "BatchMode=yes",
	"-o", "IdentitiesOnly=yes",
	"-o", "IdentityAgent=none",
	"-o", "PreferredAuthentications=publickey",
	"-o", "StrictHostKeyChecking=no",
	"-o", "UserKnownHostsFile=/dev/null",
	"-o", "GlobalKnownHostsFile=/dev/null",
	"-o", "ConnectTimeout=20",
	// The cheapest exchange of all releases; what is tested is the login.
	"-o", "KexAlgorithms=curve25519-sha256",
	"-o", "HostKeyAlgorithms=ssh-ed25519",
}

// clientArguments are those of ssh for one login.
func clientArguments(port int, user, key, command string, options []string) []string {
	args := slices.Concat(options, []string{"-F", "none", "-T", "-p", strconv.Itoa(port), "-l", user}, quiet)
	if key != "" {
		args = append(args, "-i", key)
	}
	args = append(args, "127.0.0.1")
	if command != "" {
		args = append(args, command)
	}
	return args
}
