// Package tcpopt sets options of TCP connections for which package net has no method. Ports of the local end and sessions of
// the remote end both need them, so it is a leaf. It does not decide how long is too long; its callers do. SetUserTimeout is
// the only option so far.
package tcpopt
