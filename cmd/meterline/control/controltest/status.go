// Package controltest has what the tests of several packages need of a daemon: a status with one of everything, and paths for control
// sockets. It starts no daemon.
package controltest

import (
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// Noon is the time of the status.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Ago returns the time d before Noon.
func Ago(d time.Duration) time.Time { return Noon.Add(-d) }

// Status returns a status with one of everything that it can hold.
func Status() status.Status {
	return status.Status{
		At: Noon, Since: Ago(49 * time.Hour),
		Ports:  ports(),
		Modems: modems(),
		Exchanges: []status.Exchange{
			{Name: "gprs", Listen: ":7001", Up: true, Modems: 3, Online: 2},
			{Name: "old", Listen: ":7002", LastError: "listen tcp :7002: bind: address already in use"},
		},
		USB: USB(),
	}
}

// USB returns the plugged-in modems of Status.
func USB() []status.USB {
	const absent = "absent: the modem is not plugged in"
	return []status.USB{
		{
			Name: "gsm1", State: "in a call with +79180001144", Modem: "roof", Waiting: []string{"substation", "boiler"}, Calls: 7, Talked: "12m4s",
			About: []string{"device: /dev/ttyUSB0 12d1:1001 HUAWEI Mobile", "operator: MegaFon", "registration: registered", "signal: -79 dBm"},
		},
		{Name: "telephone", State: absent, Problem: absent, Talked: "0s"},
	}
}

func ports() []status.Port {
	return []status.Port{
		{
			Name: "boiler", Path: "/run/meterline/boiler", Device: "/dev/pts/7", Modem: "boiler", Own: true,
			State: "joined", Since: Ago(3*time.Minute + 5*time.Second), Open: true, OpenSince: Ago(time.Hour),
			OpenedBy: []vport.Program{{PID: 812, Name: "mbpoll"}, {PID: 90, Name: "cat"}}, Opens: 17,
			FromDTE: 1_234, ToDTE: 45_678_901, Dropped: map[string]int64{"nobody": 10, "away": 990}, Simulated: true,
		},
		{
			Name: "substation", Path: "/run/meterline/substation", Modem: "substation", Own: true, State: "idle",
			Since: Ago(26 * time.Hour), LastError: "dial 10.8.0.12:4001: connection refused", LastErrorAt: Ago(5 * time.Second),
			Problem: "the modem has been away for 1d02h",
		},
		{
			Name: "second", Path: "/dev/ttyAMR2", Modem: "boiler", State: "waiting", Since: Ago(0), Open: true,
			HeldBy: "/run/meterline/boiler", Opens: 1,
		},
		{
			Name: "phones", Path: "/run/meterline/modem1", Device: "/dev/pts/9", Dialup: true, State: "joined", Since: Ago(time.Minute),
			Telephone: "connected to +79180001122", TelephoneSince: Ago(time.Minute), Modem: "substation", Open: true,
			OpenedBy: []vport.Program{{PID: 77, Name: "kermit"}}, Opens: 3, FromDTE: 120, ToDTE: 340, Calls: calls(),
		},
		{
			Name: "phones", Path: "/run/meterline/modem2", Dialup: true, State: "idle", Since: Ago(time.Hour), Telephone: "command mode",
		},
		{Name: "off", Path: "/run/meterline/off", Modem: "off", Own: true, State: "down", Since: Ago(49 * time.Hour)},
	}
}

// calls are one of each kind.
func calls() []status.Call {
	return []status.Call{
		{At: Ago(5 * time.Hour), Number: "T 4711", Result: "NO CARRIER", Why: "nobody has the number T 4711", Waited: 0.001},
		{At: Ago(4 * time.Hour), Result: "NO CARRIER", Why: "no number was dialled", Waited: 50},
		{At: Ago(3 * time.Hour), Number: "12", Modem: "boiler", Result: "BUSY", Why: "modem boiler is leased to /run/meterline/boiler", Waited: 0.25},
		{At: Ago(2 * time.Hour), Number: "9,89180001122", Modem: "substation", Result: "CONNECT 9600", Why: "ATH", Waited: 1.26, Connected: 754.5},
		{At: Ago(time.Hour), Number: "+79180001144", Modem: "roof", Incoming: true, Result: "RING", Why: "not answered", Waited: 25.04},
		{At: Ago(20 * time.Minute), Number: "roof", Modem: "roof", Voice: true, Result: "OK"},
		{At: Ago(10 * time.Minute), Number: "12", Modem: "boiler", Why: "the program left the port", Waited: 61},
		{At: Ago(time.Minute), Number: "\x1b[31m12", Modem: "boiler", Result: "CONNECT 9600", Why: "the far end ended the call", Waited: 1},
	}
}

func modems() []status.Modem {
	return []status.Modem{
		{
			Name: "boiler", Note: "cellar, key at the gate", Simulated: true, Exchange: "gprs", ID: "861234567890001",
			Lines: []string{"calls in at gprs"}, State: "up", Since: Ago(2 * time.Hour), Peer: "127.0.0.1:50122", Line: "exchange gprs",
			Lease: "/run/meterline/boiler", LastSeen: Ago(time.Second), Sessions: 12, Displaced: 4, Contested: true, Contenders: []string{"10.8.0.12", "10.8.0.77"},
			Today: status.Volume{Up: 1200, Down: 300, Overhead: 4000}, Month: status.Volume{Up: 9_990_000, Down: 99_950, Overhead: 1},
			Dropped: map[string]int64{"no lease": 5},
		},
		{
			Name: "substation", Lines: []string{"is called at 10.8.0.12:4001", "is called by telephone with gsm1"}, State: "away", Since: Ago(26 * time.Hour),
			Fallback: "in 1m20s", NextCall: Noon.Add(40 * time.Second),
			LastError: "calling 10.8.0.12:4001: no route to host", LastErrorAt: Ago(90 * time.Second),
			Why: []status.LineFault{
				{Line: "dial 10.8.0.12:4001", Why: "no route to host", Tried: Ago(90*time.Second + time.Millisecond)},
				{Line: "telephone gsm1", Why: "in 1m20s"},
			},
			Problem: "away for 1d02h",
		},
		{Name: "off", Disabled: true, State: "away", Since: Ago(49 * time.Hour)},
		{
			Name: "roof", Lines: []string{"calls in at gprs", "is called by telephone with gsm1"}, State: "up", Since: Ago(time.Minute),
			Peer: "+79180001144", Telephone: "gsm1", LastSeen: Ago(time.Second), Sessions: 3, Line: "telephone gsm1",
			Why:       []status.LineFault{{Line: "exchange gprs", Why: "not called in", Since: Ago(14 * time.Minute)}},
			LastError: "the modem closed the connection", LastErrorAt: Ago(14 * time.Minute),
		},
		{
			Name: "Насос-3", State: "up", Since: Ago(30 * time.Second), Peer: "10.7.3.21:1025",
			LastError: "heartbeat \x1b[31mred\x07", LastErrorAt: Ago(time.Hour),
		},
	}
}
