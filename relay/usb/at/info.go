package at

import (
	"slices"
	"strings"
)

// query is a question whose answer, if there is one, goes into the result.
type query struct {
	command string
	set     func(r *Result, answer string)
	unless  func(r *Result) bool // reports whether the answer is known already
	number  bool                 // the answer is a long number, among whatever else the modem says at that time
}

func setMaker(r *Result, s string)    { r.Maker = s }
func setModel(r *Result, s string)    { r.Model = s }
func setFirmware(r *Result, s string) { r.Firmware = s }
func setICCID(r *Result, s string)    { r.ICCID = strings.TrimRight(strings.ToUpper(s), "F") } // padded to whole bytes

// cellularQueries are those of 27.007, clauses 5, 7.3 and 8.5. The ICCID has no command there, and makers differ.
var cellularQueries = []query{
	{command: "AT+CGMI", set: setMaker},
	{command: "AT+CGMM", set: setModel},
	{command: "AT+CGMR", set: setFirmware},
	{command: "AT+CGSN", number: true, set: func(r *Result, s string) { r.IMEI = s }},
	{command: "AT+CIMI", number: true, set: func(r *Result, s string) { r.IMSI = s }},
	{command: "AT+CCID", number: true, set: setICCID},
	{command: "AT+ICCID", number: true, set: setICCID, unless: func(r *Result) bool { return r.ICCID != "" }},
	{command: "AT+COPS?", set: func(r *Result, s string) { r.Operator = quoted(s) }},
	{command: "AT+CREG?", set: func(r *Result, s string) { r.Registration, _ = registration(s) }},
	{command: "AT+CSQ", set: func(r *Result, s string) { r.Signal = signal(s) }},
}

// telephoneQueries are those of V.250, 6.1. ATI0 is older and returns whatever the maker likes.
var telephoneQueries = []query{
	{command: "AT+GMI", set: setMaker},
	{command: "AT+GMM", set: setModel},
	{command: "AT+GMR", set: setFirmware},
	{command: "ATI3", set: setModel, unless: func(r *Result) bool { return r.Model != "" }},
	{command: "ATI0", set: setModel, unless: func(r *Result) bool { return r.Model != "" }},
}

func (Info) begin(d *Driver) {
	d.result.Cellular = d.cellular
	queries := telephoneQueries
	if d.cellular {
		queries = cellularQueries
	}
	d.listen(func() {
		if d.cfg.Inbox && d.cellular && !d.inbox.listening {
			d.result.Note = "it does not tell of text messages that come in"
		}
		d.inquire(queries)
	})
}

// inquire asks the questions in order. A refusal leaves the result empty; silence is a failure.
func (d *Driver) inquire(queries []query) {
	if len(queries) == 0 {
		d.finish(nil)
		return
	}
	q := queries[0]
	if q.unless != nil && q.unless(&d.result) {
		d.inquire(queries[1:])
		return
	}
	d.ask(q.command, d.cfg.Answer, func(r reply) {
		if r.code == silence {
			d.fail(q.command, r, ErrRefused)
			return
		}
		if a := q.answer(r); r.ok() && a != "" {
			q.set(&d.result, a)
		}
		d.inquire(queries[1:])
	})
}

// answer returns the information text: the line that begins with the command's name, without that name, or else the first line
// without a name.
func (q query) answer(r reply) string {
	name := strings.TrimRight(strings.TrimPrefix(q.command, "AT"), "?") + ":"
	if a, found := r.find(name); found {
		return printable(strings.Trim(a, `"`), 64)
	}
	if strings.HasSuffix(q.command, "?") || q.command == "AT+CSQ" {
		return ""
	}
	bare := slices.IndexFunc(r.lines, func(l string) bool {
		return l[0] != '+' && l[0] != '>' && (!q.number || len(strings.Trim(l, `"`)) > 10 && l[0] <= '9')
	})
	if bare < 0 {
		return ""
	}
	return printable(strings.Trim(r.lines[bare], `" `), 64)
}

// quoted returns the first quoted part of s: the operator's name in `0,0,"MegaFon",2`.
func quoted(s string) string {
	_, rest, _ := strings.Cut(s, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}
