package hayes

import "strconv"

// Result is a result code of V.250, 5.7.1; its value is the numeric form (V0).
type Result int

// The results of a failed call.
const (
	NoCarrier  Result = 3
	Error      Result = 4
	NoDialtone Result = 6
	Busy       Result = 7
	NoAnswer   Result = 8

	ok      Result = 0
	connect Result = 1
	ring    Result = 2
)

var verbose = map[Result]string{
	ok: "OK", connect: "CONNECT", ring: "RING", NoCarrier: "NO CARRIER", Error: "ERROR", NoDialtone: "NO DIALTONE",
	Busy: "BUSY", NoAnswer: "NO ANSWER",
}

// String returns the verbose form, such as NO CARRIER.
func (r Result) String() string { return verbose[r] }

// speeds are the numeric forms of CONNECT with a speed, which V.250 leaves to the maker: these are Rockwell's.
var speeds = map[int]int{
	300: 1, 600: 9, 1200: 5, 2400: 10, 4800: 11, 7200: 13, 9600: 12, 12000: 14, 14400: 15, 19200: 16, 38400: 17, 57600: 18,
	115200: 19,
}

// result sends how a command line ended, or what happened by itself.
func (m *Modem) result(r Result) {
	if r == connect && m.flag("X") > 0 {
		m.final(m.connectText(), max(1, speeds[m.cfg.ConnectSpeed]))
		return
	}
	r = m.permitted(r)
	m.final(r.String(), int(r))
}

// connectText returns CONNECT with the speed, or with X0 alone.
func (m *Modem) connectText() string {
	if m.flag("X") == 0 {
		return connect.String()
	}
	return m.cfg.ConnectText
}

// permitted returns r, or NO CARRIER for what is not detected at the present X (V.250, 6.2.7).
func (m *Modem) permitted(r Result) Result {
	switch x := m.flag("X"); {
	case r == Busy && x < 3, r == NoDialtone && x != 2 && x < 4:
		return NoCarrier
	}
	return r
}

// final sends a result code: V.250, table 1, with S3 and S4 for CR and LF. Q1 suppresses it (6.2.5).
func (m *Modem) final(text string, number int) {
	if m.flag("Q") == 1 {
		return
	}
	if m.flag("V") == 0 {
		m.print(strconv.Itoa(number) + m.cr())
		return
	}
	m.print(m.cr() + m.lineFeed() + text + m.cr() + m.lineFeed())
}

// extendedResult sends a result code that has no number (V.250, 5.7.2).
func (m *Modem) extendedResult(text string) {
	switch {
	case m.flag("Q") == 1:
	case m.flag("V") == 0:
		m.print(text + m.cr())
	default:
		m.final(text, 0)
	}
}

// text sends information text, which Q does not suppress.
func (m *Modem) text(lines ...string) {
	end := m.cr() + m.lineFeed()
	for i, l := range lines {
		if i == 0 && m.flag("V") == 1 {
			l = end + l
		}
		m.print(l + end)
	}
}

func (m *Modem) print(s string) {
	if !m.booting {
		m.out.toDTE([]byte(s))
	}
}

func (m *Modem) cr() string       { return string(rune(m.set.regs[3])) }
func (m *Modem) lineFeed() string { return string(rune(m.set.regs[4])) }

// outcome is the result of a command. With its zero value the next one on the line is executed.
type outcome struct {
	stop  bool // the rest of the line is not executed
	quiet bool // no result is sent, or it was sent already
	code  Result
	cme   int    // the number of +CME ERROR, for an extended command that was refused, 0 if there is none
	other string // a final code of its own that replaces ERROR if +CMEE is on
}

var (
	goOn    = outcome{}
	done    = outcome{stop: true}
	waiting = outcome{stop: true, quiet: true}
	refused = outcome{stop: true, code: Error}
)

// Errors of 27.007, 9.2.
const (
	cmeNotAllowed = 3
	cmeNotFound   = 22
	cmeParameters = 50
	cmeUnknown    = 100
)

var cmeTexts = map[int]string{
	cmeNotAllowed: "operation not allowed", cmeNotFound: "not found", cmeParameters: "incorrect parameters",
	cmeUnknown: "unknown",
}

func cme(n int) outcome { return outcome{stop: true, code: Error, cme: n} }

// finish sends the result of a line.
func (m *Modem) finish(o outcome) {
	level := m.param("+CMEE")
	switch {
	case m.booting:
		m.bootErr = m.bootErr || o.code != ok
	case o.quiet:
	case o.other != "" && level != "" && level != "0":
		m.extendedResult(o.other)
	case o.cme != 0 && level == "1":
		m.extendedResult("+CME ERROR: " + strconv.Itoa(o.cme))
	case o.cme != 0 && level == "2":
		m.extendedResult("+CME ERROR: " + cmeTexts[o.cme])
	default:
		m.result(o.code)
	}
}
