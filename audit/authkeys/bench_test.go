package authkeys

import (
	"bytes"
	"crypto/elliptic"
	"strconv"
	"strings"
	"testing"
)

// benchLines are typical lines.
func benchLines(b *testing.B) map[string]string {
	return map[string]string{
		"ed25519":  edKey + " alice@laptop\n",
		"rsa3072":  lineOf("ssh-rsa", blobOf([]byte("ssh-rsa"), []byte{1, 0, 1}, append([]byte{0, 0xc1}, bytes.Repeat([]byte{7}, 383)...))) + " alice@laptop\n",
		"ecdsa256": newECDSA(b, elliptic.P256()).public.Line + " alice@laptop\n",
		"ecdsa521": newECDSA(b, elliptic.P521()).public.Line + " alice@laptop\n",
		"options":  `from="10.0.0.0/8,192.0.2.7",command="/usr/bin/rrsync -ro /srv",restrict ` + edKey + " alice@laptop\n",
		"comment":  "# a comment that says something about the next line\n",
		"broken":   "garbage that is no key and has some words\n",
	}
}

func BenchmarkLine(b *testing.B) {
	r := testRules(bookworm)
	for name, line := range benchLines(b) {
		b.Run(name, func(b *testing.B) {
			data := []byte(line)
			b.ReportAllocs()
			for b.Loop() {
				Parse(data, r)
			}
		})
	}
}

// BenchmarkLargeFile parses 16 MiB, the most that a caller reads.
func BenchmarkLargeFile(b *testing.B) {
	const size = 16 << 20
	fill := func(s string) []byte { return []byte(strings.Repeat(s, size/len(s)+1)[:size]) }
	for name, data := range map[string][]byte{
		"one line":      fill("x"),
		"ed25519":       fill(edKey + " alice@laptop\n"),
		"blank lines":   fill("\n"),
		"open wraps":    fill("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7\nAAAA\nA\n"),
		"open blocks":   fill("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\nA: b\n"),
		"one open wrap": append([]byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7\n"), fill("A\n")...),
		"type words":    fill("ssh-rsa AAAA "),
		"options":       fill("pty,"),
		"environment":   fill(`environment="A=b",`),
		"quotes":        fill(`"\`),
		"UTF-16":        fill("a\x00"),
		"NUL":           fill("\x00"),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				Parse(data, testRules(bookworm))
			}
		})
	}
}

// BenchmarkManyFiles parses the three keys of each of many accounts.
func BenchmarkManyFiles(b *testing.B) {
	lines := benchLines(b)
	data := []byte(lines["ed25519"] + lines["rsa3072"] + lines["options"])
	r := testRules(bookworm)
	for b.Loop() {
		Parse(data, r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/key")
}

func BenchmarkRepair(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString(edKey + " user" + strconv.Itoa(i) + "\n")
	}
	data := []byte(text.String())
	for b.Loop() {
		if _, _, err := Repair(data); err != nil {
			b.Fatal(err)
		}
	}
}
