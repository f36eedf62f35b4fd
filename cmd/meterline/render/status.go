// Package render formats what the verbs show: tables, pages and lines of text, for terminals and monitoring systems. It collects nothing
// itself, and changes nothing of what it is given, except for characters that could harm a terminal.
package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// Status returns the table of meterline status: a line for each port, then one for each modem without a port, and a sentence for each
// exchange that does not listen. It has a column with the modems' lines only if there is something to say about one of them.
func Status(st status.Status) []byte {
	t := Table{
		Head: []string{
			"PORT", "STATE", "MODEM", "LINE", "PEER", "OPENED-BY", "SINCE", "FROM", "TO", "DROPPED", "LAST-ERROR",
		},
		right: []int{6, 7, 8, 9},
	}
	modems := make(map[string]status.Modem, len(st.Modems))
	for _, m := range st.Modems {
		modems[m.Name] = m
	}
	served := make(map[string]bool)
	for _, p := range st.Ports {
		served[p.Modem] = served[p.Modem] || !p.Dialup
		m := modems[p.Modem]
		t.Row(p.Path, portState(p, m), called(p.Modem, p.Simulated || m.Simulated), m.Line, peer(m), OpenedBy(p),
			humanAge(st.At, portSince(p)), humanBytes(p.FromDTE), humanBytes(p.ToDTE),
			humanBytes(sum(p.Dropped)+dropsOf(p, m)), portError(st, p, m))
	}
	for _, m := range st.Modems {
		if served[m.Name] {
			continue
		}
		t.Row("", modemState(m), called(m.Name, m.Simulated), m.Line, peer(m), "", humanAge(st.At, m.Since), "", "",
			humanBytes(sum(m.Dropped)), modemError(st, m))
	}
	if !slices.ContainsFunc(st.Modems, tellsLine) {
		t.without(3)
	}
	return []byte(t.String() + exchangesDown(st) + logFaulty(st))
}

// portState returns the port's state, and which other port has its modem.
func portState(p status.Port, m status.Modem) string {
	switch {
	case m.Disabled:
		return "disabled"
	case p.Dialup && p.State != "down":
		return p.Telephone
	case p.HeldBy != "":
		return fmt.Sprintf("%s (held by %s)", p.State, p.HeldBy)
	}
	return p.State
}

// portSince returns when the state that portState shows began.
func portSince(p status.Port) time.Time {
	if p.Dialup && p.State != "down" && !p.TelephoneSince.IsZero() {
		return p.TelephoneSince
	}
	return p.Since
}

func modemState(m status.Modem) string {
	if m.Disabled {
		return "disabled"
	}
	return m.State
}

// called returns the modem's name, marked if it is simulated: nobody must bill an invented reading.
func called(name string, simulated bool) string {
	if simulated {
		return name + " (SIMULATED)"
	}
	return name
}

// peer returns the far address of the modem's session, or why there is none.
func peer(m status.Modem) string {
	if m.Peer != "" || m.Disabled || m.Name == "" {
		return m.Peer
	}
	return m.State
}

// OpenedBy names the programs that have the port open, as far as the system tells.
func OpenedBy(p status.Port) string {
	if len(p.OpenedBy) > 0 {
		return programs(p.OpenedBy)
	}
	if p.Open {
		return "somebody"
	}
	return ""
}

func programs(list []vport.Program) string {
	names := make([]string, 0, len(list))
	for _, program := range list {
		if program.PID == 0 { // a client over the network
			names = append(names, program.Name)
			continue
		}
		names = append(names, fmt.Sprintf("%s[%d]", program.Name, program.PID))
	}
	return strings.Join(names, ",")
}

// dropsOf returns how many bytes of the modem were dropped. They are shown at its own port only.
func dropsOf(p status.Port, m status.Modem) int64 {
	if p.Own {
		return sum(m.Dropped)
	}
	return 0
}

// exchangesDown returns a sentence for each exchange that does not listen: its modems cannot call in.
func exchangesDown(st status.Status) string {
	var b strings.Builder
	for _, e := range st.Exchanges {
		if !e.Up {
			fmt.Fprintf(&b, "exchange %s does not listen at %s: %s\n", e.Name, e.Listen, Printable(exchangeFault(e)))
		}
	}
	return b.String()
}

// logFaulty returns a sentence about a log that cannot be written, empty if it can.
func logFaulty(st status.Status) string {
	if st.Log == nil || st.Log.Problem == "" {
		return ""
	}
	return fmt.Sprintf("log to %s: %s\n", st.Log.To, Printable(st.Log.Problem))
}

