package dialer

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a modem that answers lines, without their ends, as answers say; "+++" is a line, too. Where there is one that is
// called "in a call: " and the line, that counts before the first "+++".
func scripted(t *testing.T, answers map[string]string) (p *modemPort, trace, out *bytes.Buffer) {
	near, far := net.Pipe()
	trace, out = new(bytes.Buffer), new(bytes.Buffer)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var line []byte
		escaped := false
		for one := make([]byte, 1); ; {
			if _, err := far.Read(one); err != nil {
				return
			}
			if one[0] != '\r' {
				line = append(line, one[0])
			}
			if one[0] == '\r' || string(line) == "+++" || string(line) == "ask" {
				answer := answers[string(line)]
				if called, there := answers["in a call: "+string(line)]; there && !escaped {
					answer = called
				}
				escaped = escaped || string(line) == "+++"
				line = line[:0]
				if answer == "" {
					continue // an empty write would wait for a reader
				}
				if _, err := io.WriteString(far, answer); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		near.Close()
		<-done
	})
	return &modemPort{wire: near, trace: trace, out: out}, trace, out
}

const ok = "\r\nOK\r\n"

func TestDialResults(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string]string
		want    string // of the error
	}{
		"nobody there":       {nil, "the modem does not answer ATZ: is this the port of a modem?"},
		"refuses ATE0V1":     {map[string]string{"ATZ": ok, "ATE0V1": "\r\nERROR\r\n"}, "ATE0V1: ERROR"},
		"busy":               {map[string]string{"ATZ": ok, "ATE0V1": ok, "ATDT12": "\r\nBUSY\r\n", "AT+CEER": "\r\n+CEER: leased to /p\r\n" + ok}, "BUSY: leased to /p: meterline status tells which"},
		"no reason":          {map[string]string{"ATZ": ok, "ATE0V1": ok, "ATDT12": "\r\nNO CARRIER\r\n", "AT+CEER": "\r\nERROR\r\n"}, "NO CARRIER: nobody has that number, or its modem has no session: meterline"},
		"an error with text": {map[string]string{"ATZ": ok, "ATE0V1": ok, "ATDT12": "\r\n+CME ERROR: 10\r\n"}, "+CME ERROR: 10: the modem does not take this number"},
		"no result":          {map[string]string{"ATZ": ok, "ATE0V1": ok, "ATH": ok}, "no result of the call within 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _, _ := scripted(t, c.answers)
				err := p.prepare()
				if err == nil {
					err = p.dial("ATDT12", time.Minute)
				}
				if err == nil || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
			})
		})
	}
}

// A call that an earlier program has left is ended first.
func TestDialOutOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, trace, _ := scripted(t, map[string]string{
			"in a call: ATZ": "\x01meter", "ATZ": ok, "+++": ok, "ATE0V1": "ATE0V1\r" + ok, "ATDT12": "\r\nCONNECT 9600\r\n",
		})
		if err := p.prepare(); err != nil {
			t.Fatal(err, trace)
		}
		if err := p.dial("ATDT12", time.Minute); err != nil {
			t.Fatal(err, trace)
		}
		if got := trace.String(); !strings.Contains(got, "→ +++\n") || !strings.Contains(got, "← CONNECT 9600") || strings.Contains(got, "← ATE0V1") {
			t.Error(got)
		}
	})
}

// connected is a modemPort whose call stands.
func connected(t *testing.T, answers map[string]string) (p *modemPort, trace, out *bytes.Buffer) {
	t.Helper()
	answers["ATDT12"] = "\r\nCONNECT 9600\r\n"
	p, trace, out = scripted(t, answers)
	if err := p.dial("ATDT12", time.Minute); err != nil {
		t.Fatal(err)
	}
	return p, trace, out
}

func TestDialAsks(t *testing.T) {
	for name, c := range map[string]struct {
		answer, want, trace string
	}{
		"silent":            {"", "the call stands, but nothing came back within 10s", "-- hung up"},
		"ends":              {noCarrier, "the session ended before the meter answered", "-- the call has ended"},
		"answers":           {"abc", "", "-- hung up"},
		"answers, and ends": {"abc" + noCarrier, "", "-- the call has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, trace, out := connected(t, map[string]string{"ask": c.answer, "+++": ok, "ATH": ok})
				call := Call{Question: Question{Hex: "61736b"}, Answer: 10 * time.Second, Pause: time.Second}
				err := call.ask(p, []byte("ask"))
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if c.want == "" && !strings.Contains(out.String(), "3 bytes came back") {
					t.Errorf("it says %q", out)
				}
				if err := p.hangUp(); err != nil || !strings.Contains(trace.String(), c.trace) {
					t.Errorf("%v, %s", err, trace)
				}
			})
		})
	}
}

// Without a question, what comes is printed as it is, until nothing more is sent or the call ends.
func TestDialThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, trace, out := connected(t, map[string]string{"ask": "\x00answer\r\n", "+++": ok, "ATH": ok})
		begin := time.Now()
		if err := p.through(t.Context(), strings.NewReader("ask"), 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); out.String() != "\x00answer\r\n" || took != 5*time.Second {
			t.Errorf("%q after %v", out, took)
		}
		if err := p.hangUp(); err != nil || !strings.Contains(trace.String(), "-- hung up") {
			t.Errorf("%v, %s", err, trace)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p, _, out := connected(t, map[string]string{"ask": "tail" + noCarrier})
		if err := p.through(t.Context(), strings.NewReader("ask"), time.Hour); err != nil || !p.ended || out.String() != "tail"+noCarrier {
			t.Errorf("%v, %t, %q", err, p.ended, out)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := connected(t, map[string]string{})
		time.AfterFunc(time.Minute, p.interrupt)
		if err := p.through(t.Context(), strings.NewReader(""), time.Hour); err == nil {
			t.Error("it goes on when it is interrupted")
		}
	})
}

func TestDialCommand(t *testing.T) {
	for number, want := range map[string]string{
		"12": "ATDT12", "+7 (918) 000-11-22": "ATDT+7 (918) 000-11-22", "boiler": "ATDboiler", "10.8.0.12:4001": "ATD10.8.0.12:4001",
		"": "", " ": "", "12;": "", "12\r": "", "дом": "",
	} {
		if got, err := dialCommand(number); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", number, got, err, want)
		}
	}
}

// A port that sends without end, with lines or without, is given up soon, and does not fill the operator's terminal.
func TestDialFlood(t *testing.T) {
	for _, text := range []string{"garbage\r\n", "garbage"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			var trace bytes.Buffer
			done := make(chan struct{})
			go func() {
				defer close(done)
				for flood := []byte(strings.Repeat(text, 500)); ; {
					if _, err := far.Write(flood); err != nil {
						return
					}
				}
			}()
			go func() { // it hears nothing of what it is told
				for buf := make([]byte, 100); ; {
					if _, err := far.Read(buf); err != nil {
						return
					}
				}
			}()
			begin := time.Now()
			err := (&modemPort{wire: near, trace: &trace}).prepare()
			near.Close()
			<-done
			if !errors.Is(err, errFlood) {
				t.Errorf("%q without end: %v, want %v", text, err, errFlood)
			}
			if took := time.Since(begin); took > 20*time.Second || trace.Len() > 256<<10 {
				t.Errorf("%q without end: %v, and %d bytes of trace", text, took, trace.Len())
			}
		})
	}
}
