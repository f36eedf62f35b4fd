package render

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/control/controltest"
)

func TestRenderStatus(t *testing.T) {
	golden(t, "status", Status(controltest.Status()))
	golden(t, "status-empty", Status(status.Status{At: controltest.Noon}))
}

func TestRenderProblems(t *testing.T) {
	golden(t, "problems", Problems(controltest.Status()))
	well := controltest.Status()
	well.Ports, well.Modems, well.Exchanges = well.Ports[:1], well.Modems[:1], well.Exchanges[:1]
	well.USB = well.USB[:1]
	golden(t, "problems-none", Problems(well))
}

func TestRenderShow(t *testing.T) {
	golden(t, "show", Show(controltest.Status()))
}

func TestRenderUSB(t *testing.T) {
	golden(t, "usb", USB(USBPicture{
		Plugged: []USBDevice{
			{Path: "/dev/ttyACM0", VID: "1546", PID: "01a8", Product: "GNSS \x1b[2J receiver"},
			{Path: "/dev/ttyUSB0", VID: "12d1", PID: "1001", Serial: "0123", Maker: "HUAWEI", Product: "Mobile", Interface: "00"},
		},
		Used: controltest.USB(),
	}))
	golden(t, "usb-none", USB(USBPicture{Daemon: "no daemon answers"}))
	golden(t, "usb-fault", USB(USBPicture{Fault: "permission denied"}))
}

// What is said of one port must not show its modem as one without a port.
func TestStatusOfOnePortHasOneLine(t *testing.T) {
	got, err := control.Select(controltest.Status(), []string{"second"})
	if err != nil {
		t.Fatal(err)
	}
	got.Exchanges = nil
	if lines := strings.Count(string(Status(got)), "\n"); lines != 2 {
		t.Errorf("%d lines with the heading:\n%s", lines, Status(got))
	}
}

func TestHumanUnits(t *testing.T) {
	for _, c := range []struct {
		n    int64
		want string
	}{
		{0, "0"}, {999, "999"}, {1000, "1.0k"}, {9949, "9.9k"}, {9950, "10k"}, {999_499, "999k"}, {999_500, "1.0M"},
		{12_345_678, "12M"}, {5_000_000_000, "5.0G"}, {1 << 62, "4612P"},
	} {
		if got := humanBytes(c.n); got != c.want {
			t.Errorf("%d bytes: %s, want %s", c.n, got, c.want)
		}
	}
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "0s"}, {59 * time.Second, "59s"}, {60 * time.Second, "1m00s"}, {3*time.Hour + 2*time.Minute, "3h02m"},
		{25 * time.Hour, "1d01h"},
	} {
		if got := humanAge(controltest.Noon, controltest.Ago(c.d)); got != c.want {
			t.Errorf("%v ago: %s, want %s", c.d, got, c.want)
		}
	}
}

func TestPictureInPlaceFitsTheTerminal(t *testing.T) {
	picture := []byte("head\n1\n2\n3\n4\n")
	got := string(InPlace(picture, 4))
	for _, want := range []string{"\x1b[Hhead\x1b[K\n1\x1b[K\n", "... and 3 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q has no %q", got, want)
		}
	}
	if rows := strings.Count(got, "\n"); rows > 3 {
		t.Errorf("%d rows and the cursor's own on a terminal of 4", rows)
	}
	if got := string(InPlace(picture, 0)); !strings.Contains(got, "4\x1b[K\n") {
		t.Errorf("unknown height: %q", got)
	}
}

// update has golden write.
var update = flag.Bool("update", false, "write what the tests get as what they want")

// golden compares got with testdata/name, which go test -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), written by go test -update:\n%s", path, diff)
	}
}

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
