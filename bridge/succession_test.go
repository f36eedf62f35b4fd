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
		var got strings.Builder
		for _, piece := range f.pieces() {
			got.WriteString(piece)
		}
		if len(got.String()) < 7 || got.String()[len(got.String())-7:] != "request" {
			t.Errorf("%d bytes came, and the new request is not the last", len(got.String()))
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
		r.read(g)
		synctest.Wait()
		r.wantDropped("/p", frame.DropEnded, int64(len(second)))
		f = r.callIn()
		time.Sleep(time.Minute)
		f.want()
		r.write(g, first)
		f.want(first)
	})
}
