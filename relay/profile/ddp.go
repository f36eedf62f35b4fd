package profile

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// DDP is the protocol of Hongdian's modems, which Four-Faith's DCTCP and many others follow.
const DDP Kind = "ddp"

// ddpModems is the family of kind DDP.
type ddpModems struct{ bare }

var ddpFamily = ddpModems{bare{Description{
	Kind:         DDP,
	About:        "packets between { and {, with an id of 11 characters: Hongdian DDP, Four-Faith DCTCP (H7710S-DDP description)",
	Registration: `7B 01 00 16, id of 11 characters, address, port, 7B`,
	Answer:       `7B 81 00 10, id, 7B, to each registration; 7B 82 00 10, id, 7B when it logs out`,
	Data:         `7B 09, length, id, and the data before or behind 7B; 7B 89 in the same form to the modem`,
	Heartbeats:   `the registration again`,
	Facts:        `address`,
	simulated: []simulation{
		{every: time.Minute, make: simulateDDP(ddpSideTCP)},
		{name: "apart", hidden: true, every: time.Minute, make: simulateDDP(ddpSideUDP)},
		{name: "behind", hidden: true, every: time.Minute, make: simulateDDP(ddpSideBehind)},
	},
}}}

func (f ddpModems) Check(p *Profile, fault wire.FaultFunc) {
	f.bare.Check(p, fault)
	p.refuseHeartbeats(fault)
}

func (ddpModems) CheckID(_ *Profile, id string) error {
	if len(id) != ddpID || !visible(id) {
		return errors.New("a DDP id has 11 visible ASCII characters, mostly the digits of the modem's telephone number")
	}
	return nil
}

func (ddpModems) Register(*Profile, IDs) (greeting []byte, r Registration) { return nil, &ddpCaller{} }

func (ddpModems) Accept(_ *Profile, v *Verdict, _ time.Time) []byte {
	return appendDDP(nil, ddpRegister|ddpDown, v.ID, ddpApart, nil)
}

func (ddpModems) Codec(_ *Profile, v *Verdict, _ codec.FrameEnd) codec.Codec {
	return &ddp{id: v.ID, lastFacts: v.Facts}
}

// ddpCaller reads the packet with which a modem registers.
type ddpCaller struct{ buf []byte }

func (r *ddpCaller) Feed(p []byte) Verdict {
	n := min(len(p), ddpCall-len(r.buf))
	r.buf = append(r.buf, p[:n]...)
	if len(r.buf) == 0 {
		return Verdict{}
	}
	h, m := matchDDP(r.buf, "")
	switch {
	case m == matchNo || len(r.buf) > 1 && h.kind != ddpRegister:
		return Verdict{Refused: RefusedGarbage}
	case m == matchMore:
		return Verdict{}
	}
	id := r.buf[4:ddpHead]
	return Verdict{Done: true, ID: string(id), wire: id, Rest: bytes.Clone(p[n:]), Facts: ddpFacts(r.buf)}
}

func (r *ddpCaller) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

func (r *ddpCaller) Partial() string {
	return string(r.buf[min(4, len(r.buf)):min(ddpHead, len(r.buf))])
}

// ddpFacts returns what a registration says of the modem: its address and port inside the operator's network.
func ddpFacts(p []byte) []wire.Fact {
	addr := netip.AddrFrom4([4]byte(p[ddpHead:]))
	port := uint16(p[ddpHead+4])<<8 | uint16(p[ddpHead+5])
	return []wire.Fact{{Name: wire.FactAddress, Value: netip.AddrPortFrom(addr, port).String()}}
}

// A DDP packet begins with a mark, its type, its length in two bytes (high byte first) and the modem's id of eleven characters.
// The packet ends with another mark, or its header does.
const (
	ddpMark = '{'
	ddpID   = 11
	ddpHead = 4 + ddpID         // everything up to the end of the id
	ddpBare = ddpHead + 1       // the length of a packet without data
	ddpCall = ddpBare + 6       // length of a registration, which contains address and port
	ddpData = 1024              // most data bytes in a packet
	ddpMost = ddpBare + ddpData // the longest packet
	ddpDown = 0x80              // added to the type of packets to the modem
)

// Types of packets, as the modem sends them.
const (
	ddpRegister = 0x01
	ddpLogout   = 0x02
	ddpInvalid  = 0x04 // it did not understand a packet
	ddpTaken    = 0x05 // it acknowledges data
	ddpUser     = 0x09 // the meter's data
	ddpQueried  = 0x0B // answers to questions about its settings; we ask none
	ddpSet      = 0x0D
	ddpLog      = 0x0E
	ddpUpgrade  = 0x0F
)

// ddpForm says where a packet has its data. Descriptions and implementations have three ways.
type ddpForm int32

