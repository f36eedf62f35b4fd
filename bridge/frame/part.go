package frame

import (
	"bytes"
	"slices"
	"time"
)

const (
	// partMax is how long a program may pause in a request; then it has given that up.
	partMax = time.Second
	// partMost limits the length of an unfinished request, in bytes.
	partMost = 16 << 10

	// No meter answers half a request, and each TCP segment costs headers. So an unfinished request is held until the program has
	// been silent for partQuiet, but not for longer than partHold from its first byte.
	partQuiet = 100 * time.Millisecond
	partHold  = time.Second
	// A single byte that begins no request is held for as long as a program may take to write the next one.
	byteQuiet = 3 * time.Millisecond
	byteHold  = 10 * time.Millisecond
	// burstPause is the program's silence that ends a request which no rule knows.
	burstPause = 300 * time.Millisecond
)

// part is a request that the program has begun and not finished.
type part struct {
	text    []byte
	sent    int           // bytes at its front that are on their way
	first   time.Time     // when its first byte was written
	pause   time.Duration // the program's silence before its first byte
	at      time.Time     // when its latest byte was written
	from    int           // where the request begins, behind what wakes the meter
	resumed int           // where the program went on after a pause; 0: nowhere
	loose   bool          // it does not even begin like a request
	behind  bool          // it was written together with the request in front of it, and has not been continued
	alone   bool          // it has been sent as a request of its own, which it is if nothing follows
	reacted bool          // something has come since it was sent
	closed  bool          // its program has gone, so that it cannot be continued
	lost    bool          // it was dropped: see lost.go
}

func (p *part) unsent() int { return len(p.text) - p.sent }

// over reports whether the program is not expected to continue the part any more.
func (p *part) over(now time.Time) bool { return p.closed || now.Sub(p.at) >= partMax }

// begins reports whether b equals what has been sent of the part.
func (p *part) begins(b []byte) bool { return p.sent > 0 && bytes.Equal(p.text[:p.sent], b) }

// mayBeAnswered reports whether bytes of the part have been sent, so that something may answer them.
func (p *part) mayBeAnswered(now time.Time) bool {
	return p.sent > 0 && !p.lost && !p.behind && !p.over(now)
}

// partDue returns when duePart has something to do; the zero time if not before bytes come.
func (l *Line) partDue() time.Time {
	p := &l.part
	switch {
	case p.unsent() == 0:
		return time.Time{}
	case p.closed:
		return l.now
	case (!p.loose || l.waiting != nil) && (l.blocked() || l.altersLater(p.text[p.from:])):
		return p.at.Add(partMax)
	}
	quiet, most := partQuiet, partHold
	if p.loose || l.standsAlone(p.text[p.from:]) {
		quiet, most = byteQuiet, byteHold
	}
	return later(sooner(p.at.Add(quiet), p.first.Add(most)), sooner(l.freed.Add(quiet), p.at.Add(partMax)))
}

// duePart sends an unfinished request that has been held long enough.
func (l *Line) duePart(o *Out) {
	p := &l.part
	switch {
	case p.loose || p.over(l.now):
		l.giveUpPart(o)
	case l.standsAlone(p.text[p.from:]):
		l.send(o, outgoing{whole: slices.Clone(p.text), from: p.from, sent: p.sent})
		p.sent, p.alone = len(p.text), true
	default:
		text := slices.Clone(p.text[p.sent:])
		p.sent = len(p.text)
		l.sendPiece(o, text)
	}
}

// Flush sends what is held of an unfinished request, unless that has to wait. It is called before something that must not overtake it.
func (l *Line) Flush(now time.Time) Out {
	l.now = now
	o := &l.asks
	*o = Out{ToModem: o.ToModem[:0]}
	l.wire = l.wire[:0]
	if p := &l.part; p.unsent() > 0 && (p.loose || !l.blocked() && !l.altersLater(p.text[p.from:])) {
		l.duePart(o)
	}
	return *o
}

// giveUpPart treats the unfinished request as one that no rule knows, unless it only wakes the meter or stands behind a request.
func (l *Line) giveUpPart(o *Out) {
	p := l.part
	l.part, l.pause = part{}, p.pause
	if !p.loose { // it looks like a request, and belongs to no other
		l.pause = max(p.pause, burstPause)
	}
	switch {
	case p.alone:
	case p.lost:
		l.forgetLost(p.text)
	case p.behind:
		l.tail.learn(p.text)
		l.sendPiece(o, p.text[p.sent:])
		l.stats.UnparsedToModem += int64(len(p.text))
	default:
		if p.resumed > 0 && !p.loose { // the program gave up what stands in front of its pause, and then the rest
			l.giveUpFront(o, p.text[:p.resumed], p.sent)
			p.text, p.sent = p.text[p.resumed:], max(0, p.sent-p.resumed)
		}
		l.unparsed(o, p.text, p.sent)
		if p.reacted && l.ask.unknown {
			l.ask.open = false
		}
	}
}

// unparsed takes text, in which no rule finds a request. The first sent bytes of it are on their way. It is outstanding as any request is,
// unless it only wakes the meter.
func (l *Line) unparsed(o *Out, text []byte, sent int) {
	if isWakeUp(text) {
		l.stats.UnparsedToModem += int64(len(text))
		l.woken = l.now
		if l.waiting == nil && sent == 0 {
			l.expectEcho(text, 0)
		}
		l.sendPiece(o, text[sent:])
		return
	}
	switch w := l.waiting; {
	case w != nil && !w.same && l.pause < burstPause && len(w.text)+len(text) <= waitMost: // it belongs to w
		w.text = append(w.text, text[sent:]...)
		if w.unknown {
			w.to = len(w.text)
		}
	case l.continuesUnknown():
		l.stats.UnparsedToModem += int64(len(text))
		l.ask.text, l.ask.since = append(l.ask.text, text...), l.now
		l.expectMore(text)
		l.putToModem(o, text[sent:])
	default:
		l.takeRequest(o, outgoing{whole: text, sent: sent, unknown: true})
	}
}

// altersLater reports whether an unfinished request has a byte that withSpeed may change when the request is whole.
func (l *Line) altersLater(unfinished []byte) bool {
	return l.cfg.FixedSpeed != 0 && unfinished[0] == ack && len(unfinished) > speedAt
}

// standsAlone reports whether an unfinished request is whole if nothing follows.
func (l *Line) standsAlone(unfinished []byte) bool { return canStandAlone(l.cfg.Protocol, unfinished) }

// isWakeUp reports whether b only wakes a meter, or is the noise of a line that is switched: NUL for IEC 62056-21's battery meters, 55 for
// M-Bus, all ones, with or without parity.
func isWakeUp(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != 0x00 && c != 0x55 && c|0x80 != 0xff })
}
