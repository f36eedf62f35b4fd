// Package tcpopt sets options of TCP connections for which package net has no method. Ports of the local end and sessions of
// the remote end both need them, so it is a leaf. What a connection is for, and how long is too long, is its users' business.
package tcpopt
