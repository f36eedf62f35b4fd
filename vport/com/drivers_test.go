package com_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/vporttest"
)

func TestCOMProgramWithoutDTR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := vporttest.NewPair(vporttest.Com0com)
		pair.Silent, pair.DTR = true, true
		b := newBench(t, pair)
		g := pair.Open()
		synctest.Wait()
		if b.port.Present() {
			t.Error("somebody is there before anything shows it")
		}
		b.write(g, "a")
		b.expect("open true", "a")
		time.Sleep(59 * time.Second)
		if _, err := b.port.Write([]byte("b")); err != nil {
			t.Error(err)
		}
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if !b.port.Present() {
			t.Error("it has left in the middle of a talk")
		}
		b.expect("open false") // a minute after the last byte
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCOMWithoutAnyNews(t *testing.T) {
	b := newBench(t, vporttest.NewPair(vporttest.Blind))
	b.expect("open true")
	if text := b.log.String(); !strings.Contains(text, "it counts as open always") {
		t.Errorf("the log is %s", text)
	}
	if who := b.port.(vport.ClientLister).Programs(); len(who) != 1 || who[0].Name != "not told by the driver" {
		t.Errorf("programs %v", who)
	}
	b.port.(vport.ModemLines).SetCarrier(true) // which nobody sees
	g := b.pair.Open()
	b.write(g, "a")
	b.expect("a")
	if _, err := b.port.Write([]byte("b")); err != nil {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g = b.pair.Open()
	b.write(g, "c")
	b.expect("c")
}

func TestCOMDriverGoes(t *testing.T) {
	for _, d := range []vporttest.Driver{vporttest.Com0com, vporttest.Plain, vporttest.Blind} {
		b := newBench(t, vporttest.NewPair(d))
		b.pair.Open()
		b.expect("open true")
		b.pair.Fail(errors.New("the device does not exist"))
		b.expect("port COM12: its pair: the device does not exist")
		if _, err := b.port.Write([]byte("x")); err == nil || errors.Is(err, vport.ErrNobody) {
			t.Errorf("write: %v", err)
		}
		if b.port.Present() {
			t.Error("somebody is there where no port is")
		}
	}
}

// A driver whose buffer is full, because nothing is taken from it, has no room for the news that a program leaves.
func TestCOMLeavingFindsNoRoom(t *testing.T) {
	pair := vporttest.NewPair(vporttest.Com0com)
	presence := make(chan bool, 10)
	p, err := com.New(vport.Spec{Address: "COM12"}, com.End{Bytes: pair, Device: pair}, nil, func(open bool) { presence <- open })
	if err != nil {
		t.Fatal(err)
	}
	g := pair.Open()
	var writing, reading sync.WaitGroup
	size := 0
	full := make(chan struct{})
	writing.Go(func() {
		late := time.AfterFunc(time.Second, func() { close(full); _ = g.Close() }) // by then everything is full, and it waits
		defer late.Stop()
		for {
			n, err := g.Write(make([]byte, 4096))
			if size += n; err != nil {
				return
			}
		}
	})
	<-full
	writing.Wait()
	got := 0
	reading.Go(func() { _ = p.Receive(func(b []byte) bool { got += len(b); return true }) }) // until it is closed
	for _, want := range []bool{true, false} {
		select {
		case open := <-presence:
			if open != want {
				t.Errorf("open %v, want %v", open, want)
			}
		case <-time.After(soon):
			t.Fatalf("open %v has not come", want)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	reading.Wait()
	if got != size {
		t.Errorf("%d bytes of %d", got, size)
	}
}

// A program that shows by its bytes alone does not leave while these wait to be taken.
func TestCOMLapsesBehindAllBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := vporttest.NewPair(vporttest.Com0com)
		pair.Silent, pair.DTR = true, true
		const size = 100 << 10
		got := 0
		var told []string
		p, err := com.New(vport.Spec{Address: "COM12"}, com.End{Bytes: pair, Device: pair}, nil, func(open bool) { told = append(told, fmt.Sprint(open, " at ", got)) })
		if err != nil {
			t.Fatal(err)
		}
		g := pair.Open()
		var running sync.WaitGroup
		running.Go(func() {
			if n, err := g.Write(make([]byte, size)); err != nil {
				t.Errorf("%d written: %v", n, err)
			}
		})
		time.Sleep(3 * time.Minute)
		running.Go(func() { _ = p.Receive(func(b []byte) bool { got += len(b); return true }) }) // until it is closed
		time.Sleep(3 * time.Minute)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
		if want := []string{"true at 0", fmt.Sprint("false at ", size)}; !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}

func TestNullModemFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		d    com.Driver
		want []string // in each fault
	}{
		{"no driver", com.Driver{}, []string{"not installed"}},
		{"a service that is disabled", com.Driver{Installed: true, Disabled: true, Devices: 3}, []string{"start= demand"}},
		{"devices without a service", com.Driver{Devices: 3, Problems: []uint32{28, 28, 28}}, []string{"3 of 3 devices"}},
		{"unsigned", com.Driver{Installed: true, Devices: 6, Problems: []uint32{52, 52}}, []string{"2 of 6 devices of com0com do not work: Windows does not trust the driver's signature (code 52)"}},
		{"blocked", com.Driver{Installed: true, Devices: 1, Problems: []uint32{48}}, []string{"Windows blocks this driver"}},
		{"cannot be loaded", com.Driver{Installed: true, Devices: 1, Problems: []uint32{39}}, []string{"memory integrity"}},
		{"several", com.Driver{Installed: true, Devices: 9, Problems: []uint32{52, 22, 52, 99}}, []string{"1 of 9 devices of com0com do not work: they are disabled", "2 of 9", "code 99"}},
		{"well", com.Driver{Installed: true, Devices: 3}, nil},
		{"well, and no pairs yet", com.Driver{Installed: true}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.d.Faults()
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %d", got, len(c.want))
			}
			for i, fault := range got {
				if !strings.Contains(fault, c.want[i]) || !strings.Contains(fault, "rfc2217://") {
					t.Errorf("%q, want %q in it, and what to do instead", fault, c.want[i])
				}
			}
		})
	}
}
