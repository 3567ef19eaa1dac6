// Package nflink reads the running kernel's packet filter for package netfilter:
// nf_tables and ipset over netlink, ip_tables through getsockopt, and the routes,
// addresses and interfaces that rules ask about. It changes nothing.
//
// Reading needs CAP_NET_ADMIN in the network namespace.
package nflink
