package bridge

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
	"meterline/vport"
	"meterline/vport/vporttest"
)

// tardy is a meter that answers, one request after the other, later than its reader waits. It tells in its answer which
// register was asked, and when.
type tardy struct {
	random  *rand.Rand
	buf     []byte
	pending []lateAnswer
	out     []byte
}

type lateAnswer struct {
	due time.Time
	p   []byte
}

func (m *tardy) Feed(p []byte, now time.Time) []byte {
	m.out = m.out[:0]
	for len(m.pending) > 0 && !now.Before(m.pending[0].due) {
		m.out = append(m.out, m.pending[0].p...)
		m.pending = m.pending[1:]
	}
	m.buf = append(m.buf, p...)
	for len(m.buf) >= 8 {
		answer := append([]byte{1, 3, 8}, m.buf[2:4]...)
		answer = binary.BigEndian.AppendUint16(answer, 0)
		answer = binary.BigEndian.AppendUint32(answer, uint32(now.UnixMilli()))
		m.buf = m.buf[8:]
		delay := 200*time.Millisecond + time.Duration(m.random.Int64N(int64(600*time.Millisecond)))
		if m.random.IntN(2) == 0 {
			delay += time.Second + time.Duration(m.random.Int64N(int64(2*time.Second)))
		}
		due := now.Add(delay)
		if n := len(m.pending); n > 0 && m.pending[n-1].due.After(now) {
			due = m.pending[n-1].due.Add(delay)
		}
		m.pending = append(m.pending, lateAnswer{due, meters.AppendCRC16(answer)})
	}
	return m.out
}

func (m *tardy) Due() time.Time {
	if len(m.pending) == 0 {
		return time.Time{}
	}
	return m.pending[0].due
}

// Answers that come after the program has given up are never taken for those of its next request.
func TestLateAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		guard     frame.Guard
		registers uint16 // that the program asks for, at random: 1 means always the same
	}{
		"no guard, different requests": {frame.Off, 50},
		"on, different requests":       {frame.On, 50},
		"on, few requests":             {frame.On, 2},
		"on, equal requests":           {frame.On, 1},
		"strict, different requests":   {frame.Strict, 50},
		"strict, equal requests":       {frame.Strict, 1},
	} {
		t.Run(name, func(t *testing.T) {
			config := frame.Config{Protocol: frame.Modbus, Guard: c.guard, AnswerMax: 8 * time.Second}
			inBubble(t, framed(config), func(r *rig) {
				random := rand.New(rand.NewPCG(1, 2))
				r.simulate(&tardy{random: rand.New(rand.NewPCG(3, 4))}, netem.Faults{}, 1)
				g := reader{r.open("/p"), time.Second, 500 * time.Millisecond}
				read, wrong := 0, 0
				for range 1000 {
					asked, at := uint16(random.IntN(int(c.registers))), time.Now()
					p, err := g.readModbus(asked, 4)
					switch {
					case errors.Is(err, errTimeout):
						continue
					case err != nil:
						t.Fatal(err)
					}
					read++
					older := binary.BigEndian.Uint32(p[7:]) < uint32(at.UnixMilli())
					if binary.BigEndian.Uint16(p[3:]) != asked || c.guard == frame.Strict && older {
						wrong++
					}
				}
				if c.guard == frame.Off && wrong == 0 {
					t.Error("without the guard nothing went wrong: the test proves nothing")
				}
				if c.guard != frame.Off && wrong > 0 || read < 100 {
					t.Errorf("%d of %d readings are wrong", wrong, read)
				}
				t.Logf("%d of 1000 requests answered, %d wrong", read, wrong)
			})
		})
	}
}

// A machine that is too busy to schedule whoever reads the program: what it has written counts all the same.
func TestAnswerIsJudgedByWhatIsWritten(t *testing.T) {
	first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
	for name, c := range map[string]struct {
		written string // and not read
		got     string // of the answer to first
		sent    string // behind that
	}{
		"nothing":                {"", modbusAnswer(1), ""},
		"another request":        {second, "", second},
		"the front of one":       {second[:3], "", ""},
		"the request once more":  {first, modbusAnswer(1), ""},
		"the front of the same":  {first[:3], "", ""},
		"a request and one more": {first + second, "", second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, modbusPort(), func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, first)
				f.want(first)
				r.rack.Port("/p").Suspend(true)
				r.write(g, c.written)
				f.says(modbusAnswer(1))
				r.wantRead(g, c.got)
				if c.sent != "" {
					f.want(c.sent)
				} else {
					f.want()
				}
				r.rack.Port("/p").Suspend(false)
				time.Sleep(2 * time.Second)
				if c.got == "" {
					r.wantDropped("/p", frame.DropLate, int64(len(modbusAnswer(1))))
				}
			})
		})
	}
}

// lazyPort is a port of a kind that cannot be read beside Receive.
type lazyPort struct{ vport.Port }

// Where nothing can be read beside Receive the guard works as far as it is told.
func TestPortThatCannotBeCaughtUpWith(t *testing.T) {
	rack := new(vporttest.Rack)
	lazy := func(o *Options) {
		o.OpenPort = func(s vport.Spec, p vport.Presence) (vport.Port, error) {
			d, err := rack.Open(s, p)
			return lazyPort{d}, err
		}
	}
	inBubbleWith(t, modbusPort(), lazy, func(r *rig) {
		r.rack = rack
		f, g := r.callIn(), r.open("/p")
		r.write(g, string(modbusRead(1, 1)))
		f.want(string(modbusRead(1, 1)))
		f.says(modbusAnswer(1))
		r.wantRead(g, modbusAnswer(1))
	})
}
