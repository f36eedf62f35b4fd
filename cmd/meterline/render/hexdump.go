package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// dumpWidth is how many bytes a line has, so that it fits into 80 columns.
const dumpWidth = 16

// Dumper formats what passes a port as lines of time, direction, hex and text.
type Dumper struct {
	Zone *time.Location // for the times, not nil
	of   string         // the port of the piece before, or who called
}

// Render returns the lines for one piece or note.
func (d *Dumper) Render(t status.Traffic) []byte {
	var b bytes.Buffer
	stamp := t.At.In(d.Zone).Format("15:04:05.000")
	if of := cmp.Or(t.Peer, t.Port); of != "" && of != d.of {
		if d.of != "" || t.Peer != "" {
			fmt.Fprintf(&b, "%s -- %s\n", stamp, Printable(of))
		}
		d.of = of
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

// HexDump returns p in hex and as text, dumpWidth bytes a line.
func HexDump(p []byte) []string {
	var lines []string
	for part := range slices.Chunk(p, dumpWidth) {
		lines = append(lines, fmt.Sprintf("%-*s  %s", dumpWidth*3-1, fmt.Sprintf("% x", part), relay.Hex(part).Text()))
	}
	return lines
}

// PrintBytes writes a hex dump as watch does. arrow is → for bytes to the modem, ← for bytes from it.
func PrintBytes(w io.Writer, arrow string, p []byte) error {
	for _, line := range HexDump(p) {
		if err := Say(w, "%s %s", arrow, line); err != nil {
			return err
		}
	}
	return nil
}
