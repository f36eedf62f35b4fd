package bridge

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/relay/codec"
	"meterline/relay/simulated/meters"
)

// callInBeating is callIn of a modem that sends these heartbeats.
func (r *rig) callInBeating(beats ...string) *far {
	ours, theirs := net.Pipe()
	r.t.Cleanup(func() { theirs.Close() })
	var known []codec.Beat
	for _, b := range beats {
		known = append(known, codec.ExactBeat(b))
	}
	m := r.modem()
	c := codec.NewHeartbeats(known, codec.Finding{Ends: m.FrameEnd()})
	f := &far{r.t, relay.NewSession(ours, relay.Link{}, nil, c), theirs}
	if err := m.Answer(f.session, modem.TakeoverNewest); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return f
}

// beatingMeter is a request of a protocol, its answer, and heartbeats of which the answer may have some in it.
type beatingMeter struct {
	protocol frame.Protocol
	ask      string
	answer   string
	beats    []string
	alike    bool // the answer begins like a heartbeat: what comes of it late cannot be told from one
}

func withCRC(p string) string { return string(meters.AppendCRC16([]byte(p))) }

var beatingMeters = map[string]beatingMeter{
	"modbus":              {frame.Modbus, withCRC("\x01\x03\x00\x00\x00\x02"), withCRC("\x01\x03\x04\xff\xff\x00\xff"), []string{"LOG", "\xff", "\xb5\xbc\xbd\xbe\xbf"}, false},
	"modbus, unit 255":    {frame.Modbus, withCRC("\xff\x03\x00\x00\x00\x02"), withCRC("\xff\x03\x04\xff\xff\x00\xff"), []string{"LOG", "\x00"}, false},
	"modbus, alike":       {frame.Modbus, withCRC("\xff\x03\x00\x00\x00\x02"), withCRC("\xff\x03\x04\xff\xff\x00\xff"), []string{"\xff"}, true},
	"mercury, alike":      {frame.Mercury, "\x00\x00\x01\xb0", "\x00\x00\x01\xb0", []string{"\x00"}, true},
	"modbus, a write":     {frame.Modbus, withCRC("\x01\x06\x00\x01\xff\xff"), withCRC("\x01\x06\x00\x01\xff\xff"), []string{"LOG", "\xff", "\x00"}, false},
	"modbus, a refusal":   {frame.Modbus, withCRC("\x01\x03\x00\x00\x00\x02"), withCRC("\x01\x83\x02"), []string{"LOG", "\xff", "\x00"}, false},
	"modbus, an id":       {frame.Modbus, withCRC("\x01\x03\x00\x00\x00\x02"), withCRC("\x01\x03\x04\xff\xff\x00\xff"), []string{"861234567890123\r\n", "861234567890123"}, false},
	"mercury":             {frame.Mercury, withCRC("\x80\x05\x00\x00"), withCRC("\x80\x12\x00\x34\x56\xff\xff\xff\xff\x01\x00\x23\x45\xff\xff\xff\xff"), []string{"LOG", "\xff", "\x00"}, false},
	"mercury, address 0":  {frame.Mercury, "\x00\x00\x01\xb0", "\x00\x00\x01\xb0", []string{"LOG", "\xff"}, false},
	"iec, a sign-on":      {frame.IEC, "/?!\r\n", "/LOG5METER1\r\n", []string{"LOG", "\xff", "\x00"}, false},
	"iec, a command":      {frame.IEC, "\x01R1\x021.8.0()\x03\x5a", "\x02LOG(123*kWh)\x03\x10", []string{"LOG", "\xff", "\x00"}, false},
	"hdlc":                {frame.HDLC, "\x7e\xa0\x08\x02\x23\x21\x93\xbd\x64\x7e", "\x7e\xa0\x1f\x21\x02\x23\x73\xe6\xc7\x81\x80\x12\x05\x01\x9a\x06\x01\x9a\x07\x04\x00\x00\x00\x01\x08\x04\x00\x00\x00\x01\xcc\xa2\x7e", []string{"LOG", "\xff", "\x00\x00"}, false},
	"m-bus":               {frame.MBus, "\x10\x40\x01\x41\x16", "\xe5", []string{"LOG", "\xff", "\x00"}, false},
	"m-bus, a long frame": {frame.MBus, "\x10\x7b\x01\x7c\x16", "\x68\x04\x04\x68\x08\x01\xff\x00\x08\x16", []string{"LOG", "\xff", "\x00"}, false},
}

