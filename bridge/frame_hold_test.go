package bridge

import (
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/ledger"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay/simulated/meters"
	"meterline/relay/wire"
)

// modbusAnswer is what unit 1 answers to a read of one register.
func modbusAnswer(value byte) string {
	return string(meters.AppendCRC16([]byte{1, 3, 2, 0, value}))
}

// A request that a program writes byte by byte leaves as one segment; one that is no message leaves soon all the same.
func TestRequestLeavesInOnePiece(t *testing.T) {
	inBubble(t, framed(frame.Config{Protocol: frame.Modbus}), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		request := string(modbusRead(7, 1))
		for _, b := range []byte(request) {
			r.write(g, string([]byte{b}))
			time.Sleep(30 * time.Millisecond)
		}
		f.want(request)
		f.says(modbusAnswer(1))
		r.wantRead(g, modbusAnswer(1))
		r.write(g, request[:5])
		time.Sleep(100 * time.Millisecond)
		f.want(request[:5])
	})
}

// The answer to what the program before has asked is nobody's, and the next program's request waits for it to be over.
func TestAnswerToTheProgramBefore(t *testing.T) {
	cfg := twoPorts()
	cfg.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
	inBubble(t, cfg, func(r *rig) {
		f, a, b := r.callIn(), r.open("/p"), r.open("/q")
		first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
		r.write(a, first)
		f.want(first)
		a.Close()
		r.write(b, first) // the same: it must not be taken for a repeat
		r.write(b, second)
		f.want()
		f.says(modbusAnswer(1))
		f.want(second)
		f.says(modbusAnswer(2))
		r.wantRead(b, modbusAnswer(2))
		r.wantDropped("/q", frame.DropLate, int64(len(modbusAnswer(1))))
		r.wantDropped("/q", frame.DropReplaced, int64(len(first)))
	})
}

// A request that waits when its program leaves is part of the tail.
func TestRequestWaitsAndItsProgramLeaves(t *testing.T) {
	first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
	for name, answered := range map[string]bool{"the answer before it comes": true, "nothing comes": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, framed(frame.Config{Protocol: frame.Modbus}), func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, first)
				r.write(g, second)
				f.want(first)
				g.Close()
				r.wantState("/p", port.Clearing)
				if answered {
					f.says(modbusAnswer(1))
					f.want(second)
				} else {
					time.Sleep(deliverTime)
					f.want()
					r.wantDropped("/p", status.DropLeft, int64(len(second)))
				}
				r.wantState("/p", port.Idle)
			})
		})
	}
}

// What had been received of an answer when the session ended is the program's; a request that waited is not carried over.
func TestSessionEndsInTheMiddleOfAnAnswer(t *testing.T) {
	inBubble(t, framed(frame.Config{Protocol: frame.Modbus}), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
		r.write(g, first)
		f.want(first)
		f.says(modbusAnswer(1)[:4])
		r.wantRead(g, "")
		f.hangUp()
		r.wantRead(g, modbusAnswer(1)[:4])

		f = r.callIn()
		r.write(g, second)
		f.want() // the old answer may still be with the modem
		time.Sleep(frame.DefaultAnswerMax)
		f.want(second)
		r.write(g, first)
		f.hangUp()
		r.wantDropped("/p", frame.DropEnded, int64(len(first)))
		f = r.callIn()
		time.Sleep(time.Minute)
		f.want()
	})
}

// A program that means 7E1 reads a meter behind a line that carries 8N1.
func TestParity(t *testing.T) {
	inBubble(t, framed(frame.Config{Protocol: frame.IEC, Parity: "7e1", FixedSpeed: 300}), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, "/?!\r\n")
		f.want("\xaf\x3f\x21\x8d\x0a")
		f.says("\xafM\xd4\xcc\xb5\xd8\x8d\x0a"[:4])
		f.says("\xafM\xd4\xcc\xb5\xd8\x8d\x0a"[4:])
		r.wantRead(g, "/MTL5X\r\n")
		r.write(g, "\x06050\r\n")
		f.want("\x06\x30\x30\x30\x8d\x0a") // 9600 Bd became the modem's own 300
		if m := r.Status().Modems[0].Messages; m == nil || m.ParityErrors != 1 || m.Speeds != 1 || m.Requests != 2 {
			t.Errorf("counted %+v", m)
		}
	})
}

// What a modem says of itself is remembered, and what it reports: the latest.
func TestTold(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		m := r.modem()
		m.Observe([]wire.Fact{{Name: wire.FactSignal, Value: "17"}, {Name: wire.FactICCID, Value: "89"}}, nil)
		time.Sleep(time.Minute)
		m.Observe([]wire.Fact{{Name: wire.FactSignal, Value: "18"}}, nil)
		for range ledger.MaxEvents + 1 {
			m.Observe(nil, []wire.Event{{Kind: "alarm", Text: "battery", Data: []byte{1}}})
		}
		got := r.Status().Modems[0]
		if s, i := got.Facts["signal"], got.Facts["iccid"]; s.Value != "18" || i.Value != "89" || s.At.Sub(i.At) != time.Minute {
			t.Errorf("facts %+v", got.Facts)
		}
		if len(got.Events) != ledger.MaxEvents || got.Events[0].Text != "battery" {
			t.Errorf("%d events, the first %+v", len(got.Events), got.Events[0])
		}
	})
}
