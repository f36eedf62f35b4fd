package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/dialup"
	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
	"meterline/vport/vporttest"
)

// telephones is oneModem, with a number, and two dial-up ports "/t1" and "/t2".
func telephones() Config {
	c := oneModem()
	c.Modems[0].Numbers = []string{"+7 918 000-11-22", "12"}
	emulated := &dialup.Emulation{Numbering: dialup.Numbering{Country: "7", Trunk: "8", Rewrite: []dialup.Rewrite{{From: "9,"}}}}
	for _, path := range []string{"/t1", "/t2"} {
		c.Ports = append(c.Ports, PortConfig{Name: "phones", Spec: vport.Spec{Address: path}, Dialup: emulated})
	}
	return c
}

// connectDelay is how long CONNECT follows the session.
const connectDelay = time.Second

// commands writes a command line, lets time pass for its answer, and returns that without its echo.
func (r *rig) commands(g *vporttest.Program, line string) string {
	r.t.Helper()
	r.write(g, line+"\r")
	time.Sleep(connectDelay)
	synctest.Wait()
	return strings.TrimPrefix(g.ReadWaiting(), line+"\r")
}

func (r *rig) wantAnswer(g *vporttest.Program, line, want string) {
	r.t.Helper()
	if got := r.commands(g, line); got != want {
		r.t.Errorf("%s is answered %q, want %q", line, got, want)
	}
}

const connected = "\r\nCONNECT 9600\r\n"

func TestDial(t *testing.T) {
	for _, number := range []string{
		"ATDT+79180001122", "ATD89180001122", "atdp 8-918-000-11-22", "ATD9180001122", "ATD79180001122", "ATD12", "ATD1", "ATDm", `ATD"m"`,
	} {
		t.Run(number, func(t *testing.T) {
			inBubble(t, telephones(), func(r *rig) {
				f, g := r.callIn(), r.open("/t1")
				r.wantAnswer(g, "ATZ", "\r\nOK\r\n")
				r.wantAnswer(g, number, connected)
				r.wantState("/t1", port.Joined)
				r.write(g, "question")
				f.want("question")
				f.says("answer")
				r.wantRead(g, "answer")
				time.Sleep(2 * time.Second)
				r.write(g, "+++")
				time.Sleep(2 * time.Second)
				r.wantRead(g, "\r\nOK\r\n")
				r.wantAnswer(g, "ATH", "\r\nOK\r\n")
				r.wantState("/t1", port.Idle)
				if f.session.Cause() != nil {
					t.Error("the session ended with the call")
				}
				r.wantAnswer(g, number, connected)
			})
		})
	}
}

// What the program is told of calls that do not come about.
func TestDialNobody(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g, h, own := r.callIn(), r.open("/t1"), r.open("/t2"), r.open("/p")
		r.wantAnswer(g, "ATD4711", "\r\nNO CARRIER\r\n")
		r.wantAnswer(g, "ATS90=4S7=5D", "") // nothing was dialled: no carrier comes, whatever an unknown number is answered with
		time.Sleep(5 * time.Second)
		r.wantRead(g, "\r\nNO CARRIER\r\n")
		if got := r.commands(g, "AT+CEER"); !strings.Contains(got, "no number was dialled") {
			t.Errorf("+CEER tells %q", got)
		}
		r.write(own, "xx") // a leased port has the modem
		f.want("xx")
		r.wantAnswer(g, "ATD12", "\r\nBUSY\r\n")
		if got := r.commands(g, "AT+CEER"); !strings.Contains(got, "leased to /p") {
			t.Errorf("+CEER tells %q", got)
		}
		own.Close()
		synctest.Wait()
		r.wantAnswer(g, "ATD12", connected)
		r.wantAnswer(h, "ATD12", "\r\nBUSY\r\n")
		own = r.open("/p")
		r.write(own, "yy")
		f.want()
		r.wantDropped("/p", status.DropHeld, 2)
		f.hangUp()
		r.wantRead(g, "\r\nNO CARRIER\r\n")
		r.wantState("/t1", port.Idle)
		r.wantAnswer(h, "ATS7=5D12", "")
		time.Sleep(5 * time.Second)
		r.wantRead(h, "\r\nNO CARRIER\r\n")
	})
}

