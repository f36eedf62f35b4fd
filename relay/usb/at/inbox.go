package at

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// inbox receives short messages, in text mode (27.005, 3.4). Most modems hand over a message at once: a line +CMT, and after it
// the text, which may look like anything, even like a result. Others store it and say where (+CMTI); then it is read and
// removed, so that the card does not fill. What was stored before, or while nobody listened, is left alone: it may be
// somebody's.
type inbox struct {
	listening bool   // the modem has been told to report what comes in
	stored    []slot // reported as stored, not read yet; at most slotsMax

	head  *header // of the text that comes next, nil if none does
	text  []byte  // the text so far
	begun bool    // the line feed after the header has been skipped, or something else has come
	until time.Time
}

// slot is a place in one of the modem's stores.
type slot struct {
	store string // SM, ME
	index int
}

const (
	slotsMax = 50
	// textGap is the silence that ends a text whose end has not been seen.
	textGap = time.Second
)

// Fetch reads and removes the messages that are reported as stored. See Driver.Stored.
type Fetch struct{}

func (Fetch) String() string { return "reading a short message" }
func (Fetch) check() error   { return nil }

func (Fetch) begin(d *Driver) { d.fetch() }

// Stored reports whether messages have come that Fetch is to read.
func (d *Driver) Stored() bool { return len(d.inbox.stored) > 0 }

// listen makes the modem report what comes in, without waiting for acknowledgements (+CSMS, 27.005, 3.2.1), and with everything
// it knows of a text (+CSDH). A modem that refuses is asked again later: a SIM that was just opened is busy for a while.
func (d *Driver) listen(then func()) {
	if !d.cfg.Inbox || !d.cellular || d.inbox.listening {
		then()
		return
	}
	d.try([]string{"AT+CSMS=0", "AT+CSDH=1", `AT+CSCS="IRA"`}, func(int) {
		d.try([]string{"AT+CMGF=1"}, func(refusals int) {
			if refusals > 0 {
				then()
				return
			}
			d.indicate([]string{"AT+CNMI=2,2,0,0,0", "AT+CNMI=1,2,0,0,0", "AT+CNMI=2,1,0,0,0", "AT+CNMI=1,1,0,0,0"}, then)
		})
	})
}

// indicate tries the ways in which messages can be reported. The best comes first: messages are handed over at once, and kept
// back while the line is in a call.
func (d *Driver) indicate(ways []string, then func()) {
	if len(ways) == 0 {
		then()
		return
	}
	d.try(ways[:1], func(refusals int) {
		if refusals > 0 {
			d.indicate(ways[1:], then)
			return
		}
		d.inbox.listening = true
		then()
	})
}

// fetch reads and removes the first stored message, and goes on with the next.
func (d *Driver) fetch() {
	if len(d.inbox.stored) == 0 {
		d.finish(nil)
		return
	}
	s := d.inbox.stored[0]
	d.inbox.stored = d.inbox.stored[1:]
	index := strconv.Itoa(s.index)
	d.try([]string{`AT+CPMS="` + s.store + `"`}, func(int) {
		d.try([]string{"AT+CMGR=" + index}, func(refusals int) {
			if refusals > 0 { // it was never there, or somebody has removed it
				d.fetch()
				return
			}
			d.try([]string{"AT+CMGD=" + index}, func(int) { d.fetch() })
		})
	})
}

// incoming takes a line that reports a message, and reports whether it was one.
func (d *Driver) incoming(l string) bool {
	if rest, ok := strings.CutPrefix(l, "+CMT:"); ok {
		d.expectText(headerOf(rest))
		return true
	}
	if rest, ok := strings.CutPrefix(l, "+CMGR:"); ok && strings.HasPrefix(d.wait.step, "AT+CMGR=") {
		_, rest, _ = strings.Cut(rest, ",") // after the status, "REC UNREAD"
		d.expectText(headerOf(rest))
		return true
	}
	rest, ok := strings.CutPrefix(l, "+CMTI:")
	if ok && d.cfg.Inbox {
		d.noteStored(fieldsOf(rest))
	}
	return ok
}

func (d *Driver) noteStored(f []string) {
	if len(f) != 2 || len(f[0]) != 2 || strings.Trim(f[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(d.inbox.stored) >= slotsMax {
		return
	}
	n, err := strconv.Atoi(f[1])
	if s := (slot{f[0], n}); err == nil && n >= 0 && n <= 9999 && !slices.Contains(d.inbox.stored, s) { // some modems repeat it
		d.inbox.stored = append(d.inbox.stored, s)
	}
}

func (d *Driver) expectText(h header) {
	d.inbox.head, d.inbox.text, d.inbox.begun = &h, nil, false
	d.inbox.until = d.now.Add(textGap)
}

// textByte takes a byte of a message's text. A text of several lines ends with the line in which the announced number of
// characters is reached; some modems count those of the alphabet's extension twice.
func (d *Driver) textByte(c byte) {
	b := &d.inbox
	b.until = d.now.Add(textGap)
	if !b.begun {
		b.begun = true
		if c == '\n' {
			return
		}
	}
	if c == '\r' || c == '\n' {
		if textLength(b.text) >= b.head.length || b.head.coding > codingGSM {
			d.textEnds()
			return
		}
		if text, result, found := bytes.Cut(b.text, []byte("\r\n\r\n")); found && parse(string(result), false) == accepted {
			b.text = text // it was shorter than announced
			d.textEnds()
			d.takeLine(string(result), c)
			return
		}
	}
	if len(b.text) < lineMax {
		b.text = append(b.text, c)
	}
}

// textLength returns the largest length of a text as modems may count it.
func textLength(text []byte) int {
	n := len(text)
	for _, c := range text {
		if strings.IndexByte(`[]{}\^|~`, c) >= 0 {
			n++
		}
	}
	return n
}

func (d *Driver) textEnds() {
	b := &d.inbox
	m := b.head.message(b.text)
	b.forgetText()
	if m.From != "" {
		d.out.Messages = append(d.out.Messages, m)
	}
}

// scanIgnored looks for messages in input that is otherwise ignored: a modem reports messages that came during a call when that
// has been hung up.
func (d *Driver) scanIgnored(c byte) {
	l := &d.line
	switch {
	case !d.cfg.Inbox:
	case d.inbox.head != nil:
		d.textByte(c)
	case c == '\r' || c == '\n':
		d.incoming(string(l.text))
		l.text = l.text[:0]
	case len(l.text) < lineMax:
		l.text = append(l.text, c)
	}
}

// forgetText gives up a text that was coming in.
func (b *inbox) forgetText() { b.head, b.text, b.until = nil, nil, time.Time{} }