// cutBeat is what a modem sends, cut in pieces with a pause between them.
type cutBeat struct {
	how    string
	pieces []string
	pause  time.Duration
}

// cuts returns the parts one after the other at once, byte by byte, and cut in two at every place with different pauses, all shorter than
// the second for which the beginning of a heartbeat, or of a message, waits for its rest.
func cuts(parts []string) (all []cutBeat) {
	whole := strings.Join(parts, "")
	all = append(all, cutBeat{"at once", []string{whole}, 0})
	for _, pause := range []time.Duration{0, 50 * time.Millisecond, 120 * time.Millisecond, 190 * time.Millisecond, 250 * time.Millisecond, 700 * time.Millisecond} {
		for i := 1; i < len(whole); i++ {
			all = append(all, cutBeat{fmt.Sprintf("cut at %d, %v apart", i, pause), []string{whole[:i], whole[i:]}, pause})
		}
	}
	return append(all, cutBeat{"byte by byte", strings.Split(whole, ""), time.Millisecond})
}

// With a protocol, a program gets answers without the heartbeats around them, and with those bytes that are their own.
func TestHeartbeatsAroundAnswers(t *testing.T) {
	for name, m := range beatingMeters {
		for _, beat := range m.beats {
			t.Run(fmt.Sprintf("%s, %x", name, beat), func(t *testing.T) {
				cfg := oneModem()
				cfg.Modems[0].Frame = frame.Config{Protocol: m.protocol}
				inBubble(t, cfg, func(r *rig) {
					f := r.callInBeating(m.beats...)
					g := r.open("/p")
					for _, parts := range [][]string{
						{m.answer}, {beat, m.answer}, {m.answer, beat}, {beat, beat, m.answer, beat, beat},
					} {
						for _, cut := range cuts(parts) {
							if m.alike && cut.pause >= 200*time.Millisecond {
								continue
							}
							r.write(g, m.ask)
							f.pieces()
							f.saysIn(cut)
							time.Sleep(2 * time.Second)
							if got := g.ReadWaiting(); got != m.answer {
								t.Fatalf("%q %s: the program reads %q", parts, cut.how, got)
							}
							f.says(beat)
							time.Sleep(time.Second)
						}
						r.wantRead(g, "")
					}
					if m := r.Status().Modems[0]; m.PassedHeartbeats > 0 || m.Problem != "" {
						t.Errorf("%d heartbeats are said to have passed: %s", m.PassedHeartbeats, m.Problem)
					}
				})
			})
		}
	}
}

func (f *far) saysIn(cut cutBeat) {
	for i, p := range cut.pieces {
		if i > 0 {
			time.Sleep(cut.pause)
		}
		f.says(p)
	}
}

// A heartbeat some time behind an answer is taken out at once, and the next answer comes through at once.
func TestHeartbeatSoonBehindAnAnswer(t *testing.T) {
	m := beatingMeters["modbus"]
	cfg := oneModem()
	cfg.Modems[0].Frame = frame.Config{Protocol: m.protocol}
	inBubble(t, cfg, func(r *rig) {
		f := r.callInBeating(m.beats...)
		g := r.open("/p")
		for behind := time.Duration(0); behind < 500*time.Millisecond; behind += 20 * time.Millisecond {
			for _, beat := range m.beats {
				r.write(g, m.ask)
				f.pieces()
				f.says(m.answer)
				r.wantRead(g, m.answer)
				time.Sleep(behind)
				f.says(beat)
				r.write(g, m.ask)
				f.pieces()
				f.says(m.answer)
				r.wantRead(g, m.answer)
			}
		}
	})
}

