package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"meterline/bridge/status"
)

// dumpWidth is how many bytes stand in a line, so that it fits 80 columns.
const dumpWidth = 16

// Dumper writes what passes a port as lines of time, direction, hex and text.
type Dumper struct {
	Zone *time.Location // of the times, not nil
	port string         // of the piece before
}

// Render is the lines for one piece or note.
func (d *Dumper) Render(t status.Traffic) []byte {
	var b bytes.Buffer
	stamp := t.At.In(d.Zone).Format("15:04:05.000")
	if t.Port != "" && t.Port != d.port {
		if d.port != "" {
			fmt.Fprintf(&b, "%s -- %s\n", stamp, Printable(t.Port))
		}
		d.port = t.Port
	}
	if t.Note != "" {
		fmt.Fprintf(&b, "%s -- %s\n", stamp, Printable(t.Note))
	}
	for i, line := range HexDump(t.Data) {
		if i > 0 {
			stamp = strings.Repeat(" ", len(stamp))
		}
		fmt.Fprintf(&b, "%s %s %s\n", stamp, arrow(t.Dir), line)
	}
	if t.Drop != "" {
		fmt.Fprintf(&b, "%*s -- dropped: %s\n", len(stamp), "", Printable(t.Drop))
	}
	return b.Bytes()
}

func arrow(dir status.Direction) string {
	if dir == status.FromModem {
		return "←"
	}
	return "→"
}

// HexDump is p in hex and as text, dumpWidth bytes a line.
func HexDump(p []byte) []string {
	var lines []string
	for part := range slices.Chunk(p, dumpWidth) {
		lines = append(lines, fmt.Sprintf("%-*s  %s", dumpWidth*3-1, fmt.Sprintf("% x", part), ascii(part)))
	}
	return lines
}

// ascii shows printable characters as they are, and every other byte as a point.
func ascii(p []byte) string {
	text := bytes.Clone(p)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}

// PrintBytes writes what went one way, as watch does: arrow is → for what goes to the modem, ← for what comes from it.
func PrintBytes(w io.Writer, arrow string, p []byte) error {
	for _, line := range HexDump(p) {
		if err := Say(w, "%s %s", arrow, line); err != nil {
			return err
		}
	}
	return nil
}
