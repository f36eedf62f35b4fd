package at

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// inbox takes short messages in, in text mode (27.005, 3.4). Most modems hand one over at once: a line +CMT, and the text behind it,
// which may look like anything, a result too. Others store it and say where (+CMTI); it is read then, and removed, so that the card
// does not fill. What was stored before, or while nobody listened, is not touched: it may be somebody's.
type inbox struct {
	listening bool   // the modem has been told to say what comes in
	stored    []slot // said to have come, not read yet; at most slotsMax

	head  *header // of the text that comes next, nil: none does
	text  []byte  // of it, so far
	begun bool    // the line feed behind the header has been passed over, or something else has come
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

// Fetch reads the messages that are said to be stored, and removes them. See Driver.Stored.
type Fetch struct{}

func (Fetch) String() string { return "reading a short message" }
func (Fetch) check() error   { return nil }

func (Fetch) begin(d *Driver) { d.fetch() }

// Stored reports whether messages have come that Fetch is to read.
func (d *Driver) Stored() bool { return len(d.inbox.stored) > 0 }

// listen has the modem say what comes in, without waiting for acknowledgements (+CSMS, 27.005, 3.2.1), and with all that it knows of
// a text (+CSDH). One that will not is asked again another time: a SIM just opened is busy for a while.
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

// indicate tries the ways of being told, the best first: handed over at once, and kept back while the line is in a call.
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

// fetch reads and removes the first that is stored, and goes on with the next.
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

// incoming takes a line that tells of a message, and reports whether it was one.
func (d *Driver) incoming(l string) bool {
	if rest, ok := strings.CutPrefix(l, "+CMT:"); ok {
		d.expectText(headerOf(rest))
		return true
	}
	if rest, ok := strings.CutPrefix(l, "+CMGR:"); ok && strings.HasPrefix(d.wait.step, "AT+CMGR=") {
		_, rest, _ = strings.Cut(rest, ",") // behind the status, "REC UNREAD"
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
	if s := (slot{f[0], n}); err == nil && n >= 0 && n <= 9999 && !slices.Contains(d.inbox.stored, s) { // some modems say it again
		d.inbox.stored = append(d.inbox.stored, s)
	}
}

func (d *Driver) expectText(h header) {
	d.inbox.head, d.inbox.text, d.inbox.begun = &h, nil, false
	d.inbox.until = d.now.Add(textGap)
}

// textByte takes a byte of a message's text. A text of several lines ends with the line in which as many characters have come as
// were told; some modems count those of the alphabet's extension twice.
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
			b.text = text // it was shorter than told
			d.textEnds()
			d.takeLine(string(result), c)
			return
		}
	}
	if len(b.text) < lineMax {
		b.text = append(b.text, c)
	}
}

// textLength is the length of a text as modems may count it, the greatest.
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

// overhear looks for messages among what belongs to nobody: a modem tells of those that have come in a call when that has been
// hung up.
func (d *Driver) overhear(c byte) {
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
