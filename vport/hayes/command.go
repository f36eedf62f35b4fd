package hayes

import (
	"fmt"
	"strconv"
	"strings"
)

// lineAnswerMax bounds the answer to one command line, in bytes. The command after the one that reaches it is refused, as if
// the line were too long (V.250, 5.5): otherwise a short line such as AT&V&V&V&V would have an answer without limit.
const lineAnswerMax = 16 << 10

// interpreter executes one command line.
type interpreter struct {
	script
	m     *Modem
	mem   *memory // the modem's
	reply replies // the modem's
	setup bool    // the line is Config.Init, which may have settings only
}

func (m *Modem) interpreter(body string) *interpreter {
	return &interpreter{script: script{text: body}, m: m, mem: &m.mem, reply: m.reply}
}

// run executes the commands in order, up to the first that fails or takes the rest of the line (V.250, 5.6).
func (in *interpreter) run() outcome {
	before := in.m.out.toProgram
	for in.peek() != 0 {
		o := refused
		if in.m.out.toProgram-before < lineAnswerMax {
			o = in.command()
		}
		if o.stop {
			return o
		}
	}
	return done
}

// extendedMarks begin commands with names of several characters: those of V.250, 5.4, and makers' own.
const extendedMarks = "+^*#$!-@"

func (in *interpreter) command() outcome {
	switch c := in.next(); {
	case c == ';': // V.250, 5.4.1: it separates extended commands; harmless elsewhere
		return goOn
	case c == '=' || c == '?':
		in.pos--
		return in.registerCommand(in.mem.selected)
	case strings.IndexByte(extendedMarks, c) >= 0:
		return in.extendedCommand(c)
	default:
		return in.basicCommand(c)
	}
}

// basicCommand executes a command of V.250, 5.3, or one that begins with a mark such as & % or \.
func (in *interpreter) basicCommand(first byte) outcome {
	name, long := in.basicName(first)
	run, acts := in.actionOf(name)
	switch {
	case in.m.cfg.refuses(name), in.setup && (acts || name == "D" || name == "&Z"):
		return refused
	case name == "D":
		return in.dial()
	case name == "S":
		return in.numberedRegister()
	case name == "&Z":
		return in.storeNumber()
	}
	a := in.argument(long)
	i := basicIndex(name)
	switch {
	case i < 0 && !acts:
		return in.unknown()
	case !a.plain && in.m.cfg.Strict:
		return refused
	case a.bad, acts && (a.query || a.test):
		return goOn
	case acts:
		return run(a.n)
	case a.query:
		return in.showBasic(name, strconv.Itoa(in.mem.flag(name)))
	case a.test:
		return in.showBasic(name, fmt.Sprintf("(0-%d)", basics[i].max))
	}
	return in.mem.setBasic(basics[i], a.n)
}

// actionOf returns what a basic command does, if it does more than setting a value.
func (in *interpreter) actionOf(name string) (run func(n int) outcome, found bool) {
	switch name {
	case "A":
		return in.answerCommand, true
	case "H":
		return in.hookCommand, true
	case "O":
		return in.onlineCommand, true
	case "Z":
		return in.resetCommand, true
	case "I":
		return in.identify, true
	case "&F":
		return in.factoryCommand, true
	case "&V":
		return in.view, true
	case "&W":
		return in.storeProfile, true
	}
	return nil, false
}

// unknown is the outcome of a basic command that is not known.
func (in *interpreter) unknown() outcome {
	if in.m.cfg.RefuseUnknown {
		return refused
	}
	return goOn
}
