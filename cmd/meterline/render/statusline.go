package render

import (
	"fmt"
	"strings"
	"time"

	"meterline/bridge/status"
)

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
