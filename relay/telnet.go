package relay

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
	"meterline/vport/rfc2217"
)

// telnet is the codec of a session with a serial port that is reached by RFC 2217, such as a terminal server's. What the modem
// or meter behind it adds is for the inner codec.
type telnet struct {
	inner  codec.Codec // may be nil
	wanted rfc2217.Settings

	mu      sync.Mutex // Decode and Encode are called by two goroutines
	client  *rfc2217.Client
	early   []byte // data that came with the greeting
	pending codec.Decoded
	paused  bool // the far end wants no data at present
	errors  int
	free    time.Time // when all that was sent will have left the far port
	packet  []byte
}

// wakeTelnet is a Telnet command without effect. Decoded at the beginning of a session, it makes Decode return what came with
// the greeting.
var wakeTelnet = []byte{0xFF, 0xF1}

func newTelnet(wanted rfc2217.Settings, inner codec.Codec) *telnet {
	return &telnet{inner: inner, wanted: wanted, client: rfc2217.NewClient()}
}

func (t *telnet) Decode(p []byte, idle time.Duration) codec.Decoded {
	t.mu.Lock()
	d := t.decode(p)
	t.mu.Unlock()
	if t.inner == nil || len(d.Data) == 0 {
		return d
	}
	next := t.inner.Decode(d.Data, idle)
	d.Data = nil
	d.And(t.escaped(next))
	return d
}

// decode takes Telnet out of p. The caller holds mu.
func (t *telnet) decode(p []byte) codec.Decoded {
	out := t.client.Decode(p)
	d := t.pending
	t.pending = codec.Decoded{}
	d.Data, t.early = t.early, nil
	for _, piece := range out.Pieces {
		if piece.Data == nil {
			t.observe(&d, piece.Event)
		} else {
			d.And(codec.Decoded{Data: piece.Data})
		}
	}
	d.Answer = append(d.Answer, out.Reply...)
	d.Dropped += out.Dropped
	return d
}

// observe turns what the far port reports into facts. The caller holds mu.
func (t *telnet) observe(d *codec.Decoded, e rfc2217.Event) {
	fact := func(name, value string) { d.Facts = append(d.Facts, wire.Fact{Name: name, Value: value}) }
	switch e.Kind {
	case rfc2217.Changed:
		fact(wire.FactSettings, e.Settings.String())
	case rfc2217.Unsupported:
		text := fmt.Sprintf("%v, though %v is wanted", e.Settings, t.wanted.Over(e.Settings))
		fact(wire.FactSettings, text)
		d.Events = append(d.Events, wire.Event{Kind: "serial port", Text: "the far port is set to " + text})
	case rfc2217.Signature:
		fact(wire.FactModel, printableText(e.Text))
	case rfc2217.ModemState:
		fact(wire.FactLines, modemLines(e.Value))
	case rfc2217.LineState:
		if text := lineErrors(e.Value); text != "" {
			t.errors++
			fact(wire.FactLineErrors, strconv.Itoa(t.errors)+" so far, last "+text)
		}
	case rfc2217.Suspend, rfc2217.Resume:
		t.paused = e.Kind == rfc2217.Suspend
	case rfc2217.Agreed:
		if e.Value == 0 && t.wanted != (rfc2217.Settings{}) {
			d.Events = append(d.Events, wire.Event{Kind: "serial port", Text: "the far end cannot be set: it refuses RFC 2217"})
		}
	}
}

func modemLines(state int) string {
	return "CTS " + onOff(state&rfc2217.CTS) + ", DSR " + onOff(state&rfc2217.DSR) + ", DCD " + onOff(state&rfc2217.CD) + ", RI " + onOff(state&rfc2217.RI)
}

func onOff(bit int) string {
	if bit == 0 {
		return "off"
	}
	return "on"
}

func lineErrors(state int) string {
	var all []string
	for _, e := range []struct {
		bit  int
		name string
	}{{rfc2217.LineParity, "parity"}, {rfc2217.LineFraming, "framing"}, {rfc2217.LineOverrun, "overrun"}, {rfc2217.LineBreak, "break"}} {
		if state&e.bit != 0 {
			all = append(all, e.name)
		}
	}
	return strings.Join(all, " and ")
}

// printableText makes a stranger's text fit to be shown to operators.
func printableText(s string) string {
	const most = 80
	return strings.Trim(strconv.QuoteToASCII(s[:min(len(s), most)]), `"`)
}

// escaped returns d with its answer as Telnet sends it.
func (t *telnet) escaped(d codec.Decoded) codec.Decoded {
	d.Answer = t.wire(d.Answer)
	return d
}

// wire returns p as Telnet sends it.
func (t *telnet) wire(p []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted(len(p))
	return t.client.AppendData(nil, p)
}

// Encode returns what is sent for p, or for a part of it.
func (t *telnet) Encode(dst, p []byte) ([]byte, int) {
	const most = 4 << 10
	n := min(len(p), most)
	data := p[:n]
	if e, ok := codec.As[codec.Encoder](t.inner); ok {
		t.packet, n = e.Encode(t.packet[:0], p)
		data = t.packet
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted(len(data))
	return t.client.AppendData(dst, data), n
}

// counted computes when n more bytes will have left the far port. The caller holds mu.
func (t *telnet) counted(n int) {
	speed := cmp.Or(t.client.Got().Speed, t.wanted.Speed)
	if t.client.Awaited() > 0 && t.wanted.Speed > 0 { // the request is sent before the bytes, and its answer has not come
		speed = t.wanted.Speed
	}
	if speed <= 0 {
		return
	}
	const bits = 12 // of the longest character: start, eight, parity, two stop bits
	if now := time.Now(); t.free.Before(now) {
		t.free = now
	}
	t.free = t.free.Add(time.Duration(n) * bits * time.Second / time.Duration(speed))
}

// Holding asks the inner codec.
func (t *telnet) Holding() time.Duration {
	if h, ok := codec.As[codec.Holder](t.inner); ok {
		return h.Holding()
	}
	return 0
}

// Release asks the inner codec.
func (t *telnet) Release() codec.Decoded {
	if h, ok := codec.As[codec.Holder](t.inner); ok {
		return t.escaped(h.Release())
	}
	return codec.Decoded{}
}

// Ask asks the inner codec.
func (t *telnet) Ask() ([]byte, time.Duration) {
	if a, ok := codec.As[codec.Asker](t.inner); ok {
		question, next := a.Ask()
		return t.wire(question), next
	}
	return nil, 0
}
