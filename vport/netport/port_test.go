package netport_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"meterline/vport"
	"meterline/vport/rfc2217"
)

func TestSignalsInOrder(t *testing.T) {
	b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	g.do(func(dst []byte) []byte {
		dst = g.client.AppendSettings(dst, vport.Settings{Speed: 300, DataBits: 7, Parity: rfc2217.ParityEven, StopBits: rfc2217.StopOne})
		dst = g.client.AppendPurge(dst, rfc2217.PurgeReceived)
		dst = g.client.AppendData(dst, []byte("a\xFF\r"))
		dst = g.client.AppendSettings(dst, vport.Settings{Speed: 9600})
		dst = g.client.AppendData(dst, []byte("b"))
		dst = g.client.AppendBreak(dst, rfc2217.BreakOn)
		dst = g.client.AppendBreak(dst, rfc2217.BreakOff)
		dst = g.client.AppendBreak(dst, rfc2217.BreakShort)
		dst = g.client.AppendDTR(dst, false)
		dst = g.client.AppendRTS(dst, true)
		return g.client.AppendData(dst, []byte("c"))
	})
	b.expect("300 ???", "300 7??", "300 7E?", "300 7E1", "purge true false", "a", "\xFF", "\r", "9600 7E1", "b",
		"break true", "break false", "short break false", "DTR false", "RTS true", "c")
	if s := b.port.(vport.Signaller).Settings(); s.String() != "9600 7E1" {
		t.Errorf("the port has %v", s)
	}
	if p := b.port.(vport.ClientLister).Programs(); len(p) != 1 || p[0].Name != g.conn.LocalAddr().String() {
		t.Errorf("the port is open by %v", p)
	}
	_ = g.Close()
	b.expect("open false")
	if s := b.port.(vport.Signaller).Settings(); s != (vport.Settings{}) {
		t.Errorf("settings %v are left of a program that has gone", s)
	}
	if p := b.port.(vport.ClientLister).Programs(); len(p) != 0 {
		t.Errorf("the port is open by %v", p)
	}
}

func TestCarrier(t *testing.T) {
	b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	lines := b.port.(vport.ModemLines)
	lines.SetCarrier(true) // before anybody is there
	g := dialTelnet(t, b.at)
	b.expect("open true")
	last := func(want int) {
		t.Helper()
		for end := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
			g.mu.Lock()
			var states []int
			for _, e := range g.events {
				if e.Kind == rfc2217.ModemState {
					states = append(states, e.Value&0xF0)
				}
			}
			g.mu.Unlock()
			if len(states) > 0 && states[len(states)-1] == want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("states % X, want %X at the end", states, want)
			}
		}
	}
	var buf [1]byte
	go func() { _, _ = g.Read(buf[:]) }() // ends when the port is closed
	last(rfc2217.CTS | rfc2217.DSR | rfc2217.CD)
	lines.SetCarrier(false)
	last(rfc2217.CTS | rfc2217.DSR)
	lines.SetRing(true)
	last(rfc2217.CTS | rfc2217.DSR | rfc2217.RI)
	lines.SetRing(false)
	last(rfc2217.CTS | rfc2217.DSR)
}

func TestSuspend(t *testing.T) {
	b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	flow := func(command byte) func([]byte) []byte {
		return func(dst []byte) []byte { return append(dst, 0xFF, 0xFA, 44, command, 0xFF, 0xF0, 'x') }
	}
	g.do(flow(8))
	b.expect("x")
	_ = b.port.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := b.port.Write([]byte("no")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write against the client's will: %d, %v", n, err)
	}
	_ = b.port.SetWriteDeadline(time.Time{})
	g.do(flow(9))
	if n, err := b.port.Write([]byte("yes")); n != 3 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(g, got); err != nil || string(got) != "yes" {
		t.Errorf("%q, %v", got, err)
	}
}

// Bytes with IACs arrive whole however writes are cut by deadlines.
func TestCutWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t, vport.Spec{Address: "rfc2217://127.0.0.1:0"})
	g := dialTelnet(t, b.at)
	b.expect("open true")
	all := slices.Repeat([]byte{0xFF, '\r', 0, 0xFF, 'x'}, 100_000)
	var got []byte
	var reading sync.WaitGroup
	reading.Go(func() {
		for buf := make([]byte, 8192); len(got) < len(all); {
			n, err := g.Read(buf)
			if err != nil {
				t.Error(err)
				return
			}
			got = append(got, buf[:n]...)
		}
	})
	cuts := 0
	for sent := 0; sent < len(all); {
		_ = b.port.SetWriteDeadline(time.Now().Add(50 * time.Microsecond))
		n, err := b.port.Write(all[sent:])
		if sent += n; err != nil {
			if cuts++; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
		}
	}
	reading.Wait()
	if !bytes.Equal(got, all) {
		t.Errorf("%d bytes have arrived in disorder after %d cuts", len(got), cuts)
	}
}

// testsAtATime are more than there are processors: those that run in parallel wait for far ends and programs most of their time.
const testsAtATime = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	os.Exit(m.Run())
}
