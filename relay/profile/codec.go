package profile

import "time"

// Codec takes what a modem adds out of what it sends, so that the meter's bytes remain. It is fed in order, without I/O.
type Codec interface {
	// Decode is given what came, behind idle without a byte. The result may alias p, and is valid until the next call.
	Decode(p []byte, idle time.Duration) Decoded
}

// Decoded is what a codec makes of some bytes.
type Decoded struct {
	Data    []byte   // the meter's
	Answer  []byte   // to be sent to the modem as it is, between two writes
	Facts   []Fact   // what the modem told of itself
	Events  []Event  // what it reported
	Beats   [][]byte // heartbeats that have been taken out
	Dropped int      // bytes that the family's protocol has no place for
}

// And appends what came next to d.
func (d *Decoded) And(next Decoded) {
	d.Data = joined(d.Data, next.Data)
	d.Answer = append(d.Answer, next.Answer...)
	d.Facts = append(d.Facts, next.Facts...)
	d.Events = append(d.Events, next.Events...)
	d.Beats = append(d.Beats, next.Beats...)
	d.Dropped += next.Dropped
}

// joined is b behind a; neither is written to.
func joined(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	return append(a[:len(a):len(a)], b...)
}

// Holder is implemented by codecs that may hold bytes back until they know what they are.
type Holder interface {
	// Holding tells for how long from now at most to wait for more, 0: nothing is held.
	Holding() time.Duration
	// Release decides about the held bytes when nothing has come in that time.
	Release() Decoded
}

// Encoder is implemented by codecs that put something around the meter's bytes, or in place of some of them. Of several
// codecs in a row one at most may be one.
type Encoder interface {
	// Encode appends to dst what is sent for the first n bytes of p, at least one: as many as fit into one packet.
	Encode(dst, p []byte) (wire []byte, n int)
}

// Asker is implemented by codecs that have something to ask the modem for themselves.
type Asker interface {
	// Ask is called when a session begins to be read, and again each time after next, until that is 0. What it returns is
	// sent as it is, between two writes; it may be empty.
	Ask() (question []byte, next time.Duration)
}

// Fact is something that a modem tells of itself. Name is one of the constants where one fits; Value is made for
// operators' eyes, with its unit.
type Fact struct{ Name, Value string }

// Names of facts.
const (
	FactSignal      = "signal"      // strength, with its meaning in dBm
	FactICCID       = "iccid"       // of the SIM card
	FactIMEI        = "imei"        // where that is not the identity
	FactPhone       = "phone"       // its own number
	FactModel       = "model"       // maker's name for the device
	FactFirmware    = "firmware"    // version
	FactHardware    = "hardware"    // version
	FactTemperature = "temperature" // inside the modem
	FactInputs      = "inputs"      // its GPIO
	FactCell        = "cell"        // where it is in the network
	FactAddress     = "address"     // its own, inside the operator's network
	FactInterface   = "interface"   // its serial ports
	FactSettings    = "settings"    // how its serial port is set, where that is told
	FactLines       = "lines"       // the modem lines of its serial port
	FactLineErrors  = "line errors" // what its serial port has found wrong with bytes
)

// Event is something that a device reported by itself, such as a DLMS push.
type Event struct {
	Kind string // in a word or two
	Text string // what can be said of it, made for operators' eyes
	Data []byte // as it came
}

// Observer is told what a modem says of itself and reports, as it comes; it must not wait.
type Observer func([]Fact, []Event)

// FrameEnd returns where the first message of p, from a meter, ends by the meter's own protocol; 0: it is not whole yet, or that
// is not to be told. A codec that must know where packets begin asks it. It may be nil.
type FrameEnd func(p []byte) int

// chain is several codecs, each fed with what the one before leaves.
type chain []Codec

// newChain leaves out what is nil, and is nil if nothing is left.
func newChain(codecs ...Codec) Codec {
	var c chain
	for _, one := range codecs {
		if one != nil {
			c = append(c, one)
		}
	}
	switch len(c) {
	case 0:
		return nil
	case 1:
		return c[0]
	}
	return c
}

func (c chain) Decode(p []byte, idle time.Duration) Decoded {
	return c.pass(Decoded{Data: p}, idle)
}

// pass feeds the data of d through all codecs.
func (c chain) pass(d Decoded, idle time.Duration) Decoded {
	for _, one := range c {
		if len(d.Data) == 0 {
			break
		}
		next := one.Decode(d.Data, idle)
		d.Data = nil
		d.And(next)
	}
	return d
}

// holding is the first codec that holds something, and how long it does.
func (c chain) holding() (int, Holder, time.Duration) {
	for i, one := range c {
		if h, ok := one.(Holder); ok {
			if d := h.Holding(); d > 0 {
				return i, h, d
			}
		}
	}
	return 0, nil, 0
}

func (c chain) Holding() time.Duration {
	_, _, d := c.holding()
	return d
}

func (c chain) Release() Decoded {
	i, h, _ := c.holding()
	if h == nil {
		return Decoded{}
	}
	return c[i+1:].pass(h.Release(), 0)
}

// pender is implemented by codecs that tell how many bytes they hold.
type pender interface{ pending() int }

func (c chain) pending() (n int) {
	for _, one := range c {
		if p, ok := one.(pender); ok {
			n += p.pending()
		}
	}
	return n
}

// As finds the codec, of one or several, that can do more than decode.
func As[T any](c Codec) (T, bool) {
	if t, ok := c.(T); ok {
		return t, true
	}
	if several, ok := c.(chain); ok {
		for _, one := range several {
			if t, ok := one.(T); ok {
				return t, true
			}
		}
	}
	var none T
	return none, false
}

// match is what some bytes are.
type match int

const (
	matchNo match = iota
	matchMore
	matchYes
)
