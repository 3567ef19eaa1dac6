package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/common/promslog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sshaudit/audit/report"
	"sshaudit/audit/settings"
)

// globals are the flags that every command takes.
type globals struct {
	io                                       stdio
	config, root, color, logLevel, logFormat string
}

func (g *globals) addFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&g.config, "config", settings.DefaultFile, "configuration `file`; a missing default file is fine")
	f.StringVar(&g.root, "root", "/", "audit the host whose file system is `DIR`; live facts are then not collected")
	f.Var(choice(&g.color, "auto", "always", "never"), "color", "colour: auto, always or never")
	f.Var(choice(&g.logLevel, "warn", "debug", "info", "error"), "log-level", "log level: debug, info, warn or error")
	f.Var(choice(&g.logFormat, "logfmt", "json"), "log-format", "log format: logfmt or json")
}

// settings reads the configuration file.
func (g *globals) settings(cmd *cobra.Command) (settings.Settings, error) {
	file, err := os.Open(g.config)
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("config") {
		return settings.Default(), nil
	}
	if err != nil {
		return settings.Settings{}, fmt.Errorf("read the configuration: %w", err)
	}
	defer func() { _ = file.Close() }()
	return settings.Load(file, g.config)
}

// logger writes to standard error.
func (g *globals) logger() (*slog.Logger, error) {
	level, format := promslog.NewLevel(), promslog.NewFormat()
	if err := level.Set(g.logLevel); err != nil {
		return nil, err
	}
	if err := format.Set(g.logFormat); err != nil {
		return nil, err
	}
	return promslog.New(&promslog.Config{Level: level, Format: format, Writer: g.io.err}), nil
}

// style says how text is shown on standard output.
func (g *globals) style() report.Style {
	s := report.Style{Color: g.color == "always"}
	f, ok := isFile(g.io.out)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		s.Width = width
	}
	if g.color == "auto" {
		s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return s
}

// enum is a flag whose value is one of a few words.
type enum struct {
	value *string
	words []string
}

// choice makes an enum flag; the first word is the default.
func choice(value *string, words ...string) *enum {
	*value = words[0]
	return &enum{value, words}
}

func (e *enum) String() string {
	if e.value == nil {
		return ""
	}
	return *e.value
}

func (e *enum) Set(s string) error {
	if !slices.Contains(e.words, s) {
		return fmt.Errorf("want %s", strings.Join(e.words, ", "))
	}
	*e.value = s
	return nil
}

func (e *enum) Type() string { return "word" }

// complete offers the words of an enum to the shell.
func complete(cmd *cobra.Command, name string, words ...string) {
	// The flag exists: the only error would be a wrong name, which a test sees.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// alternatives writes words as a person lists them: "text, json or csv".
func alternatives(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
