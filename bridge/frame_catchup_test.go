package bridge

import (
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/vport"
	"meterline/vport/vporttest"
)

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
