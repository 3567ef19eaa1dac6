package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sshaudit/audit"
	"sshaudit/audit/clientlog"
	"sshaudit/audit/decide"
)

// maxClientLog bounds a --log file, in bytes; it is read and not kept.
const maxClientLog = 1 << 30

// readLog reads the client's own log.
func (o *whyOptions) readLog(g *globals) (*audit.ClientLog, error) {
	name := o.log
	if name == "-" && o.key == "-" {
		return nil, errors.New("--key and --log cannot both read standard input")
	}
	in, shown := g.io.in, "standard input"
	if name != "-" {
		shown = audit.Untrusted(name).String()
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the client's log: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	l, err := clientlog.Read(io.LimitReader(in, maxClientLog))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", shown, err)
	case l.Lines == 0:
		return nil, fmt.Errorf("%s: the client's log is empty", shown)
	case l.Attempts == 0 && l.Program == "":
		return nil, fmt.Errorf("%s: nothing in it is of a client's log that is known; send the messages of WinSCP, PuTTY, FileZilla, OpenSSH, lftp or curl", shown)
	}
	return l, nil
}

// fill takes over from a client's log what neither the flags nor the arguments
// say, and gives the user.
func (o *whyOptions) fill(cmd *cobra.Command, l *audit.ClientLog, user string) string {
	given := cmd.Flags().Changed
	if user == "" {
		user = string(l.User)
	}
	if !given("service") {
		switch l.Protocol {
		case "sftp", "ftp", "ftps":
			o.service = l.Protocol
		}
	}
	if !given("port") && l.Port > 0 && l.Port <= 65535 {
		o.port = uint16(l.Port)
	}
	if !given("method") && o.key == "" {
		o.method = methodOf(l)
	}
	if o.key == "" && o.method == string(decide.Publickey) {
		o.key = keyOf(l)
	}
	if !given("client") && l.Version != "" && strings.HasSuffix(l.Step, "-no-common") {
		o.client = strings.TrimSpace(l.Program + " " + string(l.Version))
	}
	return user
}

// methodOf is the method that the client's log is about: the one that was refused,
// or the one tried last.
func methodOf(l *audit.ClientLog) string {
	switch l.Step {
	case clientlog.StepKeyRefused, clientlog.StepClientKeyFile, clientlog.StepKeyAlgorithm:
		return string(decide.Publickey)
	case clientlog.StepPasswordRefused, clientlog.StepFTPLogin:
		return string(decide.Password)
	case clientlog.StepKeyboardRefused:
		return string(decide.KeyboardInteractive)
	}
	for _, m := range []decide.Method{decide.Publickey, decide.Password, decide.KeyboardInteractive} {
		for _, tried := range l.Tried {
			if tried == string(m) {
				return tried
			}
		}
	}
	if strings.HasPrefix(l.Protocol, "ftp") {
		return string(decide.Password)
	}
	return string(decide.Publickey)
}

// keyOf is the key that the server took, or the one that it refused last.
func keyOf(l *audit.ClientLog) string {
	refused := ""
	for _, k := range l.Keys {
		if !strings.HasPrefix(k.Fingerprint, "SHA256:") {
			continue
		}
		if k.Answer == audit.Accept {
			return k.Fingerprint
		}
		if k.Answer == audit.Refuse || l.Program != "OpenSSH" {
			refused = k.Fingerprint
		}
	}
	return refused
}
