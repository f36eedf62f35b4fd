package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/frame"
)

// What a program still had to write when the lease was taken from it goes nowhere.
func TestLeaseTakenFromAWriter(t *testing.T) {
	inBubble(t, twoPorts(), func(r *rig) {
		f, p, q := r.callIn(), r.open("/p"), r.open("/q")
		go func() { _, _ = p.Write([]byte(tooMuch)) }()
		synctest.Wait()
		time.Sleep(time.Minute)
		r.write(q, "request")
		got := strings.Join(f.pieces(), "")
		if !strings.HasSuffix(got, "request") {
			t.Errorf("%d bytes came, and the new request is not the last", len(got))
		}
		f.says("answer")
		r.wantRead(q, "answer")
	})
}

// modbusPort is oneModem with Modbus behind it.
func modbusPort() Config { return framed(frame.Config{Protocol: frame.Modbus}) }

// A repeat that was absorbed keeps the port clearing. The next program that comes meanwhile must not get the answer that the
// one before has asked for.
func TestAnswerToARepeatOfTheProgramBefore(t *testing.T) {
	inBubble(t, modbusPort(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
		r.write(g, first)
		r.write(g, first)
		f.want(first)
		g.Close()
		synctest.Wait()
		g = r.open("/p")
		f.says(modbusAnswer(1))
		r.wantRead(g, "")
		r.write(g, second)
		f.want(second)
		f.says(modbusAnswer(2))
		r.wantRead(g, modbusAnswer(2))
	})
}

// A program that comes while the tail of the one before waits is not taken for that one.
func TestNextProgramWhileATailWaits(t *testing.T) {
	first, second, third := string(modbusRead(1, 1)), string(modbusRead(2, 1)), string(modbusRead(3, 1))
	t.Run("the tail leaves", func(t *testing.T) {
		inBubble(t, modbusPort(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, first)
			r.write(g, second)
			f.want(first)
			g.Close()
			synctest.Wait()
			g = r.open("/p")
			r.write(g, third)
			f.want()
			f.says(modbusAnswer(1))
			f.want(third)
			f.says(modbusAnswer(3))
			r.wantRead(g, modbusAnswer(3))
		})
	})
	t.Run("its time is over", func(t *testing.T) {
		inBubble(t, modbusPort(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, first)
			r.write(g, second)
			f.want(first)
			g.Close()
			time.Sleep(time.Second)
			g = r.open("/p")
			r.write(g, third)
			time.Sleep(frame.DefaultAnswerMax)
			f.want(third)
			f.says(modbusAnswer(3))
			r.wantRead(g, modbusAnswer(3))
		})
	})
	t.Run("no session yet", func(t *testing.T) {
		inBubble(t, onOpen(), func(r *rig) {
			f := r.answersAfter(4 * time.Second)
			g := r.open("/p")
			r.write(g, "first")
			g.Close()
			time.Sleep(time.Second)
			g = r.open("/p")
			r.write(g, "second")
			time.Sleep(4 * time.Second)
			f.want("second")
			f.says("answer")
			r.wantRead(g, "answer")
		})
	})
}

// A request that is written while the last bytes of an ended session are being handed over is not carried to the next one.
func TestRequestWaitsWhenTheSessionHasEnded(t *testing.T) {
	const first, second = "\x10\x5b\x01\x5c\x16", "\x10\x5b\x02\x5d\x16"
	inBubble(t, framed(frame.Config{Protocol: frame.MBus}), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, first)
		f.want(first)
		f.says(strings.Repeat("x", 16<<10)) // as much as the program's side takes unread
		f.says("\x68\x05\x05\x68")
		f.hangUp()
		r.write(g, second)
		g.ReadWaiting()
		synctest.Wait()
		r.wantDropped("/p", frame.DropEnded, int64(len(second)))
		f = r.callIn()
		time.Sleep(time.Minute)
		f.want()
		r.write(g, first)
		f.want(first)
	})
}

// What a program asks while there is no session goes nowhere, and the late answer that the next session brings is not taken
// for its answer; nor is it after the modem's configuration was changed.
func TestLateAnswerWithTheNextSession(t *testing.T) {
	first, second, third := string(modbusRead(1, 1)), string(modbusRead(2, 1)), string(modbusRead(3, 1))
	change := func(r *rig, _ *far) {
		next := modbusPort()
		next.Modems[0].Note = "another"
		if _, err := r.Reload(next); err != nil {
			r.t.Fatal(err)
		}
	}
	nothing := func(*rig, *far) {}
	hangUp := func(_ *rig, f *far) { f.hangUp() }
	for name, c := range map[string]struct {
		end    func(*rig, *far) // the session, before the program asks
		late   func(*rig, *far) // the same, behind that
		before bool             // it asks before the next session
	}{
		"asked while it is away":              {hangUp, nothing, true},
		"asked before the session ended":      {nothing, hangUp, true},
		"the configuration is changed":        {change, nothing, true},
		"it is changed, and asked afterwards": {change, nothing, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, modbusPort(), func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, first)
				f.want(first)
				c.end(r, f)
				if c.before {
					r.write(g, second)
					c.late(r, f)
				}
				f = r.callIn()
				if !c.before {
					r.write(g, second)
				}
				f.says(modbusAnswer(1))
				r.wantRead(g, "")
				f.pieces()
				r.write(g, third)
				time.Sleep(frame.DefaultAnswerMax)
				f.pieces()
				f.says(modbusAnswer(3))
				r.wantRead(g, modbusAnswer(3))
			})
		})
	}
}
