package survey

// listedStates returns the states that are tried one by one: one thing is
// unusual in each, or two that belong together.
func listedStates() []state {
	var list []state
	list = append(list, modeStates()...)
	list = append(list, ownerStates()...)
	list = append(list, groupStates()...)
	list = append(list, shapeStates()...)
	list = append(list, placeStates()...)
	return append(list, rootStates()...)
}

// eachRole returns one state for each object on the way to the keys.
func eachRole(o object) []state {
	return []state{
		{where: byDefault, file: o}, {where: byDefault, dir: o}, {where: byDefault, home: o}, {where: byDefault, parent: o},
	}
}

// modeStates tries the modes of each object.
func modeStates() []state {
	list := []state{{where: byDefault}}
	for _, mode := range []uint32{0o000, 0o200, 0o400, 0o444, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666, 0o700, 0o711, 0o750,
		0o755, 0o770, 0o775, 0o777, 0o1777, 0o1755, 0o2775, 0o4755} {
		list = append(list, eachRole(with(mode))...)
	}
	return list
}

// ownerStates tries owners and groups of each object, with and without the
// group's right to write.
func ownerStates() []state {
	var list []state
	for _, mode := range []uint32{0o600, 0o700, 0o644, 0o755, 0o775} {
		for _, owner := range []owner{rootUser, otherUser} {
			list = append(list, eachRole(with(mode).by(owner))...)
		}
	}
	for _, group := range []group{sharedGroup, rootGroup, unnamedGroup} {
		list = append(list, eachRole(with(0o775).of(group))...)
	}
	list = append(list, eachRole(with(0o755).of(sharedGroup))...)
	list = append(list, eachRole(with(0o775).by(rootUser).of(ownGroup))...)
	list = append(list, eachRole(with(0o755).listed())...)
	return append(list, eachRole(with(0o755).of(sharedGroup).listed())...)
}

// groupStates tries who is in the account's own group, which may write.
func groupStates() []state {
	var list []state
	for _, m := range []members{userListed, otherListed, bothListed, otherBefore, otherBeforeListed, otherAfter, othersAround,
		secondNameBefore, secondNameAfter, secondNameListed, firstNameListed, nobodyHasIt, listedOnly, rootListed, nameTwice, noSuchGroup} {
		list = append(list,
			state{where: byDefault, members: m, file: with(0o664).of(ownGroup)},
			state{where: byDefault, members: m, home: with(0o775).of(ownGroup)},
			state{where: byDefault, members: m, file: with(0o664).by(rootUser).of(ownGroup)})
	}
	return list
}

// shapeStates tries links, and what stands where a file or directory should.
func shapeStates() []state {
	var list []state
	for _, s := range []shape{fileLinkOutside, fileLinkInside, linkToLink, dirLinkOutside, homeLink, parentLink} {
		list = append(list,
			state{where: byDefault, shape: s},
			state{where: byDefault, shape: s, link: otherUser},
			state{where: byDefault, shape: s, dir: with(0o1777), link: otherUser},
			state{where: byDefault, shape: s, home: with(0o777)},
			state{where: byDefault, shape: s, parent: with(0o777)},
			state{where: byDefault, shape: s, parent: with(0o1777), link: otherUser},
			state{where: byDefault, shape: s, parent: with(0o700)},
			state{where: byDefault, shape: s, parent: with(0o755).by(otherUser)})
	}
	for _, s := range []shape{fileMissing, fileDangling, fileLoop, fileIsDir, fileIsFIFO, fileIsSocket, fileIsNull, dirMissing,
		dirIsFile, secondFile, homeMissing, homeIsFile, homeLoop, homeEmpty, homeRelative, homeDots, homeBracket, homeLongName,
		homeLongest, homeTooLong} {
		list = append(list, state{where: byDefault, shape: s})
	}
	return append(list, state{where: byDefault, shape: fileIsDir, file: with(0o300)}, state{where: byDefault, shape: fileIsFIFO, file: with(0)})
}

// placeStates tries key files in other places.
func placeStates() []state {
	var list []state
	bad := with(0o666)
	for _, w := range []where{inEtc, inSrv, deep, globbed, twoPlaces} {
		list = append(list, state{where: w}, state{where: w, file: bad}, state{where: w, file: with(0o600).by(rootUser)},
			state{where: w, file: with(0o644).by(rootUser)}, state{where: w, dir: with(0o777)}, state{where: w, home: with(0o777)},
			state{where: w, home: with(0o700).by(rootUser)}, state{where: w, parent: with(0o777)},
			state{where: w, shape: homeMissing}, state{where: w, shape: fileLinkOutside})
	}
	return append(list,
		state{where: deep, shape: homeIsRoot}, state{where: deep, shape: homeTooLong}, state{where: deep, shape: homeLongName},
		state{where: twoPlaces, file: bad, second: bad},
		state{where: twoPlaces, file: bad, second: object{absent: true}},
		state{where: twoPlaces, members: otherBefore, file: with(0o664).of(ownGroup), second: with(0o664).of(ownGroup)},
		state{where: twoPlaces, members: otherAfter, file: with(0o664).of(ownGroup), second: with(0o664).of(ownGroup)},
		state{where: twoPlaces, file: with(0o664).of(sharedGroup), second: with(0o664).of(ownGroup)},
		state{where: inEtc, shape: homeEmpty}, state{where: inSrv, shape: homeIsRoot}, state{where: inSrv, shape: homeLoop},
		state{where: badToken}, state{where: badFirst}, state{where: badLast}, state{where: badLast, file: bad},
		state{where: switchedOff})
}

// rootStates tries an account with root's uid, whom no mode keeps from reading.
func rootStates() []state {
	return []state{
		{where: asRoot}, {where: asRoot, file: with(0)}, {where: asRoot, dir: with(0)}, {where: asRoot, file: with(0o664)},
		{where: asRoot, file: with(0o666)}, {where: asRoot, file: with(0o600).by(otherUser)}, {where: asRoot, home: with(0o755).by(otherUser)},
		{where: asRoot, home: with(0o775).of(sharedGroup)}, {where: asRoot, parent: with(0o777)}, {where: asRoot, shape: fileLinkOutside, link: otherUser},
		{where: asRoot, shape: fileLinkOutside, parent: with(0o755).by(otherUser)}, {where: asRoot, shape: fileIsFIFO},
	}
}
