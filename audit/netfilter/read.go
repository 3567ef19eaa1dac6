package netfilter

import "bytes"

// Parse reads a rule-set file of either kind: what `nft -j list ruleset` prints
// begins with a brace.
func Parse(name string, text []byte) (*Ruleset, error) {
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) > 0 && t[0] == '{' {
		return ParseNFT(name, text)
	}
	return ParseSave(name, text)
}
