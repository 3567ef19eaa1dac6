package sshdconf

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sshaudit/audit"
	"sshaudit/audit/sshdtest"
)

var (
	sampleCount = flag.Int("sshdconf.samples", 300, "generated configurations per release")
	sampleSeed  = flag.Uint64("sshdconf.seed", 1, "seed of the first generated configuration")
)

var sortedKeywords = slices.Sorted(maps.Keys(validValues))

// hostKeyArgument keeps sshd from failing for want of a host key, whatever the
// sample says about HostKey.
const hostKeyArgument = "/etc/ssh/ssh_host_ed25519_key"

// TestEffectiveEqualsSshdT compares generated configurations with sshd -T -C of
// three releases: every line, and every refusal with its file and line.
func TestEffectiveEqualsSshdT(t *testing.T) {
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			h := prepare(t, release)
			v, err := audit.ParseOpenSSH(h.Version())
			if err != nil {
				t.Fatal(err)
			}
			var samples []*sample
			for i := range *sampleCount {
				samples = append(samples, generate(*sampleSeed+uint64(i), relOf(v), "/cases/"+strconv.Itoa(i)))
			}
			answers := ask(t, h, samples)
			accepted := 0
			for i, s := range samples {
				for j := range s.specs {
					if compare(t, v, s, j, answers[i][j], fmt.Sprintf("seed %d", *sampleSeed+uint64(i))) {
						accepted++
					}
				}
			}
			if *sampleCount >= 100 && accepted < *sampleCount/2 {
				t.Errorf("only %d of the comparisons were of accepted configurations", accepted)
			}
		})
	}
}

const (
	servicesText = "# services\nssh\t\t22/tcp\t# x\nhttp 80/tcp www w3\nonlyudp 9/udp\nboth 7/udp\nboth 8/tcp\nww 5/tcp www\nbad x/tcp\n"
	hostsText    = "127.0.0.1\tlocalhost\n::1 localhost ip6-localhost six\n192.0.2.1 Named.Example alias # c\n# x\n10.9 short\n" +
		"127.0.1.1 dup\n127.0.1.1 dup\n::ffff:1.2.3.4 mapped\n2001:db8::5 far\n192.0.2.2 again again\n"
)

var homes = map[string]string{"alice": "/home/alice", "bob": "/home/bob", "carol": "/home/carol", "root": "/root"}

// args are the listener's arguments in the sample.
func (s *sample) args() []string { return append([]string{"-h", hostKeyArgument}, s.arguments...) }

func quoteArgs(args []string) string {
	out := ""
	for _, a := range args {
		out += " '" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return out
}

// prepare adds the accounts that Match User and Match Group ask for.
func prepare(t *testing.T, release sshdtest.Release) *sshdtest.Host {
	h := sshdtest.Open(t, release)
	for _, name := range []string{"alice", "bob", "carol"} {
		h.AddUser(sshdtest.User{Name: name})
	}
	text, err := h.FS().ReadFile("etc/group")
	if err != nil {
		t.Fatal(err)
	}
	withStaff := strings.Replace(string(text), "\nstaff:x:50:\n", "\nstaff:x:50:alice,bob\n", 1)
	if withStaff == string(text) {
		t.Fatal("etc/group has no empty group staff")
	}
	h.WriteFile("/etc/services", []byte(servicesText), 0o644, 0, 0)
	h.WriteFile("/etc/hosts", []byte(hostsText), 0o644, 0, 0)
	h.WriteFile("/etc/group", []byte(withStaff+"wheel:x:3000:bob\n"), 0o644, 0, 0)
	return h
}

// answer is what sshd said to one sample and spec.
type answer struct {
	lines  []string
	errors []string
	status string
}

// ask runs sshd over all samples, two at a time, in one shell each.
func ask(t *testing.T, h *sshdtest.Host, samples []*sample) [][]answer {
	t.Helper()
	command := "sshd -T"
	if h.Release() == sshdtest.Trixie {
		command = "sshd -G -T"
	}
	answers := make([][]answer, len(samples))
	for _, s := range samples {
		for name, text := range s.files {
			h.Mkdir(path.Dir(name), 0o755, 0, 0)
			h.WriteFile(name, []byte(text), 0o644, 0, 0)
		}
	}
	var wait sync.WaitGroup
	for half := range 2 {
		var script strings.Builder
		for i := half; i < len(samples); i += 2 {
			answers[i] = make([]answer, len(samples[i].specs))
			for j, sp := range samples[i].specs {
				argument := ""
				if sp.text != "" {
					argument = "-C '" + sp.text + "'"
				}
				fmt.Fprintf(&script, "echo '@begin %d %d'; %s %s -f %s %s 2>/tmp/err%d; echo \"@end $?\"; cat /tmp/err%d; echo '@@'\n",
					i, j, command, quoteArgs(samples[i].args()), samples[i].main, argument, half, half)
			}
		}
		wait.Go(func() {
			cmd := h.Command(context.Background(), "/bin/sh")
			cmd.Stdin = strings.NewReader(script.String())
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("sh: %v", err)
			}
			readAnswers(string(out), answers)
		})
	}
	wait.Wait()
	return answers
}