// A modem that is away is waited for, and one that is called on demand is called.
func TestDialWaits(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		g := r.open("/t1")
		r.wantAnswer(g, "ATD12", "")
		r.wantState("/t1", port.Waiting)
		time.Sleep(20 * time.Second)
		f := r.callIn()
		f.says("before CONNECT")
		r.wantRead(g, "")
		time.Sleep(connectDelay + time.Second)
		r.wantRead(g, connected+"before CONNECT")
	})
	c := telephones()
	c.Modems[0] = modem.Config{Name: "m", Dial: []string{"far:1"}, OnOpen: true, Linger: 5 * time.Second}
	inBubble(t, c, func(r *rig) {
		f, g := r.answersAfter(time.Second), r.open("/t1")
		r.wantAnswer(g, "ATDm", "")
		time.Sleep(2 * time.Second)
		r.wantRead(g, connected)
		time.Sleep(time.Hour) // silence is no reason to end a call
		r.write(g, "x")
		f.want("x")
		g.Close()
		time.Sleep(4 * time.Second)
		f.wantCause(nil)
		time.Sleep(2 * time.Second)
		f.wantCause(relay.ErrLinger)
	})
}

// A program that leaves hangs up, unless it has said that it does not.
func TestDialAndLeave(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g := r.callIn(), r.open("/t1")
		r.wantAnswer(g, "ATD12", connected)
		r.rack.Port("/t1").SetHUPCL(false)
		g.Close()
		synctest.Wait()
		r.wantState("/t1", port.Joined)
		g = r.open("/t1")
		r.write(g, "still there")
		f.want("still there")
		r.rack.Port("/t1").SetHUPCL(true)
		r.write(g, "tail")
		g.Close()
		synctest.Wait()
		f.want("tail")
		time.Sleep(time.Second)
		r.wantState("/t1", port.Idle)
		f.says("to nobody")
		g = r.open("/t1")
		r.wantAnswer(g, "AT", "\r\nOK\r\n")
	})
}

// The meter's answers come whole over a dialled line, too, and late ones to nobody.
func TestDialFramed(t *testing.T) {
	c := telephones()
	c.Modems[0].Frame = frame.Config{Protocol: frame.Modbus}
	inBubble(t, c, func(r *rig) {
		f, g, h := r.callIn(), r.open("/t1"), r.open("/t2")
		r.wantAnswer(g, "ATD12", connected)
		r.write(g, string(modbusRead(1, 1)))
		f.want(string(modbusRead(1, 1)))
		g.Close()
		time.Sleep(time.Second)
		r.wantAnswer(h, "ATD12", connected)
		r.write(h, string(modbusRead(2, 1)))
		f.want()
		f.says(modbusAnswer(1))
		f.want(string(modbusRead(2, 1)))
		r.wantRead(h, "")
		f.says(modbusAnswer(2)[:3])
		f.says(modbusAnswer(2)[3:])
		r.wantRead(h, modbusAnswer(2))
	})
}

// A program that does not read stops the meter, and loses nothing.
func TestDialSlowProgram(t *testing.T) {
	inBubble(t, telephones(), func(r *rig) {
		f, g := r.callIn(), r.open("/t1")
		r.wantAnswer(g, "ATD12", connected)
		text := strings.Repeat("0123456789abcdef", 20_000)
		sent := make(chan bool)
		go func() {
			f.conn.Write([]byte(text))
			close(sent)
		}()
		time.Sleep(time.Minute)
		var got strings.Builder
		for got.Len() < len(text) {
			some := g.ReadWaiting()
			if some == "" {
				t.Fatalf("%d bytes of %d came", got.Len(), len(text))
			}
			got.WriteString(some)
			synctest.Wait()
		}
		<-sent
		if got.String() != text {
			t.Error("the bytes differ")
		}
	})
}
