package com_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/com0com"
	"meterline/vport/vporttest"
)

func TestCOMContract(t *testing.T) {
	for _, c := range []struct {
		name   string
		driver vporttest.Driver
		dtr    bool
	}{
		{"com0com, wired as we wire it", vporttest.Com0com, false},
		{"com0com, wired as it is by itself", vporttest.Com0com, true},
		{"another driver", vporttest.Plain, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			vporttest.Exclusive(t, func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
				pair := vporttest.NewPair(c.driver)
				pair.DTR = c.dtr
				p, err := com.New(vport.Spec{Address: "COM12"}, com.End{Bytes: pair, Device: pair}, nil, presence)
				if err != nil {
					t.Fatal(err)
				}
				return p, func() io.ReadWriteCloser { return pair.Open() }
			})
		})
	}
}

// soon is how long these tests wait for what has to come.
const soon = 20 * time.Second

// bench is a COM port at work over a pair, with all that comes out of it in order.
type bench struct {
	*testing.T
	pair *vporttest.Pair
	port vport.Port
	told chan string
	log  *vporttest.Log
	end  sync.WaitGroup
}

func newBench(t *testing.T, pair *vporttest.Pair) *bench {
	t.Helper()
	b := &bench{T: t, pair: pair, told: make(chan string, 1000), log: new(vporttest.Log)}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	p, err := com.New(vport.Spec{Address: "COM12"}, com.End{Bytes: pair, Device: pair}, log, func(open bool) { b.told <- fmt.Sprint("open ", open) })
	if err != nil {
		t.Fatal(err)
	}
	b.port = p
	p.(vport.Signaller).SetSignal(func(s vport.Signal) { b.told <- vporttest.Describe(s) })
	b.end.Go(func() {
		err := p.Receive(func(p []byte) bool {
			for _, c := range p {
				b.told <- string([]byte{c})
			}
			return true
		})
		if !errors.Is(err, os.ErrClosed) {
			b.told <- err.Error()
		}
	})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		b.end.Wait()
	})
	return b
}

func (b *bench) expect(want ...string) {
	b.Helper()
	b.log.Expect(b, b.told, want...)
}

func (b *bench) write(g io.Writer, s string) {
	b.Helper()
	if _, err := io.WriteString(g, s); err != nil {
		b.Fatal(err)
	}
}

func TestCOMSignalsComInOrder(t *testing.T) {
	b := newBench(t, vporttest.NewPair(vporttest.Com0com))
	g := b.pair.Open()
	b.expect("open true")
	g.SetSpeed(300)
	b.write(g, "/\xf1")
	g.SetSpeed(9600)
	g.SetFraming(8, 0, 0)
	b.write(g, "\x06")
	g.SetBreak(true)
	g.SetBreak(false)
	g.SetRTS(false)
	g.SetDTR(false)
	b.write(g, "x")
	g.SetDTR(true)
	b.expect("300 7E1", "/", "\xf1", "9600 7E1", "9600 8N1", "\x06", "break true", "break false", "RTS false", "DTR false", "x", "DTR true")
	if s := b.port.(vport.Signaller).Settings().String(); s != "9600 8N1" {
		t.Errorf("settings %s", s)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	b.expect("open false")
	if s := b.port.(vport.Signaller).Settings(); s != (vport.Settings{}) {
		t.Errorf("settings %v of nobody", s)
	}
	// The driver keeps them, and tells nothing of a program that sets them alike.
	g = b.pair.Open()
	g.SetSpeed(9600)
	b.write(g, "y")
	b.expect("open true", "9600 8N1", "y")
}

func TestCOMSignalsThatNobodyWants(t *testing.T) {
	b := newBench(t, vporttest.NewPair(vporttest.Com0com))
	b.port.(vport.Signaller).SetSignal(nil)
	g := b.pair.Open()
	g.SetSpeed(300)
	b.write(g, "a")
	g.SetBreak(true)
	b.write(g, "b")
	b.expect("open true", "a", "b")
	if s := b.port.(vport.Signaller).Settings().String(); !strings.HasPrefix(s, "300") {
		t.Errorf("settings %s", s)
	}
}

func TestCOMProgramThatWasThereFirst(t *testing.T) {
	pair := vporttest.NewPair(vporttest.Com0com)
	g := pair.Open()
	g.SetSpeed(2400)
	b := newBench(t, pair)
	b.expect("open true", "2400 7E1")
	b.write(g, "a")
	b.expect("a")
}

func TestCOMDTRDropsWithTheProgramThere(t *testing.T) {
	pair := vporttest.NewPair(vporttest.Com0com)
	pair.DTR = true // where DTR is all that shows, its end is the program's
	b := newBench(t, pair)
	g := pair.Open()
	b.expect("open true")
	g.SetDTR(false)
	b.expect("open false")
	g.SetDTR(true)
	b.expect("open true")
}

func TestCOMCarrierAndRing(t *testing.T) {
	b := newBench(t, vporttest.NewPair(vporttest.Com0com))
	g := b.pair.Open()
	lines := b.port.(vport.ModemLines)
	want := func(want com0com.Lines) {
		t.Helper()
		if got := g.Lines(); got != want {
			t.Errorf("the program sees %02x, want %02x", got, want)
		}
	}
	want(com0com.CTS | com0com.DSR) // and no RI, which the driver begins with
	lines.SetCarrier(true)
	want(com0com.CTS | com0com.DSR | com0com.DCD)
	lines.SetRing(true)
	want(com0com.CTS | com0com.DSR | com0com.DCD | com0com.RI)
	lines.SetRing(false)
	want(com0com.CTS | com0com.DSR | com0com.DCD)
	if err := b.port.Close(); err != nil {
		t.Fatal(err)
	}
	want(0) // the driver would keep them
	lines.SetCarrier(true)
	want(0)
}

// A program that leaves while its bytes wait to be taken ends a Write that waits for it to read: one may be waiting for the other.
func TestCOMLeavesWhileBytesWait(t *testing.T) {
	pair := vporttest.NewPair(vporttest.Com0com)
	told := make(chan bool, 10)
	p, err := com.New(vport.Spec{Address: "COM12"}, com.End{Bytes: pair, Device: pair}, nil, func(open bool) { told <- open })
	if err != nil {
		t.Fatal(err)
	}
	wrote, received := make(chan error, 1), make(chan error, 1)
	go func() {
		once := false
		received <- p.Receive(func([]byte) bool {
			if !once {
				_, err := p.Write(make([]byte, 1<<20))
				wrote <- err
			}
			once = true
			return true
		})
	}()
	g := pair.Open()
	if !<-told {
		t.Fatal("the program's coming is not told")
	}
	full := make(chan bool)
	go func() {
		defer close(full)
		_, _ = g.Write(make([]byte, 80<<10)) // more than is read ahead, and the pair keeps; the rest fails when it leaves
	}()
	waitQueued(t, pair)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; !errors.Is(err, vport.ErrNobody) {
		t.Errorf("the write ended with %v", err)
	}
	if <-told {
		t.Error("the program's leaving is not told")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	<-received
	<-full
}

// waitQueued waits until nothing is taken from the pair any more.
func waitQueued(t *testing.T, pair *vporttest.Pair) {
	t.Helper()
	last, since := -1, time.Now()
	for end := time.Now().Add(soon); time.Since(since) < 200*time.Millisecond; time.Sleep(time.Millisecond) {
		if n, _ := pair.Pending(); n != last || n == 0 {
			last, since = n, time.Now()
		}
		if time.Now().After(end) {
			t.Fatal("the pair is not filled")
		}
	}
}