func readAnswers(out string, answers [][]answer) {
	var current *answer
	ended := false
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		var i, j int
		switch {
		case strings.HasPrefix(line, "@begin "):
			if _, err := fmt.Sscanf(line, "@begin %d %d", &i, &j); err == nil {
				current, ended = &answers[i][j], false
			}
		case strings.HasPrefix(line, "@end "):
			current.status, ended = strings.TrimPrefix(line, "@end "), true
		case line == "@@":
		case ended:
			current.errors = append(current.errors, strings.TrimRight(line, "\r"))
		default:
			current.lines = append(current.lines, line)
		}
	}
}

var place = regexp.MustCompile(`^(?s)(.+?):? line (\d+): (.*)`)

// complaint finds the first refusal that names a line.
func (a *answer) complaint() (file string, line int, text string) {
	for _, e := range a.errors {
		m := place.FindStringSubmatch(e)
		if m == nil || strings.HasPrefix(e, "debug") || strings.HasPrefix(m[3], "Deprecated option") || strings.HasPrefix(m[3], "Unsupported option") {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			continue
		}
		return m[1], n, m[3]
	}
	return "", 0, strings.Join(a.errors, " / ")
}

// compare holds our answer against sshd's; it returns whether sshd accepted.
// Three answers need not be sshd's, because they say that they cannot be: Match
// LocalPort without a port, a table of subsystems that sshd reads past, and a
// ListenAddress that only DNS knows.
func compare(t *testing.T, v audit.OpenSSH, s *sample, spec int, real answer, name string) bool {
	t.Helper()
	var got []string
	files := maps.Clone(s.files)
	files["/etc/services"], files["/etc/hosts"] = servicesText, hostsText
	files[hostKeyArgument] = "-----BEGIN OPENSSH PRIVATE KEY-----\n" // a NUL may glue its name to an Include
	c, err := Load(memory(files), Options{File: s.main, Version: v, Args: s.args(),
		Home: func(name string) (string, bool) { return homes[name], homes[name] != "" }})
	if err == nil {
		var settings *Settings
		if settings, err = c.Effective(s.specs[spec].conn); err == nil {
			for _, l := range settings.All() {
				got = append(got, l.Keyword+" "+l.Value)
			}
		}
	}
	report := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, -C %q: %s\n%s", name, s.specs[spec].text, fmt.Sprintf(format, args...), show(s))
	}
	if real.status != "0" {
		refusal := (*ConfigError)(nil)
		missing := (*UnknownError)(nil)
		file, line, text := real.complaint()
		switch {
		// With -q sshd says nothing.
		case errors.As(err, &missing) && strings.Contains(missing.What, "LocalPort") && (text == "" || strings.Contains(text, "'lport' not in")),
			errors.As(err, &missing) && strings.Contains(missing.What, "undefined"),
			err == nil && unresolved(c, real.errors):
		case !errors.As(err, &refusal):
			report("sshd refuses (%s), we say %v", strings.Join(real.errors, " / "), err)
		case line != 0 && (refusal.Line != line || refusal.File != file && file != "reprocess config"):
			report("sshd refuses %s line %d: %s; we %v", file, line, text, err)
		}
		return false
	}
	if missing := (*UnknownError)(nil); errors.As(err, &missing) && strings.Contains(missing.What, "undefined") {
		return false
	}
	if err != nil {
		report("sshd accepts, we refuse: %v", err)
		return true
	}
	if diff := cmp.Diff(real.lines, got); diff != "" {
		report("-sshd +we:\n%s", diff)
	}
	return true
}

