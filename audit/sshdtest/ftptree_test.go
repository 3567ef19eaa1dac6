package sshdtest

import "testing"

func TestFTPServersAreInstalled(t *testing.T) {
	for _, r := range Releases() {
		h := OpenFTP(t, r)
		for _, program := range []string{"vsftpd", "proftpd", "pure-ftpd"} {
			if _, err := h.FS().Stat("usr/sbin/" + program); err != nil {
				t.Errorf("%s: %v", r, err)
			}
		}
	}
}
