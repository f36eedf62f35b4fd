package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"meterline/bridge/frame"
	"meterline/bridge/status"
)

// page is lines of a label and a value, with the values aligned. Empty values are left out.
type page struct {
	title string
	lines [][2]string
}

func (p *page) line(label, value string) {
	if value != "" {
		p.lines = append(p.lines, [2]string{label, Printable(value)})
	}
}

func (p *page) String() string {
	width := 0
	for _, line := range p.lines {
		width = max(width, utf8.RuneCountInString(line[0]))
	}
	var b strings.Builder
	fmt.Fprintln(&b, p.title)
	for _, line := range p.lines {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, line[0], line[1])
	}
	return b.String()
}

// Show returns everything about the modems and ports of st, a page for each.
func Show(st status.Status) []byte {
	pages := make([]string, 0, len(st.Modems)+len(st.Ports))
	for _, m := range st.Modems {
		pages = append(pages, modemPage(st, m).String())
	}
	for _, p := range st.Ports {
		pages = append(pages, portPage(st, p).String())
	}
	return []byte(strings.Join(pages, "\n"))
}

func modemPage(st status.Status, m status.Modem) *page {
	p := &page{title: "modem " + called(m.Name, m.Simulated)}
	p.line("note", m.Note)
	p.line("problem", m.Problem)
	p.line("state", lasting(modemState(m), st.At, m.Since))
	p.line("peer", m.Peer)
	p.line("line", m.Line)
	for _, f := range m.Why {
		p.line("why not", lineFault(st, f))
	}
	p.line("leased to", m.Lease)
	p.line("exchange", m.Exchange)
	p.line("id", m.ID)
	p.line("lines", strings.Join(m.Lines, ", "))
	if !m.NextCall.IsZero() {
		p.line("next call", humanTime(st.At, m.NextCall))
	}
	p.line("last seen", humanTime(st.At, m.LastSeen))
	p.line("sessions", fmt.Sprintf("%d, %d displaced%s", m.Sessions, m.Displaced, contested(m)))
	p.line("today", traffic(m.Today))
	p.line("this month", traffic(m.Month))
	p.line("dropped", humanReasons(m.Dropped, humanBytes))
	p.line("protocol", m.Protocol)
	if m.Messages != nil {
		p.line("messages", messages(*m.Messages))
	}
	if m.PassedHeartbeats > 0 {
		p.line("heartbeats", fmt.Sprintf("%d handed over among data", m.PassedHeartbeats))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Facts)) {
		p.line(name, fmt.Sprintf("%s (%s ago)", m.Facts[name].Value, humanAge(st.At, m.Facts[name].At)))
	}
	for _, e := range m.Events {
		p.line("event", fmt.Sprintf("%s: %s: %s", humanTime(st.At, e.At), e.Kind, e.Text))
	}
	if m.LastError != "" {
		p.line("last error", fmt.Sprintf("%s: %s", humanTime(st.At, m.LastErrorAt), m.LastError))
	}
	return p
}

// lasting returns a state, and how long it has lasted if that is known.
func lasting(state string, now, since time.Time) string {
	if since.IsZero() {
		return state
	}
	return state + " since " + humanTime(now, since)
}

func contested(m status.Modem) string {
	if m.Contested {
		return ", CONTESTED: more than one modem uses this id, from " + strings.Join(m.Contenders, " and ")
	}
	return ""
}

// traffic returns what a day or a month has cost on a metered SIM card, in bytes.
func traffic(t status.Volume) string {
	return fmt.Sprintf("%s from the modem, %s to it, about %s of overhead",
		humanBytes(t.Up), humanBytes(t.Down), humanBytes(t.Overhead))
}

func portPage(st status.Status, s status.Port) *page {
	p := &page{title: "port " + called(s.Path, s.Simulated)}
	if s.Name != s.Modem && s.Name != s.Path {
		p.line("name", s.Name)
	}
	p.line("problem", s.Problem)
	p.line("modem", s.Modem)
	p.line("state", lasting(s.State, st.At, s.Since))
	if s.Telephone != "" {
		p.line("telephone", lasting(s.Telephone, st.At, s.TelephoneSince))
	}
	p.line("held by", s.HeldBy)
	p.line("device", s.Device)
	if s.Replaced > 0 {
		p.line("replaced", fmt.Sprintf("%d times", s.Replaced))
	}
	p.line("opened by", OpenedBy(s))
	if !s.OpenSince.IsZero() {
		p.line("open since", humanTime(st.At, s.OpenSince))
	}
	p.line("opens", strconv.FormatInt(s.Opens, 10))
	p.line("bytes", fmt.Sprintf("%s from the program, %s to it", humanBytes(s.FromDTE), humanBytes(s.ToDTE)))
	p.line("dropped", humanReasons(s.Dropped, humanBytes))
	for _, c := range slices.Backward(s.Calls) {
		p.line("call", lastCall(st.At, c))
	}
	if s.LastError != "" {
		p.line("last error", fmt.Sprintf("%s: %s", humanTime(st.At, s.LastErrorAt), s.LastError))
	}
	return p
}

// lastCall returns a call that is over: when, the number, the modem, what came of it, how long, why.
func lastCall(now time.Time, c status.Call) string {
	number := cmp.Or(c.Number, "no number")
	if c.Incoming {
		number = "from " + number
	}
	if c.Modem != "" && c.Modem != c.Number {
		number += " (" + c.Modem + ")"
	}
	text := fmt.Sprintf("%s: %s: %s", humanTime(now, c.At), number, cmp.Or(c.Result, "given up"))
	switch {
	case c.Voice:
		text += ", a voice call"
	case c.Connected > 0 || strings.HasPrefix(c.Result, "CONNECT"):
		text += fmt.Sprintf(" after %s, for %s", humanSeconds(c.Waited), humanSeconds(c.Connected))
	default:
		text += " after " + humanSeconds(c.Waited)
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return text
}

// messages returns the counts of messages that were delivered whole, and of what was held back or dropped.
func messages(m frame.Stats) string {
	kept := map[string]int64{
		"late answers dropped": m.Late, "answers that do not fit dropped": m.Unfit, "answers to no request dropped": m.Unasked,
		"answers that do not fit handed over": m.Odd, "echoes": m.Echoes, "repeats absorbed": m.Repeats,
		"requests that waited": m.Waited, "held too long": m.Overheld, "bytes of wrong parity": m.ParityErrors,
		"speeds rewritten": m.Speeds, "bytes not understood": m.UnparsedToModem + m.UnparsedToProgram,
	}
	maps.DeleteFunc(kept, func(_ string, n int64) bool { return n == 0 })
	text := fmt.Sprintf("%d to the modem, %d from it", m.Requests, m.Answers)
	if len(kept) > 0 {
		text += "; " + humanReasons(kept, humanBytes)
	}
	return text
}
