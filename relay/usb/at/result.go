package at

import (
	"strconv"
	"strings"
)

// code is how a command ended.
type code int

const (
	none         code = iota // no result
	silence                  // nothing came in time, or a pause is over
	accepted                 // OK
	connected                // CONNECT
	ringing                  // RING
	noCarrier                // NO CARRIER
	refused                  // ERROR and its relatives
	noDialTone               // NO DIALTONE
	busy                     // BUSY
	notAnswered              // NO ANSWER
	deviceError              // +CME ERROR: 27.007, 9.2
	messageError             // +CMS ERROR: 27.005, 3.2.5
	prompt                   // "> "
	blacklisted              // dialled too often, by national rules
	unrecognised             // a line that is no result
)

// digits are the numeric forms (V.250, 5.7.1), for a modem found with V0. Makers have their own for speeds of CONNECT.
var digits = map[string]code{
	"0": accepted, "1": connected, "2": ringing, "3": noCarrier, "4": refused, "5": connected, "6": noDialTone, "7": busy,
	"8": notAnswered,
}

var words = []struct {
	text  string
	code  code
	whole bool // nothing may follow
}{
	{"OK", accepted, true},
	{"ERROR", refused, true},
	{"CONNECT", connected, false},
	{"RING", ringing, true},
	{"+CRING:", ringing, false},
	{"NO CARRIER", noCarrier, false},
	{"NO DIALTONE", noDialTone, false},
	{"NO DIAL TONE", noDialTone, false},
	{"BUSY", busy, true},
	{"NO ANSWER", notAnswered, false},
	{"+CME ERROR:", deviceError, false},
	{"+CMS ERROR:", messageError, false},
	{"COMMAND NOT SUPPORT", refused, false}, // Huawei's own
	{"TOO MANY PARAMETERS", refused, true},
	{"BLACKLISTED", blacklisted, false},
	{"DELAYED", blacklisted, false},
}

// parse returns which result a line is.
func parse(l string, numeric bool) code {
	if numeric {
		if c, ok := digits[l]; ok {
			return c
		}
	}
	for _, w := range words {
		if rest, ok := strings.CutPrefix(l, w.text); ok && (rest == "" || !w.whole && endsWord(w.text, rest)) {
			return w.code
		}
	}
	return unrecognised
}

func endsWord(word, rest string) bool {
	return strings.HasSuffix(word, ":") || rest[0] == ' ' || rest[0] == '/' || rest[0] == ':'
}

// reply is the answer to a command.
type reply struct {
	code  code
	said  string   // the result as it came
	lines []string // the lines before it
}

func (r reply) ok() bool { return r.code == accepted }

// find returns what follows prefix on the line that begins with it.
func (r reply) find(prefix string) (string, bool) {
	for _, l := range r.lines {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// words returns the modem's own words, if they say more than the kind of failure.
func (r reply) words() string {
	switch r.code {
	case deviceError:
		_, what, _ := strings.Cut(r.said, ":")
		return numbered(what, deviceErrors)
	case messageError:
		_, what, _ := strings.Cut(r.said, ":")
		return numbered(what, messageErrors)
	case silence, none, busy, notAnswered, noDialTone:
		return ""
	}
	return printable(r.said, 80)
}

// numbered returns an error's text, whether the modem gives it by number or in words.
func numbered(what string, table map[int]string) string {
	what = strings.TrimSpace(what)
	n, err := strconv.Atoi(what)
	if err != nil {
		return printable(what, 80)
	}
	if text, ok := table[n]; ok {
		return text
	}
	return "error " + strconv.Itoa(n)
}

// kind returns the kind of failure; refusal if the modem says no more than that it refuses.
func (r reply) kind(refusal error) error {
	switch r.code {
	case silence, none:
		return ErrSilent
	case noCarrier:
		return ErrNoCarrier
	case noDialTone:
		return ErrNoDialTone
	case busy:
		return ErrBusy
	case notAnswered:
		return ErrNotAnswered
	case deviceError, messageError:
		return r.explain(refusal)
	}
	return refusal
}

// explain looks for a cause that an operator can do something about.
func (r reply) explain(refusal error) error {
	text := strings.ToLower(r.words())
	for _, t := range []struct {
		part string
		kind error
	}{
		{"sim not inserted", ErrNoSIM}, {"no sim", ErrNoSIM}, {"sim failure", ErrSIM}, {"sim wrong", ErrSIM},
		{"puk", ErrPUKWanted}, {"sim pin", ErrPINWanted}, {"incorrect password", ErrPINRefused},
		{"no network service", ErrNotRegistered}, {"emergency calls only", ErrNotRegistered},
		{"network timeout", ErrNetwork}, {"barred", ErrNetwork}, {"rejected", ErrNetwork}, {"unassigned", ErrNetwork},
	} {
		if strings.Contains(text, t.part) {
			return t.kind
		}
	}
	return refusal
}
