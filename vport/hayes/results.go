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

// replies sends what the modem says to the program, in the form that its settings ask for.
type replies struct {
	mem *memory
	out *output
}

// result sends how a command line ended, or what happened by itself.
func (r replies) result(code Result) {
	if code == connect && r.mem.flag("X") > 0 {
		r.final(r.connectText(), max(1, speeds[r.mem.cfg.ConnectSpeed]))
		return
	}
	code = r.permitted(code)
	r.final(code.String(), int(code))
}

// connectText returns CONNECT with the speed, or with X0 alone.
func (r replies) connectText() string {
	if r.mem.flag("X") == 0 {
		return connect.String()
	}
	return r.mem.cfg.ConnectText
}

// permitted returns code, or NO CARRIER for what is not detected at the present X (V.250, 6.2.7).
func (r replies) permitted(code Result) Result {
	switch x := r.mem.flag("X"); {
	case code == Busy && x < 3, code == NoDialtone && x != 2 && x < 4:
		return NoCarrier
	}
	return code
}

// final sends a result code: V.250, table 1, with S3 and S4 for CR and LF. Q1 suppresses it (6.2.5).
func (r replies) final(text string, number int) {
	switch {
	case r.mem.flag("Q") == 1:
	case r.mem.flag("V") == 0:
		r.print(strconv.Itoa(number) + r.cr())
	default:
		r.print(r.cr() + r.lineFeed() + text + r.cr() + r.lineFeed())
	}
}

// extended sends a result code that has no number (V.250, 5.7.2).
func (r replies) extended(text string) {
	switch {
	case r.mem.flag("Q") == 1:
	case r.mem.flag("V") == 0:
		r.print(text + r.cr())
	default:
		r.final(text, 0)
	}
}

// text sends information text, which Q does not suppress.
func (r replies) text(lines ...string) {
	end := r.cr() + r.lineFeed()
	for i, l := range lines {
		if i == 0 && r.mem.flag("V") == 1 {
			l = end + l
		}
		r.print(l + end)
	}
}

// line sends a line of information text, unless it is empty.
func (r replies) line(text string) {
	if text != "" {
		r.text(text)
	}
}

func (r replies) print(s string)   { r.out.toDTE([]byte(s)) }
func (r replies) cr() string       { return string(rune(r.mem.regs[3])) }
func (r replies) lineFeed() string { return string(rune(r.mem.regs[4])) }

// finish sends the result of a command line.
func (r replies) finish(o outcome) {
	level := r.mem.param("+CMEE")
	switch {
	case o.quiet:
	case o.other != "" && level != "" && level != "0":
		r.extended(o.other)
	case o.cme != 0 && level == "1":
		r.extended("+CME ERROR: " + strconv.Itoa(o.cme))
	case o.cme != 0 && level == "2":
		r.extended("+CME ERROR: " + cmeTexts[o.cme])
	default:
		r.result(o.code)
	}
}

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
