package render

import (
	"strings"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
)

func TestWatchLines(t *testing.T) {
	d := Dumper{Zone: time.UTC}
	var out []byte
	for i, piece := range []status.Traffic{
		{Port: "/dev/ttyAMR1", Note: "watching"},
		{Port: "/dev/ttyAMR1", Dir: status.ToModem, Data: []byte("/?!\r\n")},
		{Port: "/dev/ttyAMR1", Dir: status.FromModem, Data: []byte("/MTL5\\2METERLINE-SIM\r\n\x00\xff\xd0\x9f")},
		{Port: "/dev/ttyAMR2", Dir: status.ToModem, Data: []byte{1, 3}, Drop: "leased to /dev/ttyAMR1"},
		{Port: "/dev/ttyAMR2", Note: "3 pieces lost \x1b[2J"},
	} {
		piece.At = controltest.Noon.Add(time.Duration(i) * 1500 * time.Microsecond)
		out = append(out, d.Render(piece)...)
	}
	golden(t, "watch", out)
	for line := range strings.Lines(string(out)) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func FuzzDumpIsHarmless(f *testing.F) {
	f.Add([]byte("\x1b[2J\x00ü"), "note\x1b]0;x\x07")
	f.Fuzz(func(t *testing.T, data []byte, note string) {
		d := Dumper{Zone: time.UTC}
		for _, r := range string(d.Render(status.Traffic{At: controltest.Noon, Data: data, Note: note, Drop: note, Port: note})) {
			if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
				t.Fatalf("control character %q", r)
			}
		}
	})
}
