package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/frame"
)

// From the first byte of a request the answer to the one before is late, also while the rest of it is still to be written.
func TestRequestsInPieces(t *testing.T) {
	for _, kind := range guardedKinds {
		first, second := kind.op(1), kind.op(2)
		for name, cut := range map[string][]int{"two pieces": {4}, "byte by byte": bytewise(len(second.text))} {
			for _, wait := range []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond} {
				t.Run(string(kind.protocol)+"/"+name+"/"+wait.String(), func(t *testing.T) {
					inBubble(t, framed(frame.Config{Protocol: kind.protocol}), func(r *rig) {
						f, g := r.callIn(), r.open("/p")
						r.write(g, first.text)
						f.want(first.text)
						time.Sleep(2 * time.Second)
						from := 0
						for i, at := range append(cut, len(second.text)) {
							r.write(g, second.text[from:at])
							if from = at; i == len(cut)/2 {
								f.says(first.answer)
							}
							time.Sleep(wait)
						}
						time.Sleep(2 * time.Second) // modes A and B: data may follow a name
						f.want(second.text)
						r.wantRead(g, "")
						f.says(second.answer)
						r.wantRead(g, second.answer)
						r.wantDropped("/p", frame.DropLate, int64(len(first.answer)))
					})
				})
			}
		}
	}
}

func bytewise(n int) (cut []int) {
	for i := range n - 1 {
		cut = append(cut, i+1)
	}
	return cut
}

// textOp is a request and its answer.
type textOp struct{ text, answer string }

var guardedKinds = []struct {
	protocol frame.Protocol
	op       func(n byte) textOp
}{
	{frame.Modbus, func(n byte) textOp { return textOp{string(modbusRead(uint16(n)<<8, 1)), modbusAnswer(n)} }},
	{frame.IEC, func(n byte) textOp {
		return textOp{"/?" + string('0'+n) + "!\r\n", "/METER" + string('0'+n) + "\r\n"}
	}},
	{frame.MBus, func(n byte) textOp {
		return textOp{"\x10\x5b" + string([]byte{n, 0x5b + n}) + "\x16", "\x68\x03\x03\x68\x08" + string([]byte{n}) + "\x72" + string([]byte{0x7A + n}) + "\x16"}
	}},
}

// A program that opens the port to write and again to read is given the answer that begins behind its second open, whole.
func TestProgramThatReopensWithinAnExchange(t *testing.T) {
	request, answer := string(modbusRead(1, 1)), modbusAnswer(1)
	for name, c := range map[string]struct {
		away time.Duration // between the two
		got  string
	}{"at once": {0, answer}, "a second later": {time.Second, answer}, "too late": {3 * time.Second, ""}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, modbusPort(), func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, request)
				f.want(request)
				g.Close()
				synctest.Wait()
				time.Sleep(c.away)
				g = r.open("/p")
				f.says(answer[:3])
				time.Sleep(time.Second / 2)
				f.says(answer[3:])
				r.wantRead(g, c.got)
			})
		})
	}
	t.Run("it began before", func(t *testing.T) {
		inBubble(t, modbusPort(), func(r *rig) {
			f, g := r.callIn(), r.open("/p")
			r.write(g, request)
			f.want(request)
			g.Close()
			synctest.Wait()
			f.says(answer[:3])
			g = r.open("/p")
			f.says(answer[3:])
			r.wantRead(g, "")
			r.write(g, request)
			f.want(request)
			f.says(answer)
			r.wantRead(g, answer)
		})
	})
	t.Run("another port asks", func(t *testing.T) {
		cfg := twoPorts()
		cfg.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
		inBubble(t, cfg, func(r *rig) {
			f, q := r.callIn(), r.open("/q")
			r.write(q, request)
			f.want(request)
			q.Close()
			synctest.Wait()
			g := r.open("/p")
			f.says(answer)
			r.wantRead(g, "")
		})
	})
}

// What a meter sent before a program opened the port is not for that program.
func TestNothingOlderThanTheOpening(t *testing.T) {
	for protocol, text := range map[frame.Protocol][2]string{
		frame.IEC: {"/MET", "ER1\r\n"},
		frame.Gap: {"push", "ed"},
	} {
		t.Run(string(protocol), func(t *testing.T) {
			inBubble(t, framed(frame.Config{Protocol: protocol}), func(r *rig) {
				f := r.callIn()
				f.says(text[0])
				time.Sleep(100 * time.Millisecond)
				g := r.open("/p")
				f.says(text[1])
				time.Sleep(2 * time.Second)
				r.wantRead(g, "")
				f.says(text[0] + text[1])
				time.Sleep(2 * time.Second)
				r.wantRead(g, text[0]+text[1])
			})
		})
	}
}

// Two visits whose second one asks something else: the answer to the first is nobody's.
func TestReopenedProgramAsksSomethingElse(t *testing.T) {
	first, second := string(modbusRead(1, 1)), string(modbusRead(2, 1))
	inBubble(t, modbusPort(), func(r *rig) {
		f, g := r.callIn(), r.open("/p")
		r.write(g, first)
		f.want(first)
		g.Close()
		synctest.Wait()
		g = r.open("/p")
		r.write(g, second)
		f.want()
		f.says(modbusAnswer(1))
		f.want(second)
		f.says(modbusAnswer(2))
		r.wantRead(g, modbusAnswer(2))
	})
}
