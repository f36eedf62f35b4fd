package config

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/configtest"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

const pinned = `
[usb.gsm1]
usb = "12D1:1001"
interface = "0A"
pin_file = "gsm1.pin"
`

func TestUSBTable(t *testing.T) {
	s, dir := mustLoad(t, "main.toml", pinned+`
init = ["+COPS=0"]
kind = "cellular"
bearer = "-"
min_signal = -95
may = ["call", "sms"]
minutes_a_day = 0
calls_a_day = 30
hours = "22:00 - 06:30"
[usb.cable]
path = "ttyS9"
kind = "telephone"
prefix = "9W"
speed = 9600
rtscts = true
[exchange.gprs]
listen = ":7001"
profile = "imei"
outage = "35%"
[modem.a]
exchange = "gprs"
id = "356938035643809"
port = "ports/a"
number = "+7 918 000-11-22"
fallback = "cable"
wake = "call"
[defaults.modem]
fallback = "gsm1"
fallback_after = "5m"
wake = "sms"
wake_text = "WAKE"
`, "gsm1.pin", " 4711\r\n")
	path := filepath.Join(dir, "ttyS9")
	if runtime.GOOS == "windows" {
		path = "ttyS9" // the name of a port, not of a file
	}
	want := []fallback.Config{
		{
			Name: "gsm1", Select: usb.Selector{ID: "12d1:1001", Interface: "0a"}, SMS: true, Calls: true,
			AT:       at.Config{Kind: at.Cellular, Init: []string{"+COPS=0"}, PIN: "4711", Bearer: "-", MinSignal: -95},
			DayCalls: 30, ModemDayTime: time.Hour, ModemCalls: 20, From: 22 * time.Hour, To: 6*time.Hour + 30*time.Minute,
		},
		{
			Name: "cable", Select: usb.Selector{Path: path}, Speed: 9600, RTSCTS: true,
			AT: at.Config{Kind: at.Telephone, Prefix: "9W"}, Wakes: true, SMS: true, Calls: true,
			DayTime: 5 * time.Hour, DayCalls: 200, ModemDayTime: time.Hour, ModemCalls: 20,
		},
	}
	if diff := cmp.Diff(want, s.Bridge.USB); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f := modem.FallbackConfig{
		USB: "cable", After: 5 * time.Minute, Wake: modem.WakeCall, WakeWait: 90 * time.Second, Call: true, Idle: time.Minute,
	}
	if diff := cmp.Diff(f, s.Bridge.Modems[0].Fallback); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := s.Bridge.Exchanges[0].Outage; got != 35 {
		t.Errorf("outage %d", got)
	}
}

func TestPINFile(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "letters": "12a4", "short": "123", "two": "1234\n5678\n"} {
		dir := configtest.Write(t, "main.toml", pinned, "gsm1.pin", text)
		_, err := Load(filepath.Join(dir, "main.toml"))
		if err == nil || !strings.Contains(err.Error(), "gsm1.pin has no PIN in it") || text != "" && strings.Contains(err.Error(), strings.TrimSpace(text)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runtime.GOOS == "windows" {
		return // permissions are no bits there
	}
	dir := configtest.Write(t, "main.toml", pinned, "gsm1.pin", "1234")
	if err := os.Chmod(filepath.Join(dir, "gsm1.pin"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(filepath.Join(dir, "main.toml"))
	if err != nil || !strings.Contains(strings.Join(s.Warnings, "\n"), "everybody can read it: a secret stands in") {
		t.Errorf("%v, %+v", err, s)
	}
}

// Messages are taken in, and removed from the SIM, only where a modem is woken by one.
func TestWhereRepliesAreTakenIn(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
state = "s"
[exchange.gprs]
listen = ":7001"
profile = "imei"
[usb.replies]
path = "a"
[usb.calls]
path = "b"
[usb.mute]
path = "c"
may = ["call", "wake"]
[modem.a]
exchange = "gprs"
id = "356938035643801"
number = "+79180001101"
fallback = "replies"
wake = "sms"
wake_text = "W"
wake_answers = ["OK"]
[modem.b]
exchange = "gprs"
id = "356938035643802"
number = "+79180001102"
fallback = "calls"
wake = "call"
wake_answers = ["BUSY", "rang"]
[modem.c]
exchange = "gprs"
id = "356938035643803"
number = "+79180001103"
fallback = "mute"
wake = "sms"
wake_text = "W"
`)
	var got []bool
	for _, u := range s.Bridge.USB {
		got = append(got, u.AT.Inbox)
	}
	if !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("%v", got)
	}
	if a := s.Bridge.Modems[1].Fallback.Answers; !slices.Equal(a, []string{"BUSY", "rang"}) {
		t.Errorf("%q", a)
	}
}