// unresolved reports whether sshd failed to look up a name of ListenAddress that
// we said we had not looked up.
func unresolved(c *Config, complaints []string) bool {
	for _, text := range complaints {
		name, found := strings.CutPrefix(text, "bad addr or host: ")
		name, _, _ = strings.Cut(name, " (")
		for _, n := range c.Notes() {
			if found && strings.HasPrefix(n.Text, "ListenAddress "+name+" is a name") {
				return true
			}
		}
	}
	return false
}

// show prints the sample's files.
func show(s *sample) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		fmt.Fprintf(&b, "== %s\n", name)
		for i, line := range strings.Split(s.files[name], "\n") {
			fmt.Fprintf(&b, "%3d  %q\n", i+1, line)
		}
	}
	return b.String()
}

// TestEveryLineAlone compares each value and each mistake of the generator on
// its own, outside and inside Match blocks that match and that do not.
func TestEveryLineAlone(t *testing.T) {
	for _, release := range sshdtest.Releases() {
		t.Run(string(release), func(t *testing.T) {
			h := prepare(t, release)
			v, err := audit.ParseOpenSSH(h.Version())
			if err != nil {
				t.Fatal(err)
			}
			samples := loneLines()
			answers := ask(t, h, samples)
			for i, s := range samples {
				compare(t, v, s, 0, answers[i][0], "line "+strconv.Itoa(i))
			}
		})
	}
}

// aloneStep thins out the lines of TestEveryLineAlone.
var aloneStep = flag.Int("sshdconf.step", 8, "every how many-th line is tried alone")

// loneLines makes samples of one line each, in four surroundings in turn.
func loneLines() []*sample {
	var lines []string
	for _, keyword := range sortedKeywords {
		for _, value := range validValues[keyword] {
			lines = append(lines, keyword+" "+value)
		}
	}
	for _, n := range newValues {
		for _, value := range n.values {
			lines = append(lines, n.keyword+" "+value)
		}
	}
	lines = append(lines, wrongLines...)
	for _, m := range append(slices.Clone(matchLines), newMatchLines...) {
		lines = append(lines, "Match "+m+"\nPermitTTY no\nX11Forwarding yes")
	}
	around := []string{"", "Subsystem sftp internal-sftp\nMatch User alice\n", "Match User bob\n", "Match all\n"}
	var samples []*sample
	for i, line := range lines {
		for j, before := range around {
			if (i+j)%*aloneStep != 0 {
				continue
			}
			name := fmt.Sprintf("/cases/s%d-%d/sshd_config", i, j)
			text := "AuthorizedKeysCommandUser nobody\nAuthorizedPrincipalsCommandUser nobody\n" + before + line + "\n"
			samples = append(samples, &sample{main: name, files: map[string]string{name: text}, specs: []spec{{
				"user=alice,host=www.example.org,addr=10.1.2.3,laddr=192.0.2.1,lport=22",
				Conn{User: "alice", Groups: groups["alice"], Host: "www.example.org", Addr: "10.1.2.3", LocalAddr: "192.0.2.1", LocalPort: 22},
			}}})
		}
	}
	return samples
}
