package sshclients

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sshaudit/audit/sshwire"
)

// Release is one release of a program.
type Release struct {
	// Product is "PuTTY", Version "0.78", Year when it was published.
	Product, Version string
	Year             int
	Offer            *sshwire.Offer
	// SHA1 tells that it signs with RSA keys by SHA-1 only, which sshd refuses
	// from 8.8 on: its users' RSA keys do not work there.
	SHA1 bool
	// Source says where the row comes from.
	Source string
}

// Name is "PuTTY 0.78".
func (r *Release) Name() string {
	if r.Version == "" {
		return r.Product
	}
	return r.Product + " " + r.Version
}

// Releases returns all rows, by product and from old to new.
var Releases = sync.OnceValue(func() []Release {
	var list []Release
	for i := range rows {
		r := &rows[i]
		list = append(list, Release{
			Product: r.product, Version: r.version, Year: r.year, SHA1: r.sha1, Source: r.source,
			Offer: sshwire.Both(r.kex, r.hostKey, r.cipher, r.mac, "none"),
		})
	}
	slices.SortStableFunc(list, func(a, b Release) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Product), strings.ToLower(b.Product)), Compare(a.Version, b.Version))
	})
	return list
})

// Compare orders two versions by their numbers: "0.9" before "0.10".
func Compare(a, b string) int {
	x, y := numbers(a), numbers(b)
	return slices.Compare(x, y)
}

// numbers are the numbers of a version; what is no number ends it.
func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil {
			return list
		}
		list = append(list, n)
		if len(digits) < len(part) {
			break
		}
	}
	return list
}

// Around returns the rows between which a release of a product lies: the same
// row twice if there is one of its own, nil for a side on which none is known.
// Without a version all that is known is the oldest and the newest.
func Around(product, version string) (below, above *Release) {
	list := Releases()
	for i := range list {
		r := &list[i]
		if r.Product != product {
			continue
		}
		if version == "" {
			if below == nil {
				below = r
			}
			above = r
			continue
		}
		if Compare(r.Version, version) <= 0 {
			below = r
		}
		if Compare(r.Version, version) >= 0 && above == nil {
			above = r
		}
	}
	return below, above
}
