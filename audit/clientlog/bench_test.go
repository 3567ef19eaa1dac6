package clientlog

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
)

// samples are typical lines of long logs.
var samples = map[string]string{
	"winscp":  ". 2026-11-24 10:00:00.123 Received 12345 bytes (0 left to read)\r\n< 2026-11-24 10:00:00.124 Type: SSH_FXP_DATA, Size: 32777, Number: 1285\r\n> 2026-11-24 10:00:00.125 Type: SSH_FXP_READ, Size: 25, Number: 3333\r\n",
	"openssh": "debug3: receive packet: type 94\ndebug2: channel 0: rcvd adjust 32768\ndebug2: channel 0: window 1998336 sent adjust 98816\n",
	"packets": "Incoming packet #0x1234, type 94 / 0x5e (SSH2_MSG_CHANNEL_DATA)\r\n  00000000  00 00 00 00 00 00 40 00 48 65 6c 6c 6f 20 77 6f  ......@.Hello wo\r\n  00000010  72 6c 64 0a 48 65 6c 6c 6f 20 77 6f 72 6c 64 0a  rld.Hello world.\r\n",
	"ftp":     "12:00:00\tStatus:\tDirectory listing of \"/\" successful\n12:00:00\tCommand:\tMLSD\n12:00:00\tResponse:\t150 Opening BINARY mode data connection for MLSD\n12:00:00\tListing:\ttype=file;size=1234;modify=20261124100000; index.html\n",
	"plain":   "the quick brown fox jumps over the lazy dog, and then some more words that no client ever wrote stand here\n",
	"zeros":   strings.Repeat("\x00", 100),
}

// repeated gives a sample's text again and again.
type repeated struct {
	sample []byte
	left   int
	at     int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.left > 0 {
		c := copy(p[n:min(len(p), n+r.left)], r.sample[r.at:])
		n, r.left, r.at = n+c, r.left-c, (r.at+c)%len(r.sample)
	}
	return n, nil
}

// BenchmarkRead100MB reads 100 MB of each kind of log; "live-KiB" is what is on the
// heap at its end.
func BenchmarkRead100MB(b *testing.B) {
	const total = 100 << 20
	wide := func(s string) string {
		var out bytes.Buffer
		for _, c := range []byte(s) {
			out.Write([]byte{c, 0})
		}
		return out.String()
	}
	samples["utf16"] = wide(samples["winscp"])
	for name, text := range samples {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(total)
			for range b.N {
				in := io.Reader(&repeated{sample: []byte(text), left: total})
				if name == "utf16" {
					in = io.MultiReader(strings.NewReader("\xff\xfe"), in)
				}
				l, err := Read(in)
				if err != nil {
					b.Fatal(err)
				}
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapAlloc)/1024, "live-KiB")
				runtime.KeepAlive(l)
			}
		})
	}
}