// Without a protocol a heartbeat among data passes, is counted, and status says what cures that.
func TestHeartbeatAmongData(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f := r.callInBeating("LOG", "\xff")
		g := r.open("/p")
		time.Sleep(time.Second)
		for _, alone := range []string{"LOG", "LOGLOG", "\xff", "\xffLOG"} {
			f.says(alone)
			r.wantRead(g, "")
			time.Sleep(time.Second)
		}
		if m := r.Status().Modems[0]; m.PassedHeartbeats != 0 || m.Problem != "" {
			t.Fatalf("before: %d, %q", m.PassedHeartbeats, m.Problem)
		}
		f.says("answerLOG")
		r.wantRead(g, "answerLOG")
		m := r.Status().Modems[0]
		if m.PassedHeartbeats != 1 || !strings.Contains(m.Problem, `"LOG"`) || !strings.Contains(m.Problem, "once") || !strings.Contains(m.Problem, "protocol") {
			t.Errorf("%d, %q", m.PassedHeartbeats, m.Problem)
		}
		time.Sleep(time.Second)
		f.says("LOGanswer")
		time.Sleep(time.Second)
		f.says("answer")
		time.Sleep(100 * time.Millisecond)
		f.says("LO")
		f.says("G")
		r.wantRead(g, "LOGansweranswerLOG")
		if m := r.Status().Modems[0]; m.PassedHeartbeats != 3 || !strings.Contains(m.Problem, "3 times") {
			t.Errorf("%d, %q", m.PassedHeartbeats, m.Problem)
		}
		time.Sleep(25 * time.Hour)
		if m := r.Status().Modems[0]; m.PassedHeartbeats != 3 || m.Problem != "" {
			t.Errorf("a day later: %d, %q", m.PassedHeartbeats, m.Problem)
		}
	})
}

// Data that has the one byte of a heartbeat in it by chance is no problem; one that comes with every second answer is.
func TestShortHeartbeatAmongData(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		f := r.callInBeating("\xff")
		g := r.open("/p")
		say := func(text string) {
			time.Sleep(time.Second)
			f.says(text)
			r.wantRead(g, text)
		}
		for i := range 512 {
			say("answer" + string([]byte{byte(i)}))
		}
		if m := r.Status().Modems[0]; m.PassedHeartbeats != 0 || m.Problem != "" {
			t.Fatalf("by chance: %d, %q", m.PassedHeartbeats, m.Problem)
		}
		for range 50 {
			say("answer\xff")
		}
		if m := r.Status().Modems[0]; m.PassedHeartbeats == 0 || !strings.Contains(m.Problem, `"hex:FF"`) {
			t.Errorf("%d, %q", m.PassedHeartbeats, m.Problem)
		}
	})
}

// What of heartbeats fits no message does not keep later ones from being found: the line of answers that fit goes on.
func TestHeartbeatsOnABadLine(t *testing.T) {
	m := beatingMeters["modbus"]
	cfg := oneModem()
	cfg.Modems[0].Frame = frame.Config{Protocol: m.protocol}
	inBubble(t, cfg, func(r *rig) {
		f := r.callInBeating(m.beats...)
		g := r.open("/p")
		for _, bad := range []string{"\x00", m.answer[:5], "\xff" + m.answer[:5], m.answer[:8] + "x", "\x01\x03\x80", strings.Repeat("\x55", 300)} {
			for _, beat := range m.beats {
				r.write(g, m.ask)
				f.says(bad)
				time.Sleep(6 * time.Second)
				g.ReadWaiting()
				f.pieces()
				r.write(g, m.ask)
				f.pieces()
				f.says(beat + m.answer + beat)
				r.wantRead(g, m.answer)
			}
		}
	})
}