const (
	ddpUnknown ddpForm = iota
	ddpInside          // between the id and the closing mark, counted by the length: the makers' form over TCP
	ddpApart           // after the closing mark; the length counts the header only: the makers' form over UDP, also met over TCP
	ddpBehind          // after the closing mark, counted by the length
)

// appendDDP appends a packet with data.
func appendDDP(dst []byte, kind byte, id string, form ddpForm, data []byte) []byte {
	length := ddpBare
	if form != ddpApart {
		length += len(data)
	}
	dst = append(dst, ddpMark, kind, byte(length>>8), byte(length))
	dst = append(dst, id...)
	if form == ddpInside {
		return append(append(dst, data...), ddpMark)
	}
	return append(append(dst, ddpMark), data...)
}

// ddpPacket is what a header says.
type ddpPacket struct {
	kind   byte
	length int
	own    bool // its id is that of this session's modem
}

// fits reports whether a modem may send a packet with this type and length.
func (h *ddpPacket) fits() bool {
	switch h.kind {
	case ddpRegister:
		return h.length == ddpCall
	case ddpLogout:
		return h.length == ddpBare
	}
	return h.length >= ddpBare && h.length <= ddpMost
}

// matchDDP reports whether p, which is not empty, begins with a header. A header with another id than this session's counts
// only if its closing mark is in the right place as well.
func matchDDP(p []byte, id string) (h ddpPacket, m match) {
	switch {
	case p[0] != ddpMark:
		return h, matchNo
	case len(p) == 1:
		return h, matchMore
	}
	switch h.kind = p[1]; h.kind {
	case ddpRegister, ddpLogout, ddpInvalid, ddpTaken, ddpUser, ddpQueried, ddpSet, ddpLog, ddpUpgrade:
	default:
		return h, matchNo
	}
	if len(p) < 4 {
		return h, matchMore
	}
	h.length = int(p[2])<<8 | int(p[3])
	name := string(p[4:min(len(p), ddpHead)])
	h.own = strings.HasPrefix(id, name)
	closed := h.length == ddpBare || h.kind == ddpRegister // it is known where the closing mark must be
	switch {
	case !h.fits(), !visible(name), !h.own && !closed:
		return h, matchNo
	case len(name) < ddpID, closed && len(p) < h.length:
		return h, matchMore
	case closed && p[h.length-1] != ddpMark:
		return h, matchNo
	}
	return h, matchYes
}

// visible reports whether s is visible ASCII throughout.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// ddpHold is how long bytes are held that may be the meter's last ones or the beginning of a header. Packets are held as long
// if only their end shows where their data are.
const ddpHold = 500 * time.Millisecond

// ddpHolds is how many times longer the front of a header is held once it has mark and type. Data rarely look like that, and a
// header passed on as data would spoil them.
const ddpHolds = 10

// ddp takes packets apart, and makes packets in the form that the modem has used. Until the modem has shown one, it uses the
// makers' form for TCP.
type ddp struct {
	id        string
	form      atomic.Int32 // ddpForm; Encode may run at the same time as Decode
	lastFacts []wire.Fact  // the latest ones

	place     ddpPlace
	left      int      // bytes of the packet's data still to come
	then      ddpPlace // the place after them
	undecided bool     // the packet's form is not known yet
	held      []byte
	holds     int    // how often ddpHold has passed since anything came
	data      []byte // reused buffer for the result
	packets   int    // bytes of packets that are not data
}

// ddpPlace says what the next byte from the modem belongs to.
type ddpPlace int

const (
	ddpBetween ddpPlace = iota // between packets, where only a header may come
	ddpWithin                  // data, of which left bytes are to come
	ddpClosing                 // the mark after the data
	ddpOpen                    // data that only the next header ends
)

func (c *ddp) Decode(p []byte, _ time.Duration) codec.Decoded {
	c.held, c.holds = append(c.held, p...), 0
	return c.decode(false)
}

