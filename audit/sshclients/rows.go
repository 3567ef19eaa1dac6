package sshclients

// row is one release as it was seen. Certificates and security keys, which no
// server has beside its plain host keys, and names that only signal an extension
// are left out of the lists.
type row struct {
	product, version          string
	year                      int
	sha1                      bool
	source                    string
	kex, hostKey, cipher, mac string
}

// Lists that many releases share.
const (
	ecdh        = "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
	ecdsa       = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
	aesCTR      = "aes128-ctr,aes192-ctr,aes256-ctr"
	aesMixed    = "aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc"
	puttyMACs   = "hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-md5-etm@openssh.com"
	opensshMACs = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
	curve25519  = "curve25519-sha256,curve25519-sha256@libssh.org"
	desEnd      = "3des-ctr,3des-cbc,blowfish-ctr,blowfish-cbc,arcfour256,arcfour128"
	sha2MACs    = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
)

// rows hold what each release offers; "Debian 12" and the like as a source mean
// that its package was let connect and its SSH_MSG_KEXINIT read.
var rows = []row{
	{
		product: "Dropbear", version: "2020.81", year: 2020, source: "Debian 11",
		kex: curve25519 + ",ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256," +
			"diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
		mac:     "hmac-sha1,hmac-sha2-256",
	},
	{
		product: "Dropbear", version: "2022.83", year: 2022, source: "Debian 12",
		kex: curve25519 + ",ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256," +
			"diffie-hellman-group14-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
		mac:     "hmac-sha1,hmac-sha2-256",
	},
	{
		product: "Dropbear", version: "2025.89", year: 2025, source: "Debian 13",
		kex:     "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256," + curve25519 + ",ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-256",
		cipher:  "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
		mac:     "hmac-sha2-256",
	},
	{
		product: "FileZilla", version: "3.52.2", year: 2021, sha1: true, source: "Debian 11",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher: "aes256-gcm@openssh.com,aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc," +
			"aes128-gcm@openssh.com,aes128-ctr,aes128-cbc,chacha20-poly1305@openssh.com," + desEnd,
		mac: puttyMACs,
	},
	{
		product: "FileZilla", version: "3.63.0", year: 2023, source: "Debian 12",
		kex: "curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher: "aes256-gcm@openssh.com,aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc," +
			"aes128-gcm@openssh.com,aes128-ctr,aes128-cbc,chacha20-poly1305@openssh.com," + desEnd,
		mac: puttyMACs,
	},
	{
		product: "FileZilla", version: "3.68.1", year: 2024, source: "Debian 13",
		kex: "curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher: "aes256-gcm@openssh.com,aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc," +
			"aes128-gcm@openssh.com,aes128-ctr,aes128-cbc,chacha20-poly1305@openssh.com," + desEnd,
		mac: puttyMACs,
	},
	{
		product: "Go x/crypto", version: "2019", year: 2019, sha1: true, source: "x/crypto of March 2019",
		kex:     "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: ecdsa + ",ssh-rsa,ssh-dss,ssh-ed25519",
		cipher:  "aes128-gcm@openssh.com,chacha20-poly1305@openssh.com," + aesCTR,
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1,hmac-sha1-96",
	},
	{
		product: "Go x/crypto", version: "2022", year: 2022, source: "x/crypto of April 2022",
		kex:     curve25519 + "," + ecdh + ",diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
		hostKey: ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss,ssh-ed25519",
		cipher:  "aes128-gcm@openssh.com,chacha20-poly1305@openssh.com," + aesCTR,
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1,hmac-sha1-96",
	},
	{
		product: "Go x/crypto", version: "2026", year: 2026, source: "x/crypto 0.59.0",
		kex:     "mlkem768x25519-sha256," + curve25519 + "," + ecdh + ",diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
		hostKey: ecdsa + ",rsa-sha2-256,rsa-sha2-512,ssh-rsa,ssh-ed25519",
		cipher:  "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com," + aesCTR,
		mac:     sha2MACs + ",hmac-sha1,hmac-sha1-96",
	},
	{
		product: "JSch", version: "0.1.54", year: 2016, sha1: true, source: "Debian 12; 0.1.55 names itself 0.1.54",
		kex: ecdh + ",diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha256," +
			"diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-rsa,ssh-dss," + ecdsa,
		cipher:  "aes128-ctr,aes128-cbc,3des-ctr,3des-cbc,blowfish-cbc,aes192-ctr,aes192-cbc,aes256-ctr,aes256-cbc",
		mac:     "hmac-md5,hmac-sha1,hmac-sha2-256,hmac-sha1-96,hmac-md5-96",
	},
	{
		product: "JSch", version: "0.2.0", year: 2022, source: "source; Java 15 and later",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256",
		cipher:  aesCTR + ",aes128-gcm@openssh.com,aes256-gcm@openssh.com",
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	},
	{
		product: "libssh", version: "0.9.8", year: 2023, source: "Debian 11",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr,aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc",
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	},
	{
		product: "libssh", version: "0.10.6", year: 2023, source: "Debian 12",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256," +
			"diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256",
		cipher:  "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
		mac:     sha2MACs,
	},
	{
		product: "libssh", version: "0.11.5", year: 2025, source: "Debian 13",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group18-sha512,diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256," +
			"diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256",
		cipher:  "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
		mac:     sha2MACs,
	},
	{
		product: "libssh2", version: "1.9.0", year: 2019, sha1: true, source: "Debian 11",
		kex: "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-rsa,ssh-dss",
		cipher: aesCTR + ",aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,aes128-cbc,blowfish-cbc,arcfour128,arcfour," +
			"cast128-cbc,3des-cbc",
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-ripemd160,hmac-ripemd160@openssh.com",
	},
	{
		product: "libssh2", version: "1.10.0", year: 2021, sha1: true, source: "Debian 12",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1," +
			"diffie-hellman-group-exchange-sha1",
		hostKey: ecdsa + ",ssh-ed25519,ssh-rsa,ssh-dss",
		cipher: aesCTR + ",aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,aes128-cbc,blowfish-cbc,arcfour128,arcfour," +
			"cast128-cbc,3des-cbc",
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-ripemd160,hmac-ripemd160@openssh.com",
	},
	{
		product: "libssh2", version: "1.11.1", year: 2024, source: "Debian 13",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1," +
			"diffie-hellman-group-exchange-sha1",
		hostKey: ecdsa + ",ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
		cipher: "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr," +
			"aes128-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,aes128-cbc,blowfish-cbc,arcfour128," +
			"arcfour,cast128-cbc,3des-cbc",
		mac: "hmac-sha2-256,hmac-sha2-256-etm@openssh.com,hmac-sha2-512,hmac-sha2-512-etm@openssh.com,hmac-sha1," +
			"hmac-sha1-etm@openssh.com,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-ripemd160," +
			"hmac-ripemd160@openssh.com",
	},
	{
		product: "OpenSSH", version: "7.4", year: 2016, source: "source (myproposal.h)",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
		hostKey: ecdsa + ",ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
		cipher:  "chacha20-poly1305@openssh.com," + aesCTR + ",aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-cbc,aes192-cbc,aes256-cbc",
		mac:     opensshMACs,
	},
	{
		product: "OpenSSH", version: "8.4", year: 2020, source: "Debian 11",
		kex: curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256",
		hostKey: ecdsa + ",ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
		cipher:  "chacha20-poly1305@openssh.com," + aesCTR + ",aes128-gcm@openssh.com,aes256-gcm@openssh.com",
		mac:     opensshMACs,
	},
	{
		product: "OpenSSH", version: "9.2", year: 2023, source: "Debian 12",
		kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256",
		cipher:  "chacha20-poly1305@openssh.com," + aesCTR + ",aes128-gcm@openssh.com,aes256-gcm@openssh.com",
		mac:     opensshMACs,
	},
	{
		product: "OpenSSH", version: "10.0", year: 2025, source: "Debian 13",
		kex: "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," +
			"diffie-hellman-group14-sha256",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256",
		cipher:  "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com," + aesCTR,
		mac:     opensshMACs,
	},
	{
		product: "paramiko", version: "2.7.2", year: 2020, sha1: true, source: "Debian 11",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256," +
			"diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher:  aesCTR + ",aes128-cbc,aes192-cbc,aes256-cbc,blowfish-cbc,3des-cbc",
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1," +
			"hmac-md5,hmac-sha1-96,hmac-md5-96",
	},
	{
		product: "paramiko", version: "2.12.0", year: 2022, source: "Debian 12",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256," +
			"diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesCTR + ",aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc",
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1," +
			"hmac-md5,hmac-sha1-96,hmac-md5-96",
	},
	{
		product: "paramiko", version: "3.5.1", year: 2025, source: "Debian 13",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256," +
			"diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesCTR + ",aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1," +
			"hmac-md5,hmac-sha1-96,hmac-md5-96",
	},
	{
		product: "PuTTY", version: "0.63", year: 2013, sha1: true, source: "source",
		kex: "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1," +
			"diffie-hellman-group1-sha1,rsa2048-sha256,rsa1024-sha1",
		hostKey: "ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",blowfish-ctr,blowfish-cbc,3des-ctr,3des-cbc,arcfour256,arcfour128",
		mac:     "hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5",
	},
	{
		product: "PuTTY", version: "0.67", year: 2016, sha1: true, source: "source",
		kex: "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1," +
			"diffie-hellman-group1-sha1,rsa2048-sha256,rsa1024-sha1",
		hostKey: "ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",blowfish-ctr,blowfish-cbc,3des-ctr,3des-cbc,arcfour256,arcfour128",
		mac:     "hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5",
	},
	{
		product: "PuTTY", version: "0.70", year: 2017, sha1: true, source: "packet traces",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,blowfish-ctr,blowfish-cbc,3des-ctr,3des-cbc,arcfour256,arcfour128",
		mac:     puttyMACs,
	},
	{
		product: "PuTTY", version: "0.74", year: 2020, sha1: true, source: "Debian 11",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com," + desEnd,
		mac:     puttyMACs,
	},
	{
		product: "PuTTY", version: "0.78", year: 2022, source: "Debian 12",
		kex: "sntrup761x25519-sha512@openssh.com,curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512," +
			"diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1," +
			"rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com," + desEnd,
		mac:     puttyMACs,
	},
	{
		product: "PuTTY", version: "0.83", year: 2025, source: "Debian 13",
		kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256," +
			"mlkem1024nistp384-sha384,mlkem768nistp256-sha256,curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512," +
			"diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1," +
			"rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com," + desEnd,
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com," +
			"hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com," +
			"hmac-md5-etm@openssh.com",
	},
	{
		product: "ssh2 (Node.js)", version: "0.4.10", year: 2020, sha1: true, source: "npm, ssh2 0.8.9",
		kex: "curve25519-sha256@libssh.org,curve25519-sha256," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512," +
			"diffie-hellman-group18-sha512,diffie-hellman-group14-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa",
		cipher:  aesCTR + ",aes128-gcm,aes128-gcm@openssh.com,aes256-gcm,aes256-gcm@openssh.com",
		mac:     "hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	},
	{
		product: "ssh2 (Node.js)", version: "1.4.0", year: 2021, sha1: true, source: "npm",
		kex: "curve25519-sha256@libssh.org,curve25519-sha256," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group15-sha512," +
			"diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,diffie-hellman-group18-sha512",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa",
		cipher:  "aes128-gcm,aes128-gcm@openssh.com,aes256-gcm,aes256-gcm@openssh.com," + aesCTR + ",chacha20-poly1305@openssh.com",
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	},
	{
		product: "ssh2 (Node.js)", version: "1.17.0", year: 2025, source: "npm",
		kex: "curve25519-sha256@libssh.org,curve25519-sha256," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group15-sha512," +
			"diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,diffie-hellman-group18-sha512",
		hostKey: "ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa",
		cipher:  "aes128-gcm@openssh.com,aes256-gcm@openssh.com," + aesCTR + ",chacha20-poly1305@openssh.com",
		mac:     "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	},
	{
		product: "WinSCP", version: "5.9.4", year: 2017, sha1: true, source: "packet traces",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,blowfish-ctr,blowfish-cbc,3des-ctr,3des-cbc,arcfour256,arcfour128",
		mac:     puttyMACs,
	},
	{
		product: "WinSCP", version: "5.18", year: 2020, sha1: true, source: "built on PuTTY 0.74",
		kex: "curve25519-sha256@libssh.org," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1," +
			"diffie-hellman-group1-sha1",
		hostKey: "ssh-ed25519," + ecdsa + ",ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com," + desEnd,
		mac:     puttyMACs,
	},
	{
		product: "WinSCP", version: "6.1", year: 2023, source: "built on PuTTY 0.78",
		kex: "sntrup761x25519-sha512@openssh.com,curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512," +
			"diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1," +
			"rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com," + desEnd,
		mac:     puttyMACs,
	},
	{
		product: "WinSCP", version: "6.5", year: 2025, source: "built on PuTTY 0.83",
		kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256," +
			"mlkem1024nistp384-sha384,mlkem768nistp256-sha256,curve448-sha512," + curve25519 + "," + ecdh + ",diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1," +
			"diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512," +
			"diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1," +
			"rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1",
		hostKey: "ssh-ed448,ssh-ed25519," + ecdsa + ",rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
		cipher:  aesMixed + ",chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com," + desEnd,
		mac: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com," +
			"hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com," +
			"hmac-md5-etm@openssh.com",
	},
}
