package relay

import (
	"net"
	"time"
)

// AskEvery is how long an encapsulated iRZ modem is left alone between two rounds of questions.
const AskEvery = irzAskEvery

// AnswerIRZ makes a session of a connection on which an iRZ modem has said that line. Tests that simulate modems by
// package relaytest stand outside of this package, which that one uses.
func AnswerIRZ(conn net.Conn, line string, hear Hear) (*Session, error) {
	p := &Profile{Kind: IRZ}
	v := (&irz{}).feed([]byte(line))
	if _, err := conn.Write(p.answer(&v, time.Now())); err != nil {
		return nil, err
	}
	s := NewSession(conn, Link{}, nil, p.codec(&v, nil))
	s.SetHear(hear)
	s.heard.Store(s.now())
	return s, nil
}
