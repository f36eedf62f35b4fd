package bridge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/relay/simulated"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
	"meterline/vport/vporttest"
)

// framed is oneModem with something between the modem and its programs.
func framed(c frame.Config) Config {
	cfg := oneModem()
	cfg.Modems[0].Frame = c
	return cfg
}

// simulate puts a meter behind a bad link to modem m, until the test ends.
func (r *rig) simulate(meter meters.Meter, faults netem.Faults, seed uint64) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	modem := &simulated.Modem{
		Name: "m", Call: "127.0.0.1:1", Meter: meter, Faults: faults, Seed: seed,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			return theirs, r.modem().Answer(relay.NewSession(ours, relay.Link{}, nil, nil), modem.TakeoverNewest)
		},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := modem.Run(ctx); err != nil {
			r.t.Error(err)
		}
	}()
	r.t.Cleanup(func() { cancel(); <-done })
}

// reader is a reading program with the time-outs of one: how long it waits for the first byte, and between two.
type reader struct {
	*vporttest.Program
	first, between time.Duration
}

var errTimeout = errors.New("time-out")

// ask writes a request and reads until whole says so.
func (g reader) ask(request []byte, whole func([]byte) bool) ([]byte, error) {
	if _, err := g.Write(request); err != nil {
		return nil, err
	}
	var got []byte
	buf := make([]byte, 512)
	for wait := g.first; !whole(got); wait = g.between {
		_ = g.SetReadDeadline(time.Now().Add(wait))
		n, err := g.Read(buf)
		got = append(got, buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return got, fmt.Errorf("%w after % x", errTimeout, got)
		}
		if err != nil {
			return got, err
		}
	}
	return got, nil
}

// flush forgets what is there, as programs do before they ask again.
func (g reader) flush() {
	_ = g.SetReadDeadline(time.Now().Add(time.Nanosecond))
	buf := make([]byte, 512)
	for {
		if _, err := g.Read(buf); err != nil {
			return
		}
	}
}

// modbusRead is function 3 of unit 1, and modbusWhole reports whether its answer is there.
func modbusRead(addr, n uint16) []byte {
	p := binary.BigEndian.AppendUint16([]byte{1, 3}, addr)
	return meters.AppendCRC16(binary.BigEndian.AppendUint16(p, n))
}

func modbusWhole(p []byte) bool { return len(p) >= 5 && len(p) >= 5+int(p[2]) }

// readModbus is a read as libmodbus does it.
func (g reader) readModbus(addr, n uint16) ([]byte, error) {
	g.flush()
	p, err := g.ask(modbusRead(addr, n), modbusWhole)
	if err == nil && (len(p) != 5+2*int(n) || meters.CRC16(p) != 0) {
		err = fmt.Errorf("answer % x", p)
	}
	return p, err
}

// slow is a cellular link at its worst: seconds of delay, and pauses inside of answers.
var slow = netem.Faults{
	Delay: 300 * time.Millisecond, DelayMax: 3 * time.Second, Fragment: 7, Gap: 700 * time.Millisecond,
}

// slowReads is how many reads must go well. METERLINE_LONG=1 makes it 1,000.
func slowReads() int {
	if os.Getenv("METERLINE_LONG") != "" {
		return 1000
	}
	return 300
}

// A program with the time-outs of libmodbus cannot read over a slow link, and can when it is given answers whole.
func TestModbusOverASlowLink(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config frame.Config
		reads  int
		fails  bool
	}{
		"as it comes": {frame.Config{}, 100, true},
		"whole":       {frame.Config{Protocol: frame.Modbus, Hold: 20 * time.Second, AnswerMax: 20 * time.Second}, slowReads(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, framed(c.config), func(r *rig) {
				r.simulate(meters.NewModbus(1), slow, 1)
				g := reader{r.open("/p"), 10 * time.Second, 500 * time.Millisecond}
				failed := 0
				for range c.reads {
					if _, err := g.readModbus(0, 4); err != nil {
						failed++
						if !c.fails {
							t.Fatal(err)
						}
					}
				}
				if c.fails && failed < c.reads/2 {
					t.Errorf("only %d of %d reads failed", failed, c.reads)
				}
			})
		})
	}
}

// An IEC 62056-21 reader that suffers no pause above 200 ms reads whole meters over the same link.
func TestIECOverASlowLink(t *testing.T) {
	t.Parallel()
	line := func(p []byte) bool { return len(p) > 2 && p[len(p)-1] == '\n' }
	block := func(p []byte) bool { return len(p) > 2 && p[len(p)-2] == 3 }
	for name, c := range map[string]struct {
		config frame.Config
		reads  int
		fails  bool
	}{
		"as it comes": {frame.Config{}, 20, true},
		"whole":       {frame.Config{Protocol: frame.IEC, Hold: 8 * time.Second, AnswerMax: 20 * time.Second}, slowReads(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, framed(c.config), func(r *rig) {
				meter := meters.NewIEC("")
				meter.AckWait = time.Minute
				r.simulate(meter, slow, 1)
				g := reader{r.open("/p"), 15 * time.Second, 200 * time.Millisecond}
				failed := 0
				for range c.reads {
					g.flush()
					_, err := g.ask([]byte("/?!\r\n"), line)
					var data []byte
					if err == nil {
						data, err = g.ask([]byte("\x06050\r\n"), block)
					}
					if err == nil && meters.BCC(data[1:]) != 0 {
						err = fmt.Errorf("block check of %q", data)
					}
					if err == nil {
						continue
					}
					if failed++; !c.fails {
						t.Fatal(err)
					}
					time.Sleep(3 * time.Minute) // the meter ends what it has to say
				}
				if c.fails && failed < c.reads/2 {
					t.Errorf("only %d of %d reads failed", failed, c.reads)
				}
			})
		})
	}
}
