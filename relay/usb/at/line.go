package at

import "strings"

// lineMax is how much of a line is kept. Answers to the commands used here are far shorter.
const lineMax = 512

// linesMax is how many lines of an answer are kept.
const linesMax = 32

// line collects what the modem says in command mode.
type line struct {
	text []byte
	over bool // it was longer than lineMax: it is no answer, whatever it begins with
}

// commandByte takes a byte outside of a call. Any CR or LF ends a line, and empty lines are ignored, so that all forms of
// V.250, 5.7.1, and their echoes are equal. Other bytes that are not printable ASCII are noise and ignored.
func (d *Driver) commandByte(c byte) {
	l := &d.line
	switch {
	case d.ignoring:
		if d.hangingUp {
			d.out.Dropped++
		}
		d.scanIgnored(c)
	case d.inbox.head != nil:
		d.textByte(c)
	case c == '\r' || c == '\n':
		text, over := strings.TrimSpace(string(l.text)), l.over
		l.text, l.over = l.text[:0], false
		if text != "" && !over {
			d.takeLine(text, c)
		}
	case c < ' ' || c > '~':
	case len(l.text) == lineMax:
		l.over = true
	default:
		l.text = append(l.text, c)
		// 27.005, 3.5.1: CR LF > SPACE. The mark stays in the line, so that an echoed text cannot look like a result.
		if c == '>' && len(l.text) == 1 && d.wait.kind == forPrompt {
			d.resume(reply{code: prompt, lines: d.wait.lines})
		}
	}
}

// takeLine takes a complete line that ended with end.
func (d *Driver) takeLine(l string, end byte) {
	if d.isEcho(l) || d.incoming(l) {
		return
	}
	c := parse(l, !d.verbose && d.wait.kind == forAnswer)
	switch {
	case c == ringing:
		d.event(EventRing, l)
	case d.wait.takes(c):
		r := reply{c, l, d.wait.lines}
		d.lf = c == connected && end == '\r' && digits[l] == none
		d.resume(r)
	case c == unrecognised && d.wait.kind != forNothing && len(d.wait.lines) < linesMax && !unsolicited(l, d.wait.step):
		d.wait.lines = append(d.wait.lines, l)
	default:
		d.event(EventOther, l)
	}
}

// isEcho reports whether l is the echo of the last command. A command with a secret in it must not even become an event.
func (d *Driver) isEcho(l string) bool {
	sent := d.wait.sent
	return sent != "" && len(l) >= len(sent) && strings.EqualFold(l[len(l)-len(sent):], sent) ||
		strings.Contains(strings.ToUpper(l), "+CPIN=")
}

// asides are what modems say without being asked. Such a line is an answer only if it was asked for.
var asides = []string{
	"+CREG:", "+CGREG:", "+CEREG:", "+CMTI:", "+CMT:", "+CDS:", "+CDSI:", "+CBM:", "+CLIP:", "+CCWA:", "+CUSD:", "+CSSI:", "+CSSU:",
	"+CPIN:", "+CTZV:", "+CTZE:", "+CIEV:", "+CGEV:", "+CFUN:", "+CREJ:", "+CSQN:", "+CRC:", "+COLP:", "^", "*", "%", "$",
	"CALL READY", "SMS READY", "PB DONE", "RDY", "START", "NORMAL POWER DOWN", "UNDER-VOLTAGE", "OVER-VOLTAGE",
	"+STIN:", "+QIND:", "+QUSIM:", "+UU", "+SIND:", "+WIND:", "+PACSP",
}

func unsolicited(l, step string) bool {
	l = strings.ToUpper(l)
	name, _, _ := strings.Cut(l, ":")
	if rest, ok := strings.CutPrefix(step, "AT"); ok && name != l && strings.HasPrefix(rest, name) {
		_, told := registration(strings.TrimPrefix(l, "+CREG:"))
		return name == "+CREG" && !told // the unsolicited form lacks the first number
	}
	for _, a := range asides {
		if strings.HasPrefix(l, a) {
			return true
		}
	}
	return false
}
