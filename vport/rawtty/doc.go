// Package rawtty makes a terminal pass bytes as they are. Pseudo-terminals of the local end, serial ports of plugged-in modems
// and tests need that, so it is a leaf. It knows no speeds and no flow control: those are its users' business.
//
// It stands beside golang.org/x/term because that has no settings but the ones of a keyboard: it knows no speeds without a name
// (TCSETS2), and leaves flags behind that a program would find.
package rawtty
