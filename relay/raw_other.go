//go:build !linux

package relay

import (
	"errors"
	"net"
)

// rawConn is the short way to a connection's bytes, which exists on Linux only.
type rawConn struct{}

// rawOut is empty here.
type rawOut struct{}

func newRawConn(*net.TCPConn) rawConn { return rawConn{} }

func (rawConn) usable() bool { return false }
func (rawConn) unsent() int  { return 0 }
func (rawConn) discard()     {}

func (s *Session) rawTurn() error { return errors.ErrUnsupported }

func (rawOut) rawSend([]byte, bool) (int, error) { return 0, errors.ErrUnsupported }

func descriptorsShort(net.Conn) bool { return false }
