package render

import (
	"fmt"
	"strings"
	"time"

	"meterline/bridge/status"
)

// tellsLine reports whether there is something to be said of the modem's lines: it has a worse one than it might have, or none of
// several.
func tellsLine(m status.Modem) bool {
	return len(m.Why) > 0 && (m.Line != "" || len(m.Lines) > 1)
}

// lineFault is why a line does not serve, in words.
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

// portError is the later of the port's and its modem's last error, behind what is wrong with the modem's better lines.
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

// worseLines is what is wrong with the lines that a modem might have its session by.
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

// toldByLine reports whether the modem's last error is that of an attempt that its lines tell of.
func toldByLine(m status.Modem) bool {
	const apart = time.Second // between the attempt and its being noted
	for _, f := range m.Why {
		if d := m.LastErrorAt.Sub(f.Tried); d >= 0 && d < apart {
			return true
		}
	}
	return false
}