// decode takes apart what is held. With last, a packet whose form is not known yet is decided by what is there.
func (c *ddp) decode(last bool) codec.Decoded {
	var d codec.Decoded
	c.data, c.undecided = c.data[:0], false
	rest := c.held
	for len(rest) > 0 {
		n := c.step(rest, last, &d)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	c.held = append(c.held[:0], rest...)
	d.Data = c.data
	return d
}

// step decodes the front of p and returns its length, 0 if more is needed.
func (c *ddp) step(p []byte, last bool, d *codec.Decoded) int {
	switch c.place {
	case ddpWithin:
		n := min(c.left, len(p))
		c.data = append(c.data, p[:n]...)
		if c.left -= n; c.left == 0 {
			c.place = c.then
		}
		return n
	case ddpClosing:
		if c.place = ddpBetween; p[0] != ddpMark {
			d.Dropped++
			return 1
		}
		c.packets++
		return 1
	}
	return c.findHeader(p, last, d)
}

// findHeader looks for the next header. What comes before it is data where the packet has no end of its own; otherwise it is
// dropped.
func (c *ddp) findHeader(p []byte, last bool, d *codec.Decoded) int {
	n, found := 0, matchNo
	var h ddpPacket
	for ; n < len(p) && found == matchNo; n++ {
		h, found = matchDDP(p[n:], c.id)
	}
	if found != matchNo {
		n-- // to the header's first byte
	}
	switch {
	case n > 0 && c.place == ddpOpen:
		c.form.Store(int32(ddpApart))
		c.data = append(c.data, p[:n]...)
		return n
	case n > 0:
		d.Dropped += n
		return n
	case found == matchMore:
		return 0
	case !h.own:
		c.place = ddpBetween
		d.Dropped += h.length
		return h.length
	case h.kind == ddpUser:
		return c.user(h, p, last)
	case len(p) < h.length:
		return 0
	}
	c.place = ddpBetween
	c.packets += h.length
	c.control(h, p[:h.length], d)
	return h.length
}

// user begins a packet with data.
func (c *ddp) user(h ddpPacket, p []byte, last bool) int {
	switch form := ddpForm(c.form.Load()); {
	case h.length == ddpBare:
		c.place = ddpOpen
		c.packets += ddpBare
		return ddpBare
	case len(p) == ddpHead:
		return 0 // the next byte may decide
	case p[ddpHead] != ddpMark:
		return c.begin(ddpInside, h)
	case form == ddpInside || form == ddpBehind:
		return c.begin(form, h)
	case len(p) >= h.length && p[h.length-1] == ddpMark: // a mark in both places: the makers' form is likelier
		return c.begin(ddpInside, h)
	case len(p) >= h.length || last:
		return c.begin(ddpBehind, h)
	}
	c.undecided = true
	return 0
}

// begin skips the header of a packet in that form.
func (c *ddp) begin(form ddpForm, h ddpPacket) int {
	c.form.Store(int32(form))
	c.place, c.left = ddpWithin, h.length-ddpBare
	n := ddpHead
	if c.then = ddpClosing; form == ddpBehind {
		c.then, n = ddpBetween, ddpBare
	}
	c.packets += n
	return n
}

// control does what a packet without data asks for.
func (c *ddp) control(h ddpPacket, p []byte, d *codec.Decoded) {
	switch h.kind {
	case ddpRegister: // again, as a heartbeat
		d.Answer = appendDDP(d.Answer, ddpRegister|ddpDown, c.id, ddpApart, nil)
		d.Beats = append(d.Beats, bytes.Clone(p))
		if facts := ddpFacts(p); len(c.lastFacts) != 1 || facts[0] != c.lastFacts[0] {
			c.lastFacts = facts
			d.Facts = append(d.Facts, facts...)
		}
	case ddpLogout:
		d.Answer = appendDDP(d.Answer, ddpLogout|ddpDown, c.id, ddpApart, nil)
		d.Events = append(d.Events, wire.Event{Kind: "logout", Text: "the modem logs out", Data: bytes.Clone(p)})
	case ddpTaken: // each of our packets is acknowledged in the end
	case ddpInvalid:
		d.Events = append(d.Events, wire.Event{Kind: "invalid", Text: "the modem did not understand a packet", Data: bytes.Clone(p)})
	default:
		d.Events = append(d.Events, wire.Event{Kind: "management", Text: fmt.Sprintf("packet of type %02X", h.kind), Data: bytes.Clone(p)})
	}
}

// Holding returns a time only for bytes that may be data. A certain header, and anything between packets, may wait for its rest
// without limit.
func (c *ddp) Holding() time.Duration {
	if c.undecided || c.place == ddpOpen && len(c.held) > 0 && len(c.held) < ddpHead {
		return ddpHold
	}
	return 0
}

func (c *ddp) Release() codec.Decoded {
	if c.Holding() == 0 || c.undecided {
		return c.decode(true)
	}
	if c.holds++; len(c.held) > 1 && c.holds < ddpHolds {
		return codec.Decoded{}
	}
	c.form.Store(int32(ddpApart))
	c.data = append(c.data[:0], c.held...)
	c.held = c.held[:0]
	return codec.Decoded{Data: c.data}
}

func (c *ddp) Pending() int { return len(c.held) }

func (c *ddp) Encode(dst, p []byte) (wire []byte, n int) {
	form := ddpForm(c.form.Load())
	if form == ddpUnknown {
		form = ddpInside
	}
	n = min(len(p), ddpData)
	return appendDDP(dst, ddpUser|ddpDown, c.id, form, p[:n]), n
}

// ddpSide is a modem that speaks DDP, in one of the forms in use.
type ddpSide struct {
	id     string // 11 characters
	form   ddpSideForm
	in     []byte // incomplete
	within bool   // in data that only the next packet ends
	online bool
}

// ddpSideForm says where the packets have their data.
type ddpSideForm int

const (
	ddpSideTCP    ddpSideForm = iota // before the closing mark, and counted: the makers' form for TCP
	ddpSideUDP                       // after the closing mark, not counted: the makers' form for datagrams
	ddpSideBehind                    // after the closing mark, but counted
)

// simulateDDP returns what makes modems of that form.
func simulateDDP(form ddpSideForm) func(*Profile, side.Identity) (side.Side, error) {
	return func(_ *Profile, who side.Identity) (side.Side, error) { return &ddpSide{id: who.ID, form: form}, nil }
}

func (s *ddpSide) packet(kind byte, inside, behind []byte, length int) []byte {
	p := append([]byte{0x7B, kind, byte(length >> 8), byte(length)}, s.id...)
	return append(append(append(p, inside...), 0x7B), behind...)
}

// Connect registers, as 10.0.0.17 with port 5001.
func (s *ddpSide) Connect(time.Time) []byte {
	return s.packet(0x01, []byte{10, 0, 0, 17, 0x13, 0x89}, nil, 22)
}

// Beat registers again.
func (s *ddpSide) Beat() []byte { return s.Connect(time.Time{}) }

func (s *ddpSide) Online() bool { return s.online }

func (s *ddpSide) Put(p []byte) (wire []byte) {
	for len(p) > 0 {
		data := p[:min(len(p), 1024)]
		p = p[len(data):]
		switch s.form {
		case ddpSideTCP:
			wire = append(wire, s.packet(0x09, data, nil, 16+len(data))...)
		case ddpSideUDP:
			wire = append(wire, s.packet(0x09, nil, data, 16)...)
		case ddpSideBehind:
			wire = append(wire, s.packet(0x09, nil, data, 16+len(data))...)
		}
	}
	return wire
}

func (s *ddpSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	s.in = append(s.in, p...)
	for {
		n, one, err := s.step()
		if data = append(data, one...); n == 0 || err != nil {
			return data, nil, err
		}
		s.in = s.in[n:]
	}
}

// step takes the front off what has come: a packet, or data without an end of its own. It returns 0 if more is needed.
func (s *ddpSide) step() (n int, data []byte, err error) {
	if s.within {
		n = s.upToNext(s.in)
		if n > 0 || len(s.in) < 16 {
			return n, s.in[:n], nil
		}
	}
	if n, err = s.length(); n == 0 {
		return 0, nil, err
	}
	data, err = s.open(s.in[:n])
	return n, data, err
}

// length returns the length of the packet that has come, 0 while it is incomplete.
func (s *ddpSide) length() (int, error) {
	if len(s.in) < 16 {
		return 0, nil
	}
	length := int(s.in[2])<<8 | int(s.in[3])
	switch {
	case s.in[0] != 0x7B || string(s.in[4:15]) != s.id:
		return 0, fmt.Errorf("not a packet for %s: % X", s.id, s.in[:16])
	case length < 16 || length > 1040 || s.form == ddpSideUDP && length != 16:
		return 0, fmt.Errorf("a packet of %d bytes", length)
	case len(s.in) < length:
		return 0, nil
	}
	return length, nil
}

// upToNext returns how many bytes come before the next packet, or before what may be the beginning of one.
func (s *ddpSide) upToNext(p []byte) int {
	for i := range p {
		for _, kind := range []byte{0x81, 0x82, 0x89} {
			next := s.packet(kind, nil, nil, 16)
			if rest := p[i:]; bytes.HasPrefix(next, rest[:min(len(rest), len(next))]) {
				return i
			}
		}
	}
	return len(p)
}

// open returns the data of a packet.
func (s *ddpSide) open(p []byte) ([]byte, error) {
	closing, data := len(p)-1, p[15:len(p)-1]
	if s.form != ddpSideTCP {
		closing, data = 15, p[16:]
	}
	if p[closing] != 0x7B {
		return nil, fmt.Errorf("a packet that is not closed: % X", p)
	}
	s.within = false
	switch {
	case p[1] == 0x81 && len(p) == 16:
		s.online = true
		return nil, nil
	case p[1] == 0x82 && len(p) == 16:
		s.online = false
		return nil, nil
	case p[1] == 0x89:
		s.within = s.form == ddpSideUDP
		return data, nil
	}
	return nil, fmt.Errorf("a packet of type %02X and %d bytes", p[1], len(p))
}