func exchangeFault(e status.Exchange) string {
	if e.LastError == "" {
		return "not started yet"
	}
	return e.LastError
}

// OnlyProblems returns st with only those parts that have a problem.
func OnlyProblems(st status.Status) status.Status {
	st.Ports = slices.DeleteFunc(slices.Clone(st.Ports), func(p status.Port) bool { return p.Problem == "" })
	st.Modems = slices.DeleteFunc(slices.Clone(st.Modems), func(m status.Modem) bool { return m.Problem == "" })
	st.Exchanges = slices.DeleteFunc(slices.Clone(st.Exchanges), func(e status.Exchange) bool { return e.Up })
	st.USB = slices.DeleteFunc(slices.Clone(st.USB), func(u status.USB) bool { return u.Problem == "" })
	if st.Log != nil && st.Log.Problem == "" {
		st.Log = nil
	}
	return st
}

// CountProblems returns the number of problems in the result of OnlyProblems.
func CountProblems(st status.Status) int {
	n := len(st.Ports) + len(st.Modems) + len(st.Exchanges) + len(st.USB)
	if st.Log != nil {
		n++
	}
	return n
}

// Problems returns the table of meterline status --problems, with the reasons. Its first line is a summary, because monitoring systems show
// only that.
func Problems(st status.Status) []byte {
	bad := OnlyProblems(st)
	all := Inventory(len(st.Ports), len(st.Modems), len(st.Exchanges))
	if CountProblems(bad) == 0 {
		return []byte("all is well: " + all + "\n")
	}
	t := Table{Head: []string{"WHAT", "NAME", "STATE", "SINCE", "PROBLEM"}, right: []int{3}}
	if l := bad.Log; l != nil {
		t.Row("log", l.To, "faulty", humanAge(st.At, l.Since), l.Problem)
	}
	for _, e := range bad.Exchanges {
		t.Row("exchange", e.Name, "down", "", exchangeFault(e))
	}
	for _, u := range bad.USB {
		t.Row("usb", u.Name, "down", "", u.Problem)
	}
	for _, p := range bad.Ports {
		t.Row("port", p.Path, p.State, humanAge(st.At, p.Since), p.Problem)
	}
	for _, m := range bad.Modems {
		t.Row("modem", called(m.Name, m.Simulated), m.State, humanAge(st.At, m.Since), m.Problem)
	}
	return fmt.Appendf(nil, "not well: %d of %s\n%s", CountProblems(bad), all, t.String())
}

// tellsLine reports whether there is something to say about the modem's lines: it uses a worse one than it could, or has several and uses
// none.
func tellsLine(m status.Modem) bool {
	return len(m.Why) > 0 && (m.Line != "" || len(m.Lines) > 1)
}

// lineFault describes why a line is not used.
func lineFault(st status.Status, f status.LineFault) string {
	text := f.Line + ": " + f.Why
	if !f.Since.IsZero() {
		text += " for " + humanAge(st.At, f.Since)
	}
	if !f.Tried.IsZero() {
		text += fmt.Sprintf(" (%s ago)", humanAge(st.At, f.Tried))
	}
	return text
}

// portError returns what is wrong with the modem's better lines, and the later one of the last errors of the port and of its modem.
func portError(st status.Status, p status.Port, m status.Modem) string {
	if p.LastError == "" || m.LastError != "" && m.LastErrorAt.After(p.LastErrorAt) {
		return modemError(st, m)
	}
	return strings.Join(append(worseLines(st, m), lastError(st, p.LastError, p.LastErrorAt)), "; ")
}

func modemError(st status.Status, m status.Modem) string {
	all := worseLines(st, m)
	if m.LastError != "" && (len(all) == 0 || !toldByLine(m)) {
		all = append(all, lastError(st, m.LastError, m.LastErrorAt))
	}
	return strings.Join(all, "; ")
}

func lastError(st status.Status, text string, at time.Time) string {
	return fmt.Sprintf("%s (%s ago)", text, humanAge(st.At, at))
}

// worseLines returns what is wrong with the lines that the modem could use, and does not.
func worseLines(st status.Status, m status.Modem) []string {
	if !tellsLine(m) {
		return nil
	}
	var all []string
	for _, f := range m.Why {
		all = append(all, lineFault(st, f))
	}
	return all
}

// toldByLine reports whether the modem's last error comes from an attempt that is shown with its lines anyway.
func toldByLine(m status.Modem) bool {
	const apart = time.Second // between the end of an attempt and its being recorded
	for _, f := range m.Why {
		if d := m.LastErrorAt.Sub(f.Tried); d >= 0 && d < apart {
			return true
		}
	}
	return false
}
