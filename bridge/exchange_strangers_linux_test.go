package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/relay/profile"
)

// within is by when a modem is to be on line, whoever else is at the door: long before the strangers are sent away.
const within = 5 * time.Second

// door is a daemon's exchange at the door of which strangers stand, and a modem with its port.
type door struct {
	*testing.T
	*Bridge
	at   string // where it listens
	lag  *lag
	stop func()
}

const doorID = "356938035643809"

func openDoor(t *testing.T, state string) *door {
	t.Helper()
	cfg := Config{
		Exchanges: []ExchangeConfig{{Name: "x", Listen: "127.0.0.1:0", Profile: profile.Profile{Kind: profile.IMEI}, RegistrationTimeout: time.Minute}},
		Modems:    []modem.Config{{Name: "m", Exchange: "x", ID: doorID}},
	}
	ready := make(chan struct{})
	d := &door{T: t, lag: newLag(t), Bridge: New(cfg, Options{Kinds: machinePorts, Ledger: state, Ready: func() { close(ready) }})}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := d.Bridge.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	d.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(d.stop)
	<-ready
	d.at = d.Status().Exchanges[0].Listen
	return d
}

// dial connects from an address.
func (d *door) dial(from string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	conn, err := dialer.Dial("tcp", d.at)
	if err == nil {
		d.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

// strangers connects n times from each of so many addresses, and says nothing. It returns when all have been looked at.
func (d *door) strangers(addresses, n int) {
	d.Helper()
	before := d.Status().Exchanges[0].Counts["connections"]
	for range n {
		for a := range addresses {
			// One that is refused may see its connection fail already.
			if _, err := d.dial(fmt.Sprintf("127.77.0.%d", a+1)); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				d.Fatal(err)
			}
		}
	}
	d.eventually("the strangers stand at the door", func() bool {
		return d.Status().Exchanges[0].Counts["connections"] == before+int64(addresses*n)
	})
}

func (d *door) eventually(what string, done func() bool) {
	d.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("in 20 s it has not come to this: %s", what)
		}
	}
}

// calls lets the modem call in from an address, and wants it on line in time.
func (d *door) calls(from string) {
	d.Helper()
	start := time.Now()
	conn, err := d.dial(from)
	if err != nil {
		d.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "%s\r\n", doorID) // if it is refused, that shows below
	d.eventually("the modem is on line", func() bool {
		m := d.Status().Modems[0]
		return m.State == string(modem.Up) && m.Peer == conn.LocalAddr().String()
	})
	if took := time.Since(start); took > d.lag.allows(within) {
		d.Errorf("a modem that calls from %s is on line after %v", from, took)
	}
	_ = conn.Close()
	d.eventually("the modem has gone", func() bool { return d.Status().Modems[0].State != string(modem.Up) })
}

// Strangers of many addresses keep no modem out whose address is known, also not from a daemon that has been started anew.
func TestKnownModemAmongStrangers(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	d := openDoor(t, state)
	d.calls("127.78.0.1")
	d.strangers(40, 10)
	d.calls("127.78.0.1")
	if n := d.Status().Exchanges[0].Counts["too many unregistered"]; n != 400-192 {
		t.Errorf("%d strangers were refused, want %d", n, 400-192)
	}
	d.stop()
	d = openDoor(t, state)
	d.strangers(40, 10)
	d.calls("127.78.0.1")
}

// Nor do those of a few addresses keep out one whose address nobody has seen before.
func TestFreshModemAmongStrangers(t *testing.T) {
	d := openDoor(t, "")
	d.strangers(2, 200)
	d.calls("127.79.0.1")
	d = openDoor(t, "")
	d.strangers(40, 10)
	d.calls("127.79.0.1")
}
