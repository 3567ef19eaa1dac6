package survey

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// sample is what a made host holds.
type sample struct {
	root string
	// faulty are the accounts that were made wrong, with the check that finds it.
	faulty map[string]string
}

// makeHost makes the file system of a host with n accounts: 80 % with keys, one
// to five each, 3 % of them faulty, as hosting servers look.
func makeHost(tb testing.TB, n int) sample {
	tb.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			tb.Fatal("homes of other accounts can be made by root only")
		}
		tb.Skip("homes of other accounts can be made by root only")
	}
	s := sample{root: tb.TempDir(), faulty: make(map[string]string)}
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var passwd, group, shadow bytes.Buffer
	passwd.WriteString("root:x:0:0:root:/root:/bin/bash\n")
	group.WriteString("root:x:0:\n")
	shadow.WriteString("root:*:19000:0:99999:7:::\n")
	for i := range n {
		name, uid := fmt.Sprintf("user%06d", i), 10000+i
		fmt.Fprintf(&passwd, "%s:x:%d:%d:Customer %d,,,:/home/%s:/bin/bash\n", name, uid, uid, i, name)
		fmt.Fprintf(&group, "%s:x:%d:\n", name, uid)
		fmt.Fprintf(&shadow, "%s:$6$saltsalt$%086d:19000:0:99999:7:::\n", name, i)
		s.home(tb, random, name, uid)
	}
	must(tb, os.Mkdir(filepath.Join(s.root, "root"), 0o700))
	s.write(tb, "etc/passwd", passwd.Bytes(), 0o644)
	s.write(tb, "etc/group", group.Bytes(), 0o644)
	s.write(tb, "etc/shadow", shadow.Bytes(), 0o640)
	s.write(tb, "etc/os-release", []byte("ID=debian\n"), 0o644)
	s.write(tb, "etc/ssh/sshd_config", []byte("UsePAM yes\nSubsystem sftp internal-sftp\n"), 0o644)
	return s
}

func (s sample) write(tb testing.TB, name string, data []byte, mode os.FileMode) {
	tb.Helper()
	path := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		tb.Fatal(err)
	}
}

// home makes one home; one account in five has no keys.
func (s sample) home(tb testing.TB, random *rand.Rand, name string, uid int) {
	tb.Helper()
	home := filepath.Join(s.root, "home", name)
	must(tb, os.MkdirAll(filepath.Join(s.root, "home"), 0o755))
	must(tb, os.Mkdir(home, 0o755))
	if random.IntN(5) > 0 {
		ssh := filepath.Join(home, ".ssh")
		must(tb, os.Mkdir(ssh, 0o700))
		var keys bytes.Buffer
		for range 1 + random.IntN(5) {
			keys.WriteString(madeKey(random))
		}
		file := filepath.Join(ssh, "authorized_keys")
		must(tb, os.WriteFile(file, keys.Bytes(), 0o600))
		if random.IntN(2) == 0 {
			known := filepath.Join(ssh, "known_hosts")
			must(tb, os.WriteFile(known, []byte("example.org "+madeKey(random)), 0o644))
			must(tb, os.Chown(known, uid, uid))
		}
		if random.IntN(100) < 3 {
			s.spoil(tb, random, name, ssh, file)
		}
		must(tb, os.Chown(file, uid, uid))
		must(tb, os.Chown(ssh, uid, uid))
	}
	must(tb, os.Chown(home, uid, uid))
}

// spoil makes one thing wrong.
func (s sample) spoil(tb testing.TB, random *rand.Rand, name, ssh, file string) {
	tb.Helper()
	switch random.IntN(4) {
	case 0:
		must(tb, os.Chmod(file, 0o666))
		s.faulty[name] = "akf-strict-file"
	case 1:
		must(tb, os.Chmod(ssh, 0o777))
		s.faulty[name] = "akf-strict-dir"
	case 2:
		data, err := os.ReadFile(file)
		must(tb, err)
		must(tb, os.WriteFile(file, append([]byte("\xef\xbb\xbf"), data...), 0o600))
		s.faulty[name] = "ak-bom"
	case 3:
		must(tb, os.Chmod(ssh, 0o755))
		s.faulty[name] = "ssh-dir-mode-loose"
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// madeKey returns a line with an RSA or ed25519 key of random numbers.
func madeKey(random *rand.Rand) string {
	field := func(b *bytes.Buffer, data []byte) {
		_ = binary.Write(b, binary.BigEndian, uint32(len(data))) // a buffer takes everything
		b.Write(data)
	}
	number := func(size int) []byte {
		n := make([]byte, size)
		for i := range n {
			n[i] = byte(random.Uint32())
		}
		return n
	}
	var b bytes.Buffer
	kind := "ssh-ed25519"
	if random.IntN(2) == 0 {
		kind = "ssh-rsa"
	}
	field(&b, []byte(kind))
	if kind == "ssh-rsa" {
		field(&b, []byte{1, 0, 1})
		n := number(385)
		n[0], n[1] = 0, n[1]|0x80
		n[384] |= 1
		field(&b, n)
	} else {
		field(&b, number(32))
	}
	return kind + " " + base64.StdEncoding.EncodeToString(b.Bytes()) + " customer@laptop\n"
}
