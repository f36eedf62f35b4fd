package codec

import (
	"bytes"
	"time"

	"meterline/relay/wire"
)

// Escape says which of the meter's bytes are sent in another form, in both directions, and whether frames surround them. The
// zero value means neither.
type Escape struct {
	Bytes []Escaped
	Start []byte // what begins a frame: one byte or none
	End   []byte // what ends a frame: one byte or none
}

// Escaped is a byte that is sent as several.
type Escaped struct {
	Byte byte
	As   []byte
}

// Used reports whether there are any rules.
func (e *Escape) Used() bool { return len(e.Bytes)+len(e.Start)+len(e.End) > 0 }

// framed reports whether anything can stand outside of frames. Where frames begin and end with the same byte, nothing can: one
// such byte may both end a frame and begin the next.
func (e *Escape) framed() bool {
	return len(e.Start) == 1 && len(e.End) == 1 && e.Start[0] != e.End[0]
}

// escape is the codec of a modem that escapes bytes. It depends on the bytes alone; pauses mean nothing to it.
type escape struct {
	as         [256][]byte // how a byte is sent; nil: unchanged
	lead       [256]bool   // bytes that begin an escaped one
	sequences  []Escaped
	start, end int // the byte, or -1
	framed     bool
	beats      []Beat // heartbeats that are recognised by their bytes alone
	most       int    // most bytes of a meter in a packet

	inside bool   // in a frame
	held   []byte // the beginning of an escaped byte or a heartbeat
	data   []byte // reused buffer for the result
}

// NewEscape returns what removes the escapes and heartbeats. A packet that it makes has at most most bytes of the meter.
func NewEscape(rules *Escape, most int, beats []Beat, f Finding) Codec {
	e := &escape{sequences: rules.Bytes, start: -1, end: -1, framed: rules.framed(), most: most}
	for _, s := range e.sequences {
		e.as[s.Byte] = s.As
		e.lead[s.As[0]] = true
	}
	if len(rules.Start) == 1 {
		e.start = int(rules.Start[0])
	}
	if len(rules.End) == 1 {
		e.end = int(rules.End[0])
	}
	var doubtful []Beat
	for _, b := range beats {
		if e.framed || rules.unmistakable(b.bytes) {
			e.beats = append(e.beats, b)
		} else {
			doubtful = append(doubtful, b)
		}
	}
	return NewChain(e, NewHeartbeats(doubtful, f))
}

// unmistakable reports whether b cannot be the beginning of data outside of frames: its first byte is never sent unescaped as
// data.
func (e *Escape) unmistakable(b wire.Template) bool {
	alike := func(p []byte) bool { t := wire.Literal(p); return len(p) > 0 && (b.MayBegin(t) || t.MayBegin(b)) }
	mapped := false
	for _, s := range e.Bytes {
		mapped = mapped || len(b[0].Literal) > 0 && s.Byte == b[0].Literal[0]
		if alike(s.As) {
			return false
		}
	}
	return mapped && !alike(e.Start) && !alike(e.End)
}

func (e *escape) Decode(p []byte, _ time.Duration) Decoded {
	var out Decoded
	if len(e.held) > 0 {
		p = append(e.held, p...)
		e.held = nil
	}
	e.data = e.data[:0]
	for len(p) > 0 {
		n := e.decodeFront(&out, p)
		if n == 0 {
			e.held = bytes.Clone(p)
			break
		}
		p = p[n:]
	}
	out.Data = e.data
	return out
}

// decodeFront decodes the front of p and returns its length, 0 if more is needed.
func (e *escape) decodeFront(out *Decoded, p []byte) int {
	if !e.inside {
		if n, longer := takeBeat(out, e.beats, p); n > 0 || longer {
			return n
		}
	}
	c := p[0]
	switch {
	case e.framed && !e.inside && int(c) != e.start:
		out.Dropped++
	case int(c) == e.start: // in a frame, the end of the one before was lost
		e.inside = e.framed
	case int(c) == e.end:
		e.inside = false
	case e.lead[c]:
		return e.decodeEscaped(out, p)
	case e.as[c] != nil:
		out.Dropped++ // data has it in its other form only
	default:
		e.data = append(e.data, c)
	}
	return 1
}

func (e *escape) decodeEscaped(out *Decoded, p []byte) int {
	for _, s := range e.sequences {
		switch {
		case bytes.HasPrefix(p, s.As):
			e.data = append(e.data, s.Byte)
			return len(s.As)
		case bytes.HasPrefix(s.As, p):
			return 0
		}
	}
	out.Dropped++
	return 1
}

func (e *escape) Encode(dst, p []byte) (wire []byte, n int) {
	if e.start >= 0 {
		dst = append(dst, byte(e.start))
	}
	n = min(len(p), e.most)
	for _, c := range p[:n] {
		if as := e.as[c]; as != nil {
			dst = append(dst, as...)
		} else {
			dst = append(dst, c)
		}
	}
	if e.end >= 0 {
		dst = append(dst, byte(e.end))
	}
	return dst, n
}

func (e *escape) Pending() int { return len(e.held) }

// Validate reports what is wrong with the rules, beside heartbeats with IDStandIn as the identity.
func (e *Escape) Validate(beats []Beat, fault wire.FaultFunc) {
	if !e.Used() {
		return
	}
	mapped := [256]bool{}
	for i, s := range e.Bytes {
		if mapped[s.Byte] {
			fault("escape", "byte %02X stands twice: keep one", s.Byte)
		}
		mapped[s.Byte] = true
		if len(s.As) < 2 || len(s.As) > 8 {
			fault("escape", "byte %02X is sent as %d bytes: write 2 to 8", s.Byte, len(s.As))
		}
		for _, other := range e.Bytes[:i] {
			if bytes.HasPrefix(s.As, other.As) || bytes.HasPrefix(other.As, s.As) {
				fault("escape", "bytes %02X and %02X cannot be told from one another: write sequences of which none begins another", other.Byte, s.Byte)
			}
		}
	}
	for _, s := range e.Bytes {
		if len(s.As) > 0 && !mapped[s.As[0]] {
			fault("escape", "%02X begins what stands for %02X, and is not escaped itself: write what stands for it, too", s.As[0], s.Byte)
		}
	}
	e.validateFrame(mapped, fault)
	told := func(b wire.Template) bool { return e.framed() || e.unmistakable(b) }
	validateTold(beats, told, fault)
	for i, b := range beats {
		if !told(b.bytes) && b.bytes.Holds(func(c byte) bool { return mapped[c] }) {
			fault("heartbeats", "heartbeat %d may hold bytes that escape changes: it could not be told from data, leave it out", i+1)
		}
	}
}

func (e *Escape) validateFrame(mapped [256]bool, fault wire.FaultFunc) {
	for _, edge := range []struct {
		key   string
		bytes []byte
	}{{"frame_start", e.Start}, {"frame_end", e.End}} {
		switch {
		case len(edge.bytes) > 1:
			fault(edge.key, "%d bytes are too many: write one", len(edge.bytes))
		case len(edge.bytes) == 0:
		case !mapped[edge.bytes[0]]:
			fault(edge.key, "data may hold %02X: write into escape what is sent in its place", edge.bytes[0])
		}
		for _, s := range e.Bytes {
			if len(edge.bytes) == 1 && bytes.Contains(s.As, edge.bytes) {
				fault("escape", "what stands for %02X holds %s: write other bytes, or the frame could not be told", s.Byte, edge.key)
			}
		}
	}
}
