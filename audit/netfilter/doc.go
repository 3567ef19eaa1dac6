// Package netfilter predicts what Linux's packet filter does with a new
// connection to a port of this host.
//
// A Ruleset holds the tables of nf_tables and of the legacy ip_tables in one
// form: chains of rules, a rule being a list of operations that run in order as
// the kernel runs them (nf_tables_core.c, nft_do_chain). Four readers make it:
// FromNetlink from raw nf_tables messages, LegacyTable from the blob that
// ip_tables hands out, ParseNFT from `nft -j list ruleset`, ParseSave from
// `iptables-save`. Evaluate walks a packet through the hooks in kernel order.
//
// Nothing is guessed. Every value may be known in part, every match yields yes,
// no or maybe, and a maybe follows both ways; the verdict is definite when all
// ways agree, otherwise unknown with the names of the matches that divide them.
//
// The package is pure: it reads bytes and never the machine. Package nflink
// reads the machine.
package netfilter
