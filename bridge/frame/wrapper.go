package frame

import (
	"bytes"
	"encoding/binary"

	"meterline/bridge/frame/hdlc"
)

// The header of a DLMS wrapper (IEC 62056-47, 3.3): version, source, destination, length of the data unit, each in two bytes.
const (
	wrapperVersion = 1
	wrapperHeader  = 8
	wrapperMost    = 0x3FFF // the largest address, and longer than any data unit of a meter
)

// wrapper is DLMS/COSEM in wrappers, as over TCP. Its header has no check sum. So one that names no station, which is what 0 means
// for a source or a destination, or that announces nothing or more than wrapperMost, belongs to no message.
//
// Nothing in a wrapper is counted. Addresses and invoke ids only reject an answer, never identify it: many clients use the same id
// for all requests.
type wrapper struct{}

// request also finds where a program has given up a request and begun another: nothing else shows that its length is not to be
// believed. Only there the same header stands once more.
func (wrapper) request(p []byte) extent {
	e := wrapperExtent(p)
	if e.foreign || len(p) < wrapperHeader {
		return e
	}
	whole := p[:min(len(p), wrapperHeader+int(binary.BigEndian.Uint16(p[6:])))]
	if at := bytes.Index(whole[1:], p[:6]); at >= 0 {
		return extent{n: 1 + at, foreign: true}
	}
	return e
}

func (wrapper) answer(p, _ []byte) extent { return wrapperExtent(p) }

func wrapperExtent(p []byte) extent {
	begins := func(b byte) bool { return b == wrapperVersion>>8 }
	if !begins(p[0]) {
		return extent{n: 1, foreign: true}
	}
	for at := 2; at <= wrapperHeader; at += 2 {
		if len(p) < at {
			return extent{}
		}
		if value := binary.BigEndian.Uint16(p[at-2:]); value == 0 || value > wrapperMost || at == 2 && value != wrapperVersion {
			return noMessage(p[:at], begins)
		}
	}
	n := wrapperHeader + int(binary.BigEndian.Uint16(p[6:]))
	if len(p) < n {
		return extent{}
	}
	return extent{n: n}
}

func (wrapper) expect(q []byte) expectation {
	if len(q) <= wrapperHeader {
		return unanswered
	}
	return anonymous
}

func (wrapper) judge(a, q []byte, _ int) judgement {
	if len(a) <= wrapperHeader {
		return rejected
	}
	unit := a[wrapperHeader:]
	switch {
	case unit[0] == hdlc.EventNotification || unit[0] == hdlc.DataNotification:
		return onItsOwn
	case len(q) <= wrapperHeader, string(a[2:4]) != string(q[4:6]), string(a[4:6]) != string(q[2:4]):
		return rejected
	case !hdlc.Answers(unit, q[wrapperHeader:]):
		return rejected
	case hdlc.Streams(unit):
		return partOf
	}
	return answered
}
