package hayes

import "time"

// line collects a command line (V.250, 5.2).
type line struct {
	mem *memory
	typed
	last string // for A/

	// The line feed that some programs send after the carriage return.
	lf   time.Time // until then a line feed that comes next belongs to the line before it
	crlf bool      // the program ends its lines with CR LF
}

// typed is what of a line has come.
type typed struct {
	stage  stage
	a      byte // the A of the prefix, in the case in which it came
	parity bool // the prefix had an eighth bit: the program writes seven bits and parity
	body   []byte
	over   bool // it was longer than Config.LineMax
	pluses int  // how many S2 characters came in a row outside of a line
}

type stage int

const (
	idle stage = iota
	gotA
	inBody
)

// clear forgets an unfinished line.
func (l *line) clear() { l.typed = typed{} }

// swallows reports whether c is the line feed that some programs send after the carriage return of a command line. It must be
// the next byte, and come within Config.LFWait. If it were not dropped, it would reach the meter when the call is connected at
// once.
func (l *line) swallows(c byte, now time.Time) bool {
	until := l.lf
	if until.IsZero() {
		return false
	}
	l.lf = time.Time{}
	if l.parity {
		c &= 0x7f
	}
	l.crlf = c == '\n' && now.Before(until)
	return l.crlf
}

// connected is called when CONNECT follows an ATD or ATA. A line feed after that came before CONNECT; from here on it is data.
func (l *line) connected() {
	l.crlf = l.crlf && l.lf.IsZero()
	l.lf = time.Time{}
}

// resumed is called when CONNECT follows an ATO at once, so that a line feed after the command could not be told from the first
// byte for the meter. It is dropped if the program has ended its lines with one before.
func (l *line) resumed() {
	if !l.crlf {
		l.lf = time.Time{}
	}
}

// echo returns what shows c to the program. The editing character erases what it deletes (V.250, 5.2.2).
func (l *line) echo(c byte) []byte {
	s5 := l.mem.regs[5]
	switch {
	case l.stage != inBody || c != s5:
		return []byte{c}
	case len(l.body) > 0:
		return []byte{s5, ' ', s5}
	}
	return nil
}

// collect adds c to the line. When the line is complete it returns its body, which is what follows AT.
func (l *line) collect(c byte, now time.Time) (body string, whole bool) {
	if l.stage == inBody {
		return l.collectBody(c, now)
	}
	was := l.stage
	l.stage = idle
	switch b := c & 0x7f; {
	case b == 'a' || b == 'A':
		l.stage, l.a = gotA, c
	case was == gotA && b == '/':
		l.over = false
		return l.last, true
	case was == gotA && (b == 't' || b == 'T') && l.samePrefix(b):
		l.stage, l.body, l.over = inBody, l.body[:0], false
		l.parity = (l.a|c)&0x80 != 0
	}
	return "", false
}

// samePrefix refuses aT and At if V.250, 5.2.1, is followed to the letter.
func (l *line) samePrefix(t byte) bool {
	return !l.mem.cfg.Strict || l.a&0x20 == t&0x20
}

func (l *line) collectBody(c byte, now time.Time) (body string, whole bool) {
	if l.parity {
		c &= 0x7f
	}
	s3, s5 := l.mem.regs[3], l.mem.regs[5]
	switch {
	case c == s3, c == '\n' && !l.mem.cfg.Strict:
		l.stage = idle
		if c == s3 && c != '\n' {
			l.lf = now.Add(l.mem.cfg.LFWait)
		}
		return string(l.body), true
	case c == s5:
		l.body = l.body[:max(0, len(l.body)-1)]
	case c < ' ' || c == 0x7f: // V.250, 5.2.2: not part of the line
	case len(l.body) == l.mem.cfg.LineMax:
		l.over = true
	default:
		l.body = append(l.body, c)
	}
	return "", false
}

// escapes counts the S2 characters that come in a row outside of a line, and reports whether c completes an escape.
func (l *line) escapes(c byte) bool {
	if s2 := l.mem.regs[2]; l.stage == idle && c == s2 && s2 <= 127 {
		l.pluses++
	} else {
		l.pluses = 0
	}
	return l.pluses == escapeLength
}
