package survey

import "math/rand/v2"

// dice throws for random states.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x5374726963744d6f))} }

func one[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

// randomStates returns states in which several things are unusual at once.
func randomStates(seed uint64, n int) []state {
	d := newDice(seed)
	list := make([]state, n)
	for i := range list {
		list[i] = d.state()
	}
	return list
}

// fewStates returns some of all the states.
func fewStates(seed uint64) []state {
	d := newDice(seed)
	var list []state
	for _, s := range listedStates() {
		if s.shape == homeIsRoot || s.shape == homeEmpty || d.IntN(8) == 0 {
			list = append(list, s)
		}
	}
	return append(list, randomStates(seed, 20)...)
}

func (d dice) state() state {
	s := state{
		where: one(d, []where{byDefault, byDefault, byDefault, inEtc, inSrv, deep, twoPlaces, twoPlaces, globbed}),
	}
	if d.IntN(3) == 0 {
		s.shape = one(d, []shape{fileLinkOutside, fileLinkInside, linkToLink, dirLinkOutside, homeLink, parentLink, fileMissing,
			fileDangling, fileLoop, fileIsDir, fileIsFIFO, fileIsSocket, fileIsNull, dirMissing, dirIsFile, secondFile, homeMissing,
			homeIsFile, homeLoop, homeRelative, homeDots, homeBracket, homeLongName, homeLongest, homeTooLong})
		s.link = one(d, []owner{usualOwner, usualOwner, rootUser, otherUser})
	}
	if d.IntN(3) == 0 {
		s.members = one(d, []members{userListed, otherListed, bothListed, otherBefore, otherBeforeListed, otherAfter, othersAround,
			secondNameBefore, secondNameAfter, secondNameListed, firstNameListed, nobodyHasIt, listedOnly, rootListed, nameTwice, noSuchGroup})
	}
	for _, o := range []*object{&s.file, &s.dir, &s.home, &s.parent, &s.second} {
		if d.IntN(3) == 0 {
			*o = d.object()
		}
	}
	s.second.absent = d.IntN(3) == 0
	return s
}

// object returns an unusual object. Modes are such that most logins reach the
// judgement of modes: one that may not be entered hides everything else.
func (d dice) object() object {
	o := with(one(d, []uint32{0o755, 0o775, 0o775, 0o770, 0o750, 0o711, 0o777, 0o1777, 0o2775, 0o4775, 0o700, 0o600, 0o644, 0o664, 0o555}))
	if d.IntN(10) == 0 {
		o.mode = d.Uint32N(0o10000)
	}
	if d.IntN(4) == 0 {
		o.owner = one(d, []owner{theUser, rootUser, rootUser, otherUser})
	}
	if d.IntN(3) == 0 {
		o.group = one(d, []group{ownGroup, sharedGroup, rootGroup, unnamedGroup})
	}
	o.acl = d.IntN(12) == 0
	return o
}
