package dialup

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/port"
	"meterline/relay"
	"meterline/vport/vporttest"
)

// waitingMost is how much may wait for a program that does not read: the limit, and the answer to the line that reaches it.
const waitingMost = answersMax + 1<<10

// flood lets g write lines without end, as far as it gets, and returns what stops it: g leaves the port.
func (r *rig) flood(g *vporttest.Program, lines string) {
	go func() {
		for {
			if _, err := g.Write([]byte(lines)); err != nil {
				return
			}
		}
	}()
	time.Sleep(time.Minute)
	synctest.Wait()
}

// waits is how many bytes wait for the program.
func (r *rig) waits() int {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	return r.p.waiting
}

func (r *rig) wantBlocked() {
	r.t.Helper()
	if n := r.waits(); n < answersMax || n > waitingMost {
		r.t.Errorf("%d bytes wait for the program, want %d or little more", n, answersMax)
	}
}

// A program that writes commands and does not read is not read any more; when it reads, nothing is lost or out of order.
func TestAnswersNotRead(t *testing.T) {
	inBubble(t, func(r *rig) {
		g := r.open()
		const lines = 20_000
		var want strings.Builder
		written := make(chan bool)
		for i := range lines {
			n := strconv.Itoa(i % 100)
			want.WriteString("ATS25=" + n + "S25?\r\r\n" + strings.Repeat("0", 3-len(n)) + n + "\r\n\r\nOK\r\n")
		}
		go func() {
			defer close(written)
			for i := range lines {
				g.Write([]byte("ATS25=" + strconv.Itoa(i%100) + "S25?\r"))
			}
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		r.wantBlocked()
		var got strings.Builder
		for some := g.ReadWaiting(); some != ""; some = g.ReadWaiting() {
			got.WriteString(some)
			synctest.Wait()
		}
		<-written
		if got.String() != want.String() {
			t.Errorf("%d bytes of answers came, want %d", got.Len(), want.Len())
		}
	})
}

// A short line cannot make the answers of one line unbounded, nor can any kind of command make the limit of no effect.
func TestAnswersNotReadOfAnyKind(t *testing.T) {
	for name, lines := range map[string]string{
		"long answers": "AT" + strings.Repeat("&V", 120) + "\r", "repeated": "AT&V\r" + strings.Repeat("A/", 100), "no line end": "hello",
		"no echo": "ATE0\rATD4711\r",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				g := r.open()
				r.flood(g, lines)
				if n := r.waits(); n > answersMax+32<<10 {
					t.Errorf("%d bytes wait for the program", n)
				}
				g.Close()
			})
		})
	}
}

// Whatever ends a program's stay, or the port, ends it at once while its answers are not read.
func TestEndsWhileNotRead(t *testing.T) {
	for name, end := range map[string]func(r *rig, g *vporttest.Program){
		"last close": func(r *rig, g *vporttest.Program) {
			g.Close()
			synctest.Wait()
			h := r.open()
			r.wantRead(h, "")
			r.wantAnswer(h, "ATZ", "\r\nOK\r\n")
			if p := r.p.Status(nil); p.Opens != 2 || !p.Open {
				t.Errorf("%d opens, open: %v", p.Opens, p.Open)
			}
		},
		"reload without the port": func(r *rig, _ *vporttest.Program) {
			r.end(relay.ErrRemoved)
		},
		"shutdown": func(r *rig, _ *vporttest.Program) { r.end(relay.ErrShutdown) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				g := r.open()
				r.flood(g, "AT\r")
				r.wantBlocked()
				before := time.Now()
				end(r, g)
				if took := time.Since(before); took > 2*connectDelay {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A call ends at once, by the far end, by kick, or by the program's leaving, while answers of an escaped program are not read.
func TestCallEndsWhileNotRead(t *testing.T) {
	for name, end := range map[string]func(r *rig, f *far, g *vporttest.Program){
		"far end": func(_ *rig, f *far, _ *vporttest.Program) { f.hangUp() },
		"kick": func(r *rig, _ *far, _ *vporttest.Program) {
			if err := r.m.Kick(); err != nil {
				t.Error(err)
			}
		},
		"the program leaves": func(_ *rig, _ *far, g *vporttest.Program) { g.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f, g := r.callIn(), r.open()
				r.wantAnswer(g, "ATD12", connected)
				time.Sleep(2 * time.Second)
				r.write(g, "+++")
				time.Sleep(2 * time.Second)
				r.wantRead(g, "\r\nOK\r\n")
				r.flood(g, "AT\r")
				r.wantBlocked()
				r.wantState(port.Joined)
				end(r, f, g)
				synctest.Wait()
				r.wantState(port.Idle)
			})
		})
	}
}

// A program that has not read the meter's bytes can hang up all the same.
func TestHangsUpWithDataNotRead(t *testing.T) {
	inBubble(t, func(r *rig) {
		f, g := r.callIn(), r.open()
		r.wantAnswer(g, "ATD12", connected)
		go f.conn.Write(make([]byte, 1<<20))
		time.Sleep(2 * time.Second)
		r.write(g, "+++")
		time.Sleep(2 * time.Second)
		r.write(g, "ATH\r")
		time.Sleep(time.Second)
		synctest.Wait()
		r.wantState(port.Idle)
		g.Close()
	})
}

// A program that does not read hears no more calls: what rings would pile up.
func TestNoRingWhileNotRead(t *testing.T) {
	inBubble(t, func(r *rig) {
		g := r.open()
		r.flood(g, "AT\r")
		before := r.waits()
		for range 100 {
			f := r.callIn()
			time.Sleep(time.Second)
			f.hangUp()
		}
		if n := r.waits(); n != before {
			t.Errorf("%d bytes wait, %d before", n, before)
		}
		g.Close()
	})
}

// The tail of a program that has left a dial-up port is sent for two seconds, and then no longer keeps the port from the next one.
func TestTailOfACallNotTaken(t *testing.T) {
	inBubble(t, func(r *rig) {
		f, g := r.callIn(), r.open()
		r.wantAnswer(g, "ATD12", connected)
		r.flood(g, strings.Repeat("x", 1000)) // the modem takes nothing
		g.Close()
		time.Sleep(2*deliverTime + time.Second)
		synctest.Wait()
		r.wantState(port.Idle)
		if r.p.Status(nil).Open {
			t.Error("the program's leaving has not been noticed")
		}
		if cause := f.session.Cause(); cause != nil {
			t.Errorf("the session has ended: %v", cause)
		}
	})
}

// S7 ends an attempt at a call although the program does not read.
func TestDiallingEndsWhileNotRead(t *testing.T) {
	inBubble(t, func(r *rig) {
		p, g := r.p, r.open()
		r.write(g, "ATS7=30\r")
		p.mu.Lock()
		p.answers += answersMax // as if so much had been said
		p.mu.Unlock()
		defer func() { p.mu.Lock(); p.answers -= answersMax; p.changed.Broadcast(); p.mu.Unlock() }()
		p.mu.Lock()
		p.apply(p.hayes.FromDTE([]byte("ATD12\r"), time.Now()))
		p.mu.Unlock()
		go g.Write([]byte("AT\r"))
		synctest.Wait()
		r.wantState(port.Waiting)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		r.wantState(port.Idle)
	})
}
