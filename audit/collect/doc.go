// Package collect fills facts from a host: one file a source. It reads files
// through hostfs only, homes with the rights of their account, and returns
// plain values; it judges nothing. What could not be read is a fact too.
package collect
