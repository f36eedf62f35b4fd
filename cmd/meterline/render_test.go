package main

import (
	"strings"
	"testing"
	"time"

	"meterline/bridge"
	"meterline/relay/usb/at"
	"meterline/vport"
)

// noon is when all pictures of these tests are taken.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// sample has one of everything that a status can hold.
func sample() bridge.Status {
	return bridge.Status{
		At: noon, Since: ago(49 * time.Hour),
		Ports:  samplePorts(),
		Modems: sampleModems(),
		Exchanges: []bridge.ExchangeStatus{
			{Name: "gprs", Listen: ":7001", Up: true, Modems: 3, Online: 2},
			{Name: "old", Listen: ":7002", LastError: "listen tcp :7002: bind: address already in use"},
		},
		USB: sampleUSB(),
	}
}

func sampleUSB() []bridge.USBStatus {
	const absent = "absent: the modem is not plugged in"
	return []bridge.USBStatus{
		{
			Name: "gsm1", State: "in a call with +79180001144", Modem: "roof", Waiting: []string{"substation", "boiler"}, Calls: 7, Talked: "12m4s",
			About: []string{"device: /dev/ttyUSB0 12d1:1001 HUAWEI Mobile", "operator: MegaFon", "registration: registered", "signal: -79 dBm"},
		},
		{Name: "telephone", State: absent, Problem: absent, Talked: "0s"},
	}
}

func samplePorts() []bridge.PortStatus {
	return []bridge.PortStatus{
		{
			Name: "boiler", Path: "/run/meterline/boiler", Device: "/dev/pts/7", Modem: "boiler", Own: true,
			State: "joined", Since: ago(3*time.Minute + 5*time.Second), Open: true, OpenSince: ago(time.Hour),
			OpenedBy: []vport.Program{{PID: 812, Name: "mbpoll"}, {PID: 90, Name: "cat"}}, Opens: 17,
			FromDTE: 1_234, ToDTE: 45_678_901, Dropped: map[string]int64{"nobody": 10, "away": 990}, Simulated: true,
		},
		{
			Name: "substation", Path: "/run/meterline/substation", Modem: "substation", Own: true, State: "idle",
			Since: ago(26 * time.Hour), LastError: "dial 10.8.0.12:4001: connection refused", LastErrorAt: ago(5 * time.Second),
			Problem: "the modem has been away for 1d02h",
		},
		{
			Name: "second", Path: "/dev/ttyAMR2", Modem: "boiler", State: "waiting", Since: ago(0), Open: true,
			HeldBy: "/run/meterline/boiler", Opens: 1,
		},
		{
			Name: "phones", Path: "/run/meterline/modem1", Device: "/dev/pts/9", Dialup: true, State: "joined", Since: ago(time.Minute),
			Telephone: "connected to +79180001122", TelephoneSince: ago(time.Minute), Modem: "substation", Open: true,
			OpenedBy: []vport.Program{{PID: 77, Name: "kermit"}}, Opens: 3, FromDTE: 120, ToDTE: 340,
		},
		{
			Name: "phones", Path: "/run/meterline/modem2", Dialup: true, State: "idle", Since: ago(time.Hour), Telephone: "command mode",
		},
		{Name: "off", Path: "/run/meterline/off", Modem: "off", Own: true, State: "down", Since: ago(49 * time.Hour)},
	}
}

func sampleModems() []bridge.ModemStatus {
	return []bridge.ModemStatus{
		{
			Name: "boiler", Note: "cellar, key at the gate", Simulated: true, Exchange: "gprs", ID: "861234567890001",
			Lines: []string{"calls in at gprs"}, State: "up", Since: ago(2 * time.Hour), Peer: "127.0.0.1:50122", Line: "exchange gprs",
			Lease: "/run/meterline/boiler", LastSeen: ago(time.Second), Sessions: 12, Displaced: 4, Contested: true,
			Today: bridge.Traffic{Up: 1200, Down: 300, Overhead: 4000}, Month: bridge.Traffic{Up: 9_990_000, Down: 99_950, Overhead: 1},
			Dropped: map[string]int64{"no lease": 5},
		},
		{
			Name: "substation", Lines: []string{"is called at 10.8.0.12:4001", "is called by telephone with gsm1"}, State: "away", Since: ago(26 * time.Hour),
			Fallback: "in 1m20s", NextCall: noon.Add(40 * time.Second),
			LastError: "calling 10.8.0.12:4001: no route to host", LastErrorAt: ago(90 * time.Second),
			Why: []bridge.LineFault{
				{Line: "dial 10.8.0.12:4001", Why: "no route to host", Tried: ago(90*time.Second + time.Millisecond)},
				{Line: "telephone gsm1", Why: "in 1m20s"},
			},
			Problem: "away for 1d02h",
		},
		{Name: "off", Disabled: true, State: "away", Since: ago(49 * time.Hour)},
		{
			Name: "roof", Lines: []string{"calls in at gprs", "is called by telephone with gsm1"}, State: "up", Since: ago(time.Minute),
			Peer: "+79180001144", Telephone: "gsm1", LastSeen: ago(time.Second), Sessions: 3, Line: "telephone gsm1",
			Why:       []bridge.LineFault{{Line: "exchange gprs", Why: "not called in", Since: ago(14 * time.Minute)}},
			LastError: "the modem closed the connection", LastErrorAt: ago(14 * time.Minute),
		},
		{
			Name: "Насос-3", State: "up", Since: ago(30 * time.Second), Peer: "10.7.3.21:1025",
			LastError: "heartbeat \x1b[31mred\x07", LastErrorAt: ago(time.Hour),
		},
	}
}

