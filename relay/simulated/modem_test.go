package simulated

import (
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"meterline/relay/profile/side"
	"meterline/relay/relaytest"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

func TestModemRefuses(t *testing.T) {
	everywhere, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = everywhere.Close() }()
	for name, m := range map[string]*Modem{
		"no address":          {},
		"two addresses":       {Call: "127.0.0.1:1", Listen: "127.0.0.1:2"},
		"no port":             {Call: "127.0.0.1"},
		"another machine":     {Call: "192.0.2.1:7001"},
		"another name":        {Call: "exchange.example:7001"},
		"every address":       {Listen: ":7001"},
		"every IPv6 address":  {Listen: "[::]:7001"},
		"a public listener":   {Listener: everywhere},
		"negative delay":      {Call: "127.0.0.1:1", Faults: netem.Faults{Delay: -1}},
		"delays in disorder":  {Call: "127.0.0.1:1", Faults: netem.Faults{Delay: 2, DelayMax: 1}},
		"negative fragment":   {Call: "127.0.0.1:1", Faults: netem.Faults{Fragment: -1}},
		"negative retry":      {Call: "127.0.0.1:1", RetryMin: -1},
		"negative mean life":  {Call: "127.0.0.1:1", Lose: -1},
		"negative heartbeats": {Call: "127.0.0.1:1", HeartbeatEvery: -1},
	} {
		m.Name = "sim-7"
		if err := m.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "simulated modem sim-7: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, good := range []string{"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"} {
		if err := (&Modem{Call: good}).Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestModemRefusesTwoRegistrations(t *testing.T) {
	m := &Modem{Call: "127.0.0.1:1", Register: []byte("x"), Side: func() *side.Line { return nil }}
	if m.Validate() == nil {
		t.Error("both a side and bytes to register with are accepted")
	}
}

func TestModemCalls(t *testing.T) {
	l := relaytest.Listen(t)
	m := &Modem{
		Call:           l.Addr().String(),
		Register:       []byte("356938035643809\r\n"),
		RegisterPieces: true,
		ExpectAnswer:   []byte("OK\r"),
		Meter:          meters.NewModbus(5),
		Seed:           1,
	}
	stop := relaytest.Start(t, m.Run)
	conn := relaytest.Accept(t, l)
	relaytest.Expect(t, conn, "356938035643809\r\n")
	if m.Stats().Up {
		t.Error("up before the answer to its registration")
	}
	// A request in the same segment as the answer is for the meter.
	if _, err := conn.Write(append([]byte("OK\r"), meters.AppendCRC16([]byte{5, 3, 0, 0x0B, 0, 1})...)); err != nil {
		t.Fatal(err)
	}
	relaytest.Expect(t, conn, string(meters.AppendCRC16([]byte{5, 3, 2, 0x61, 0x4E})))
	if err := meters.WriteModbus(conn, 5, 1001, 4711, relaytest.Patience); err != nil {
		t.Error(err)
	}
	if v, err := meters.ReadModbus(conn, 5, 3, 1000, 2, relaytest.Patience); err != nil || v[1] != 4711 {
		t.Errorf("read %v, %v", v, err)
	}
	_, err := meters.ReadModbus(conn, 5, 4, 5000, 1, relaytest.Patience)
	if refused, ok := errors.AsType[meters.ModbusError](err); !ok || refused != meters.ErrIllegalAddress {
		t.Errorf("a wrong address: %v", err)
	}
	if s := m.Stats(); !s.Up || s.Sessions != 1 || s.Dials != 1 || s.Received != 3+8*4 {
		t.Errorf("stats %+v", s)
	}
	stop()
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if m.Stats().Up {
		t.Error("still up behind its end")
	}
}

func TestModemHangsUpAtAWrongAnswer(t *testing.T) {
	l := relaytest.Listen(t)
	relaytest.Start(t, (&Modem{Call: l.Addr().String(), Register: []byte("7\r\n"), ExpectAnswer: []byte("OK"), RetryMin: 1, RetryMax: 1}).Run)
	for range 3 {
		conn := relaytest.Accept(t, l)
		relaytest.Expect(t, conn, "7\r\n")
		if _, err := conn.Write([]byte("NO")); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("%d, %v", n, err)
		}
	}
}

func TestModemIsCalled(t *testing.T) {
	l := relaytest.Listen(t)
	stop := relaytest.Start(t, (&Modem{Listener: l, Register: []byte("hello "), Meter: meters.NewIEC("42")}).Run)
	first := relaytest.Dial(t, l.Addr().String())
	relaytest.Expect(t, first, "hello ")
	r, err := meters.ReadIEC(first, "42", relaytest.Patience)
	if err != nil {
		t.Fatal(err)
	}
	if r.Values["1.8.0"] != "012345.678*kWh" || r.Values["0.0.0"] != "SIM42" || r.Identification != "/MTL5METERLINE-SIM" {
		t.Errorf("readout %+v", r)
	}

	second := relaytest.Dial(t, l.Addr().String())
	relaytest.Expect(t, second, "hello ")
	if n, err := first.Read(make([]byte, 1)); err == nil {
		t.Errorf("the displaced call still reads %d bytes", n)
	}
	if _, err := meters.ReadIEC(second, "", relaytest.Patience); err != nil {
		t.Error(err)
	}
	stop()
	if n, err := second.Read(make([]byte, 1)); err == nil {
		t.Errorf("behind the end: %d bytes", n)
	}
}

func TestModemListensItself(t *testing.T) {
	m := &Modem{Listen: "127.0.0.1:0"}
	stop := relaytest.Start(t, m.Run)
	for m.Addr() == nil {
		runtime.Gosched()
	}
	conn := relaytest.Dial(t, m.Addr().String())
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	relaytest.Expect(t, conn, "ping")
	stop()
	if again, err := net.Dial("tcp", m.Addr().String()); err == nil {
		_ = again.Close()
		t.Error("it still listens behind its end")
	}
}
