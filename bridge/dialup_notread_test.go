package bridge

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/port"
	"meterline/vport/vporttest"
)

// waitingMost is how much may wait for a program that does not read: the limit, and the answer to the line that reaches it.
const waitingMost = answerBytes + 1<<10

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

// waits is what waits for the program of a dial-up port, in bytes.
func (r *rig) waits(path string) int {
	p := r.dialups[path].it
	mu := mutexesOf(p)["mu"]
	mu.Lock()
	defer mu.Unlock()
	return int(reflect.ValueOf(p).Elem().FieldByName("waiting").Int())
}

func (r *rig) wantBlocked(path string) {
	r.t.Helper()
	if n := r.waits(path); n < answerBytes || n > waitingMost {
		r.t.Errorf("%d bytes wait for the program, want %d or little more", n, answerBytes)
	}
}

// A program that writes commands and does not read is not read any more; when it reads, nothing is lost or out of order.
func TestAnswersNotRead(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g := r.open("/t1")
		const lines = 100_000
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
		r.wantBlocked("/t1")
		var got strings.Builder
		for some := r.read(g); some != ""; some = r.read(g) {
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
			inBubble(t, telephones(), func(r *rig) {
				g := r.open("/t1")
				r.flood(g, lines)
				if n := r.waits("/t1"); n > answerBytes+32<<10 {
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
			h := r.open("/t1")
			r.wantRead(h, "")
			r.wantAnswer(h, "ATZ", "\r\nOK\r\n")
			if p := r.port("/t1"); p.Opens != 2 || !p.Open {
				t.Errorf("%d opens, open: %v", p.Opens, p.Open)
			}
		},
		"reload without the port": func(r *rig, _ *vporttest.Program) {
			if _, err := r.Reload(oneModem()); err != nil {
				t.Error(err)
			}
		},
		"shutdown": func(r *rig, _ *vporttest.Program) { r.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, telephones(), func(r *rig) {
				g := r.open("/t1")
				r.flood(g, "AT\r")
				r.wantBlocked("/t1")
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
			if err := r.Kick("/t1"); err != nil {
				t.Error(err)
			}
		},
		"the program leaves": func(_ *rig, _ *far, g *vporttest.Program) { g.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, telephones(), func(r *rig) {
				f, g := r.callIn(), r.open("/t1")
				r.wantAnswer(g, "ATD12", connected)
				time.Sleep(2 * time.Second)
				r.write(g, "+++")
				time.Sleep(2 * time.Second)
				r.wantRead(g, "\r\nOK\r\n")
				r.flood(g, "AT\r")
				r.wantBlocked("/t1")
				r.wantState("/t1", port.Joined)
				end(r, f, g)
				synctest.Wait()
				r.wantState("/t1", port.Idle)
			})
		})
	}
}

// A program that has not read the meter's bytes can hang up all the same.
func TestHangsUpWithDataNotRead(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g := r.callIn(), r.open("/t1")
		r.wantAnswer(g, "ATD12", connected)
		go f.conn.Write(make([]byte, 1<<20))
		time.Sleep(2 * time.Second)
		r.write(g, "+++")
		time.Sleep(2 * time.Second)
		r.write(g, "ATH\r")
		time.Sleep(time.Second)
		synctest.Wait()
		r.wantState("/t1", port.Idle)
		g.Close()
	})
}

// A program that does not read hears no more calls: what rings would pile up.
func TestNoRingWhileNotRead(t *testing.T) {
	c := telephones()
	c.Modems[0].Ring = "phones"
	inBubble(t, c, func(r *rig) {
		g := r.open("/t1")
		r.flood(g, "AT\r")
		before := r.waits("/t1")
		for range 100 {
			f := r.callIn()
			time.Sleep(time.Second)
			f.hangUp()
		}
		if n := r.waits("/t1"); n != before {
			t.Errorf("%d bytes wait, %d before", n, before)
		}
		g.Close()
	})
}

// The tail of a program that has left a dial-up port is sent for two seconds, and then no longer keeps the port from the next one.
func TestTailOfACallNotTaken(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g := r.callIn(), r.open("/t1")
		r.wantAnswer(g, "ATD12", connected)
		r.flood(g, strings.Repeat("x", 1000)) // the modem takes nothing
		g.Close()
		time.Sleep(2*deliverTime + time.Second)
		synctest.Wait()
		r.wantState("/t1", port.Idle)
		if r.port("/t1").Open {
			t.Error("the program's leaving has not been noticed")
		}
		f.wantCause(nil)
	})
}
