package bridge

import (
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/status"
)

// A request that a program begins before a session ends and finishes in the next would reach the meter without its front, and hide
// the next request: the answer to that one would then be given to the one after it.
func TestRequestCutByTheEndOfASession(t *testing.T) {
	cfg := framed(frame.Config{Protocol: frame.Modbus})
	first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
	t.Run("at once", func(t *testing.T) {
		inBubble(t, cfg, func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, first[:4])
			f.hangUp()
			f = r.callIn()
			r.write(g, first[4:])
			r.write(g, second)
			f.want(second)
			f.says(modbusAnswer(2))
			r.wantRead(g, modbusAnswer(2))
			r.wantDropped("/p", frame.DropEnded, int64(len(first)))
		})
	})
	t.Run("in between", func(t *testing.T) {
		inBubble(t, cfg, func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, first[:2])
			f.hangUp()
			r.write(g, first[2:4])
			f = r.callIn()
			r.write(g, first[4:])
			r.write(g, second)
			f.want(second)
			r.wantDropped("/p", status.DropNoSession, 2)
			r.wantDropped("/p", frame.DropEnded, int64(len(first)-2))
		})
	})
	t.Run("another request in its place", func(t *testing.T) {
		inBubble(t, cfg, func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, first[:4])
			f.hangUp()
			f = r.callIn()
			r.write(g, second)
			f.want(second)
		})
	})
	t.Run("begun without a session", func(t *testing.T) {
		inBubble(t, cfg, func(r *rig) {
			g := r.open("/p")
			r.write(g, second+first[:3])
			f := r.callIn()
			r.write(g, first[3:])
			f.want()
			r.write(g, second)
			f.want(second)
		})
	})
	t.Run("long ago", func(t *testing.T) {
		inBubble(t, cfg, func(r *rig) {
			g := r.open("/p")
			r.write(g, first[:3])
			time.Sleep(unfinished)
			f := r.callIn()
			r.write(g, first[3:])
			time.Sleep(time.Second)
			f.want(first[3:])
		})
	})
}

// What a program of another port writes while the modem is not its own goes nowhere, nor does the rest of it.
func TestRequestBegunWithoutTheLease(t *testing.T) {
	cfg := twoPorts()
	cfg.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
	first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
	inBubble(t, cfg, func(r *rig) {
		f, a, b := r.callIn(), r.open("/p"), r.open("/q")
		r.write(a, first)
		f.want(first)
		f.says(modbusAnswer(1))
		r.write(b, second[:4])
		a.Close()
		time.Sleep(100 * time.Millisecond)
		r.write(b, second[4:])
		r.write(b, first)
		f.want(first)
		r.wantDropped("/q", status.DropHeld, 4)
		r.wantDropped("/q", frame.DropEnded, int64(len(second)-4))
	})
}

// A request that was begun when the session on demand ended is not kept without its front for the next.
func TestRequestCutAndKept(t *testing.T) {
	cfg := onOpen()
	cfg.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
	first, second := modbusRead(1, 1), string(modbusRead(2, 1))
	inBubble(t, cfg, func(r *rig) {
		f, g := r.answersAfter(100*time.Millisecond), r.open("/p")
		time.Sleep(openTime + 100*time.Millisecond)
		r.write(g, string(first[:4]))
		next := r.answersAfter(100 * time.Millisecond)
		f.hangUp()
		r.write(g, string(first[4:])+second)
		time.Sleep(8 * time.Second)
		next.want(second)
		next.says(modbusAnswer(2))
		r.wantRead(g, modbusAnswer(2))
	})
}