func TestRenderStatus(t *testing.T) {
	golden(t, "status", renderStatus(sample()))
	golden(t, "status-empty", renderStatus(bridge.Status{At: noon}))
}

func TestRenderProblems(t *testing.T) {
	golden(t, "problems", renderProblems(sample()))
	well := sample()
	well.Ports, well.Modems, well.Exchanges = well.Ports[:1], well.Modems[:1], well.Exchanges[:1]
	well.USB = well.USB[:1]
	golden(t, "problems-none", renderProblems(well))
}

func TestRenderShow(t *testing.T) {
	golden(t, "show", renderShow(sample()))
}

func TestRenderUSB(t *testing.T) {
	golden(t, "usb", renderUSB(usbPicture{
		Plugged: []wireDevice{
			{Path: "/dev/ttyACM0", VID: "1546", PID: "01a8", Product: "GNSS \x1b[2J receiver"},
			{Path: "/dev/ttyUSB0", VID: "12d1", PID: "1001", Serial: "0123", Maker: "HUAWEI", Product: "Mobile", Interface: "00"},
		},
		Used: sampleUSB(),
	}))
	golden(t, "usb-none", renderUSB(usbPicture{Daemon: "no daemon answers"}))
	golden(t, "usb-fault", renderUSB(usbPicture{Fault: "permission denied"}))
}

func TestWokenText(t *testing.T) {
	for _, c := range []struct {
		woken bridge.Woken
		want  string
	}{
		{bridge.Woken{By: bridge.WakeCall, Rung: at.RungBusy, Session: true}, "rang +79180001144 with gsm1; the call ended with: BUSY; roof has opened its session"},
		{bridge.Woken{By: bridge.WakeSMS, Reply: "\"no\x1b[2J\"", Problem: "x"}, "sent a text message to +79180001144 with gsm1; it replied \"no·[2J\""},
		{bridge.Woken{By: bridge.WakeSMS, Online: true}, "sent a text message to +79180001144 with gsm1; roof has had its session all the time"},
	} {
		c.woken.USB, c.woken.Number = "gsm1", "+79180001144"
		if got := wokenText("roof", c.woken); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestStatusOfSomeNames(t *testing.T) {
	st := sample()
	if _, err := selectNames(st, []string{"boiler", "boilr"}); err == nil || !strings.Contains(err.Error(), `"boilr"`) {
		t.Errorf("an unknown name: %v", err)
	}
	for _, c := range []struct {
		names []string
		ports []string
	}{
		{nil, []string{"boiler", "substation", "second", "phones", "phones", "off"}},
		{[]string{"boiler"}, []string{"boiler", "second"}},
		{[]string{"/dev/ttyAMR2"}, []string{"second"}},
		{[]string{"/dev/pts/7"}, []string{"boiler"}},
		{[]string{"s*"}, []string{"substation", "second", "phones"}},
		{[]string{"/run/meterline/*"}, []string{"boiler", "substation", "phones", "phones", "off"}},
		{[]string{"off", "boiler"}, []string{"boiler", "second", "off"}},
	} {
		got, err := selectNames(st, c.names)
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
		var names []string
		for _, p := range got.Ports {
			names = append(names, p.Name)
		}
		if strings.Join(names, " ") != strings.Join(c.ports, " ") {
			t.Errorf("%q: ports %q, want %q", c.names, names, c.ports)
		}
	}
}

// What is said of one port must not show its modem as one without a port.
func TestStatusOfOnePortHasOneLine(t *testing.T) {
	got, err := selectNames(sample(), []string{"second"})
	if err != nil {
		t.Fatal(err)
	}
	got.Exchanges = nil
	if lines := strings.Count(string(renderStatus(got)), "\n"); lines != 2 {
		t.Errorf("%d lines with the heading:\n%s", lines, renderStatus(got))
	}
}

func TestRelativePathMeansThePort(t *testing.T) {
	t.Chdir("/")
	st := bridge.Status{Ports: []bridge.PortStatus{{Name: "x", Path: fullName("./ports/x"), Modem: "m"}}}
	if _, err := selectNames(st, []string{"./ports/x"}); err != nil {
		t.Error(err)
	}
	if got := fullName("tcp://host:1"); got != "tcp://host:1" {
		t.Errorf("an address became %q", got)
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
		if got := humanAge(noon, ago(c.d)); got != c.want {
			t.Errorf("%v ago: %s, want %s", c.d, got, c.want)
		}
	}
}

func TestPictureInPlaceFitsTheTerminal(t *testing.T) {
	picture := []byte("head\n1\n2\n3\n4\n")
	got := string(inPlace(picture, 4))
	for _, want := range []string{"\x1b[Hhead\x1b[K\n1\x1b[K\n", "... and 3 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q has no %q", got, want)
		}
	}
	if rows := strings.Count(got, "\n"); rows > 3 {
		t.Errorf("%d rows and the cursor's own on a terminal of 4", rows)
	}
	if got := string(inPlace(picture, 0)); !strings.Contains(got, "4\x1b[K\n") {
		t.Errorf("unknown height: %q", got)
	}
}
