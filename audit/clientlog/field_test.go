package clientlog

import (
	"strings"
	"testing"
)

// fieldTexts are in the forms in which people pasted their logs into forums and
// issues, with other names and addresses.
var fieldTexts = []struct {
	name, text string
	want
}{
	{"forum markup in every line", `[SIZE=2]Status: Connecting to 192.0.2.7...[/SIZE]
[COLOR=#008000][SIZE=2][COLOR=#008000]Response: fzSftp started[/COLOR][/SIZE][/COLOR]
[COLOR=#000080][COLOR=#000080][SIZE=2]Command: open [/SIZE][EMAIL="carl@192.0.2.7"][SIZE=2]carl@192.0.2.7[/SIZE][/EMAIL][SIZE=2] 22[/SIZE][/COLOR][/COLOR]
[COLOR=#ff0000][SIZE=2][COLOR=#ff0000]Error: Connection timed out[/COLOR][/SIZE][/COLOR]
[COLOR=#ff0000][SIZE=2][COLOR=#ff0000]Error: Could not connect to server[/COLOR][/SIZE][/COLOR]
[SIZE=2]Status: Waiting to retry...[/SIZE]
`, want{"FileZilla", "sftp", "carl", StepConnectTimeout, 22, "192.0.2.7", ""}},
	{"typed off the screen", `Status: connecting to 192.0.2.6
Response: fzSftp started
command: open "bob@192.0.2.6"22
Error: connection timed out
error: could not connect to server
`, want{"FileZilla", "sftp", "bob", StepConnectTimeout, 22, "192.0.2.6", ""}},
	{"a blank lost", `Response: fzSftp started
Command: open "User@sftp.example.com"22
Command: Trust new Hostkey: Once
Command: Pass:********
Error: Authentication failed.
Error: Critical error
Error: Could not connect to server
`, want{"FileZilla", "sftp", "User", StepPasswordRefused, 22, "sftp.example.com", ""}},
	{"a key file, and no events", `Status: Connecting to alice.example.io...
Response: fzSftp started, protocol_version=2
Command: keyfile "/Users/alice/id.ppk"
Command: open "alice@alice.example.io" 22
Command: Trust new Hostkey: Once
Error: Disconnected: No supported authentication methods available (server sent: publickey)
Error: Could not connect to server
`, want{"FileZilla", "sftp", "alice", StepKeyRefused, 22, "alice.example.io", ""}},
	{"silence after the login", `Status: Connecting to 192.0.2.100...
Response: fzSftp started
Command: open "thisuser@192.0.2.100" 22
Command: Pass: **********************
Status: Connected to 192.0.2.100
Error: Connection timed out
Error: Could not connect to server
`, want{"FileZilla", "sftp", "thisuser", StepSessionClosed, 22, "192.0.2.100", ""}},
	{"a log file that works", `user@pc:~$ tail -f filezilla.log
2010-07-07 10:35:12 2690 2 Response: fzSftp started
2010-07-07 10:35:12 2690 2 Command: open "root@203.0.113.1" 22
2010-07-07 10:35:19 2690 2 Command: Trust new Hostkey: Once
2010-07-07 10:35:21 2690 2 Command: Pass: *******
2010-07-07 10:35:25 2690 2 Status: Connected to 203.0.113.1
2010-07-07 10:35:28 2690 2 Status: Retrieving directory listing...
2010-07-07 10:35:28 2690 2 Command: pwd
2010-07-07 10:35:28 2690 2 Response: Current directory is: "/root"
2010-07-07 10:35:41 2690 2 Status: Directory listing successful
`, want{"FileZilla", "sftp", "root", "", 22, "203.0.113.1", ""}},
	{"refused by the helper's words", `Status: Connecting to sftp.example.com:2022
Response: fzSftp started
Command: open "user@sftp.example.com" 2022
Error: Network error: Connection refused
Error: Could not connect to server
`, want{"FileZilla", "sftp", "user", StepConnectRefused, 2022, "sftp.example.com", ""}},
	{"an old tunnel, wrapped", `. 2009-10-24 21:51:41.265 --------------------------------------------------------------------------
. 2009-10-24 21:51:41.281 WinSCP Version 4.1.9 (Build 416) (OS 5.1.2600 Service Pack 2)
. 2009-10-24 21:51:41.281 Session name: [EMAIL="dora@inner.example.com"]dora@inner.example.com[/EMAIL]
. 2009-10-24 21:51:41.281 Host name: inner.example.com (Port: 22)
. 2009-10-24 21:51:41.281 User name: dora (Password: No, Key file: No)
. 2009-10-24 21:51:41.281 Tunnel: Yes
. 2009-10-24 21:51:41.281 Tunnel: Host name: jump.example.com (Port: 22)
. 2009-10-24 21:51:41.281 Transfer Protocol: SFTP (SCP)
. 2009-10-24 21:51:41.281 Proxy: none
. 2009-10-24 21:51:41.281 Try agent: Yes; Agent forwarding: No; TIS/CryptoCard: No; KI: Yes; 

GSSAPI: No
. 2009-10-24 21:51:41.300 [Tunnel] Looking up host "jump.example.com"
. 2009-10-24 21:51:41.300 [Tunnel] Connecting to 192.0.2.3 port 22
. 2009-10-24 21:51:42.300 [Tunnel] Server version: SSH-2.0-OpenSSH_5.1p1
! 2009-10-24 21:51:42.300 [Tunnel] Using username "dora".
. 2009-10-24 21:51:45.300 [Tunnel] Access denied
* 2009-10-24 21:51:46.300 (ESshFatal) Authentication failed.
`, want{"WinSCP", "sftp", "dora", StepProxy, 22, "inner.example.com", ""}},
	{"packets of an old PuTTY", `Event Log: Host key fingerprint is:
Event Log: ssh-rsa 2048 93:4f:75:f2:78:b2:2f:ba:71:f7:08:d2:9e:b8:77:18
Outgoing packet #0x2, type 21 / 0x15 (SSH2_MSG_NEWKEYS)
Event Log: Initialised AES-256 SDCTR client->server encryption
Event Log: Reading key file "C:\Users\erin\erin.ppk"
Outgoing packet #0x4, type 50 / 0x32 (SSH2_MSG_USERAUTH_REQUEST)
  00000000  00 00 00 04 65 72 69 6e 00 00 00 0e 73 73 68 2d  ....erin....ssh-
  00000010  63 6f 6e 6e 65 63 74 69 6f 6e 00 00 00 04 6e 6f  connection....no
  00000020  6e 65                                            ne
Event Log: Offered public key
Event Log: Server refused our key
Event Log: No supported authentication methods available (server sent: publickey)
`, want{"PuTTY", "ssh", "erin", StepKeyRefused, 0, "-", ""}},
}

func TestTextsFromTheFieldTellTheirFailingStep(t *testing.T) {
	for _, c := range fieldTexts {
		got, err := Read(strings.NewReader(c.text))
		must(t, err)
		if c.host == "-" {
			got.Host = "-"
		}
		compare(t, c.name, c.text, got, c.want)
	}
}
