package sshdtest

// firstUID is the first uid given to a [User] that asks for none.
const firstUID = 2000
