package hayes

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// log is what comes out of a modem, in one order for each way.
type log struct {
	dte, line strings.Builder
	actions   []string
	drops     map[Reason]int
}

func (l *log) add(o Out) {
	l.dte.WriteString(dte(o))
	l.line.WriteString(toLine(o))
	for _, a := range o.Actions {
		l.actions = append(l.actions, describe(a))
	}
	for _, d := range o.Drops {
		if l.drops == nil {
			l.drops = map[Reason]int{}
		}
		l.drops[d.Reason] += d.Bytes
	}
}

func (l *log) String() string {
	return fmt.Sprintf("%q %q %q %v", l.dte.String(), l.line.String(), l.actions, l.drops)
}

// drive plays data as events and bytes. Each piece has a head: what it is, and how long, or how much.
func drive(t *testing.T, m *Modem, data []byte, cut bool) string {
	l, now := &log{}, start
	for len(data) >= 2 {
		kind, n := data[0]%16, int(data[1])
		data = data[2:]
		switch give := m.FromDTE; {
		case kind < 7:
			if kind == 6 {
				give = m.FromLine
			}
			p := data[:min(n, len(data))]
			data = data[len(p):]
			if !cut {
				l.add(give(p, now))
				continue
			}
			for i := range p {
				l.add(give(p[i:i+1], now))
			}
		case kind < 11:
			now = now.Add(time.Duration(n) * 10 * time.Millisecond * time.Duration(1+kind%2*20))
			l.add(m.Tick(now))
		default:
			l.add(event(m, kind, n, now))
		}
		if due := m.Due(); !due.IsZero() && !due.After(now) {
			t.Fatalf("due %v is not after %v", due, now)
		}
		if len(m.call.held) > m.cfg.HoldMax || m.Room() < 0 {
			t.Fatalf("%d held", len(m.call.held))
		}
	}
	l.add(m.Tick(now.Add(time.Minute)))
	return l.String()
}

func event(m *Modem, kind byte, n int, now time.Time) Out {
	switch kind {
	case 11, 12:
		return m.Connected(now)
	case 13:
		if n%2 == 0 {
			return m.CarrierLost(now)
		}
		return m.Failed(Result(n), now)
	case 14:
		if n%2 == 0 {
			return m.Ring("+7"+string(rune(n)), now)
		}
		return m.StopRing(now)
	}
	if n%4 == 0 {
		return m.Opened(now)
	}
	return m.Dropped(now, n%2 == 0)
}

// FuzzModem: nothing makes the modem panic, and bytes that come at one time do the same however they are cut.
func FuzzModem(f *testing.F) {
	f.Add(byte(0), []byte("\x00\x10ATE0V1D8916555\r\n\x0b\x00\x09\x64\x00\x05hello\x06\x05world\x09\xff\x00\x03+++\x09\xff\x00\x05ATH\r\n"))
	f.Add(byte(1), []byte("\x0e\x00\x00\x05ATA\r\n\x0b\x00\x09\xff\x00\x01+\x07\x32\x00\x01+\x07\x32\x00\x01+\x07\x32\x00\x04ATO\r\x00\x01\n"))
	f.Add(byte(2), []byte("\x00\x12ATS0=1S7=1&Z1=5;D5\r\x08\xff\x0d\x00\x0f\x02\x00\x04AT&V"))
	f.Add(byte(0), []byte("\x00\x20AT+CBST=71,0,1;+COPS=3,2;+CMEE=2\r\x00\x14AT&F&C1S3=33!ATI9\r\x00\x00"))
	f.Add(byte(0), []byte("\x00\x08ATD\"abc\r\x00\x06A\xd4\xc9\x8d\x8aA\x0b\x00\x07\x64\x06\xff"))
	f.Fuzz(func(t *testing.T, p byte, data []byte) {
		c := preset(t, Presets()[int(p)%len(presets)])
		c.HoldMax = 300
		whole := drive(t, New(c, nil), data, false)
		if cut := drive(t, New(c, nil), data, true); cut != whole {
			t.Fatalf("whole %s\ncut   %s", whole, cut)
		}
	})
}

// FuzzData: on line every byte goes through, in order, apart from escapes, which are three of S2 each.
func FuzzData(f *testing.F) {
	f.Add([]byte("\x05hello\x00\x03+++\xff\x02ab\x10\x01+\x32\x01+\x32\x01+\x32\x01x"))
	f.Add([]byte("\x01+\x30\x03+++\x30\x04++++\x00\x02++\x00\x01+\xff\x03++a\x30\x03a++\x00"))
	f.Add([]byte("0+++++++\n")) // a line feed for the meter, first behind ATO
	f.Fuzz(func(t *testing.T, data []byte) {
		m, now := online(Config{})
		given, got := "", ""
		for len(data) >= 2 {
			n := min(int(data[0])%8, len(data)-1)
			p := string(data[1 : 1+n])
			data = data[1+n:]
			given += p
			got += toLine(m.FromDTE([]byte(p), now))
			held := given[len(got):]
			if !strings.HasPrefix(given, got) || held != strings.Repeat("+", len(held)) || len(held) > 3 {
				t.Fatalf("of %q came %q", given, got)
			}
			if len(data) > 0 {
				now = now.Add(time.Duration(data[0]) * 10 * time.Millisecond)
				data = data[1:]
			}
			got += toLine(m.Tick(now))
			if m.State().Phase == Escaped {
				if held != "+++" || given[:len(given)-3] != got {
					t.Fatalf("escaped by %q of %q", held, given)
				}
				given = got
				m.FromDTE([]byte("ATO\r"), now)
			}
		}
		got += toLine(m.Tick(now.Add(time.Minute)))
		if got != given && given != got+"+++" {
			t.Fatalf("of %q came %q", given, got)
		}
	})
}
