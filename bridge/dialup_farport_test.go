package bridge

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/modem"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/netport"
	"meterline/vport/vporttest"
)

// terminalServer is a far serial port; told gets what is done to it, in order: bytes, each with the settings that it comes under,
// and signals but for those that set it.
func terminalServer(t *testing.T, running *sync.WaitGroup) (address string, told chan string) {
	t.Helper()
	far, err := netport.RFC2217(nil).Open(vport.Spec{Address: "rfc2217://127.0.0.1:0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	told = make(chan string, 100)
	settings := far.(vport.Signaller).Settings
	far.(vport.Signaller).SetSignal(func(s vport.Signal) {
		if s.Kind != vport.SignalSettings {
			told <- fmt.Sprint(s.Kind, s.On)
		}
	})
	running.Go(func() {
		_ = far.Receive(func(b []byte) bool { told <- string(b) + " at " + settings().String(); return true }) // until it is closed
	})
	t.Cleanup(func() { _ = far.Close() })
	return far.(interface{ Addr() net.Addr }).Addr().String(), told
}

// What a dialling program has set before the call, and sets in it, reaches a far serial port as through a pair of modems: the
// framing, but neither the speed nor RTS, which are between the program and its modem.
func TestDialledFarPortIsSetAsThroughModems(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	address, told := terminalServer(t, &running)
	pair, ready := vporttest.NewPair(vporttest.Com0com), make(chan struct{})
	b := New(Config{
		Modems: []modem.Config{{
			Name: "m", Numbers: []string{"12"}, Dial: []string{"rfc2217://" + address},
			Serial: vport.Settings{Speed: 300, DataBits: 8, Parity: 1, StopBits: 1},
		}},
		Ports: []PortConfig{{Name: "phone", Spec: vport.Spec{Address: "COM12"}, Dialup: new(dialup.Emulation)}},
	}, Options{
		OpenPort: func(s vport.Spec, p vport.Presence) (vport.Port, error) {
			return com.New(s, com.End{Bytes: pair, Device: pair}, nil, p)
		},
		Ready: func() { close(ready) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Errorf("bridge: %v", err)
		}
	})
	want := func(want string) {
		t.Helper()
		select {
		case got := <-told:
			if got != want {
				t.Errorf("the far port gets %q, want %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the far port does not get %q: %+v", want, b.Status())
		}
	}
	<-ready
	g := pair.Open()
	late := time.AfterFunc(20*time.Second, func() { _ = g.Close() }) // ends a read that waits in vain
	defer late.Stop()
	g.SetSpeed(19200)
	g.SetFraming(7, 2, 0)
	g.Write([]byte("ATE0D12\r"))
	heard, buf := "", make([]byte, 100)
	for !strings.Contains(heard, "CONNECT") {
		n, err := g.Read(buf)
		if heard += string(buf[:n]); err != nil || strings.Contains(heard, "NO") {
			t.Fatal(heard, err)
		}
	}
	g.Write([]byte("/?!"))
	want("/?! at 300 7E1")
	g.SetSpeed(9600)
	g.SetRTS(false)
	g.Write([]byte("ack"))
	want("ack at 300 7E1")
	g.SetFraming(8, 0, 0)
	g.Write([]byte("more"))
	want("more at 300 8N1")
}
