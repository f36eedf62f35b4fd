package profile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// DLMSPush is for meters, or the modems in front of them, that connect, push a message and then wait to be read.
const DLMSPush Kind = "dlms-push"

// PushToProgram is the Push of profiles whose pushes are passed on to the program as well.
const PushToProgram = "program"

// dlmsPushers is the family of kind DLMSPush.
type dlmsPushers struct{ bare }

var dlmsPushFamily = dlmsPushers{bare{Description{
	Kind:         DLMSPush,
	About:        "a DLMS push with the equipment identifier: DSMR 4, SMR 5 DataNotification, MX382 EventNotification (OSGP's decoders)",
	Registration: `the first push: E0012345678901234, a comma, and 4 or 6 bytes; or 00 01, …, 0F or C2, … 09, length, identifier`,
	Data:         `as it is; pushes after a pause become events, and go to programs with push = "program" only`,
	Facts:        `none: what is pushed becomes events`,
	simulated: []simulation{{
		every: time.Hour,
		make:  func(_ *Profile, who side.Identity) (side.Side, error) { return &dlmsPushSide{who.ID}, nil },
	}},
}}}

func (dlmsPushers) Check(p *Profile, fault wire.FaultFunc) {
	p.refuseRules(fault)
	p.refuseAnswer(fault)
	if p.Push != "" && p.Push != PushToProgram {
		fault("", "push %q: write %q, or leave it out and pushes are kept as events only", p.Push, PushToProgram)
	}
}

func (dlmsPushers) CheckID(_ *Profile, id string) error {
	if id == "" || len(id) > 127 || !alphanumeric([]byte(id)) {
		return errors.New("an equipment identifier has letters and digits only, such as E0012345678901234")
	}
	return nil
}

func (dlmsPushers) Register(p *Profile, _ IDs) (greeting []byte, r Registration) {
	return nil, &pushCaller{toProgram: p.Push == PushToProgram}
}

func (dlmsPushers) Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec {
	c := &pushes{id: v.ID, toProgram: p.Push == PushToProgram, boundary: true}
	if c.toProgram {
		for _, e := range v.Events {
			c.seen += len(e.Data)
		}
	}
	return codec.NewChain(c, codec.NewHeartbeats(codec.BeatsOf(p.Heartbeats, nil, nil), p.finding(ends)))
}

// pushQuiet is the silence that ends a push whose end is not known otherwise.
const pushQuiet = 300 * time.Millisecond

// pushCaller takes the first push as the registration.
type pushCaller struct {
	toProgram bool
	buf       []byte
}

func (r *pushCaller) Feed(p []byte) Verdict {
	r.buf = append(r.buf, p...)
	if len(r.buf) == 0 {
		return Verdict{}
	}
	one, m, pause := readPush(r.buf, false)
	switch {
	case m == matchYes:
		return r.registered(one)
	case m == matchNo:
		return Verdict{Refused: RefusedGarbage}
	case pause:
		return Verdict{Wait: pushQuiet}
	}
	return Verdict{}
}

func (r *pushCaller) Silence() Verdict {
	one, m, _ := readPush(r.buf, true)
	if m != matchYes {
		return Verdict{Refused: RefusedUnfinished}
	}
	return r.registered(one)
}

func (r *pushCaller) registered(one push) Verdict {
	rest := r.buf[one.n:]
	if r.toProgram {
		rest = r.buf
	}
	return Verdict{Done: true, ID: one.id, wire: []byte(one.id), Rest: bytes.Clone(rest), Events: []wire.Event{one.event}}
}

func (r *pushCaller) Partial() string { return string(r.buf[:min(len(r.buf), equipmentID)]) }

// pushes turns later pushes into events. A push may begin after a pause and directly after another push. Only pushes of this
// meter count: anything else is the answer to a program.
type pushes struct {
	id        string
	toProgram bool

	seen     int    // bytes of the registration's push that the program gets
	boundary bool   // a push may begin here
	held     []byte // the beginning of a push
	data     []byte // reused buffer for the result
}

func (c *pushes) Decode(p []byte, idle time.Duration) codec.Decoded {
	n := min(c.seen, len(p))
	c.seen -= n
	switch {
	case n == len(p):
		return codec.Decoded{Data: p}
	case n == 0 && len(c.held) == 0 && idle >= codec.StandsAlone:
		c.boundary = true
	}
	if n == 0 && !c.boundary {
		return codec.Decoded{Data: p}
	}
	c.data = append(c.data[:0], p[:n]...)
	c.held = append(c.held, p[n:]...)
	return c.findPush(false)
}

func (c *pushes) Holding() time.Duration {
	if len(c.held) == 0 {
		return 0
	}
	return pushQuiet
}

func (c *pushes) Pending() int { return len(c.held) }

func (c *pushes) Release() codec.Decoded {
	c.data = c.data[:0]
	return c.findPush(true)
}

// findPush takes pushes off the front of what is held, and passes on everything else.
func (c *pushes) findPush(quiet bool) codec.Decoded {
	var d codec.Decoded
	rest := c.held
	for len(rest) > 0 && c.boundary {
		one, m := c.read(rest, quiet)
		if m == matchMore && !quiet {
			break
		}
		if c.boundary = m == matchYes; !c.boundary {
			break
		}
		d.Events = append(d.Events, one.event)
		if c.toProgram {
			c.data = append(c.data, rest[:one.n]...)
		}
		rest = rest[one.n:]
	}
	if !c.boundary {
		c.data = append(c.data, rest...)
		rest = nil
	}
	c.held = append(c.held[:0], rest...)
	d.Data = c.data
	return d
}

// read reports whether p begins with a push of this meter.
func (c *pushes) read(p []byte, quiet bool) (push, match) {
	if p[0] != 0 && !strings.HasPrefix(c.id, string(p[:min(len(p), equipmentID)])) {
		return push{}, matchNo // it need not be held any longer
	}
	one, m, _ := readPush(p, quiet)
	if m == matchYes && one.id != c.id {
		m = matchNo
	}
	return one, m
}

// The tags that begin a push inside the wrapper of IEC 62056-47 (DLMS Green Book, 9.5).
const (
	tagDataNotification  = 0x0F
	tagEventNotification = 0xC2
)

// Types of DLMS data that pushes are made of.
const (
	dlmsStructure = 2
	dlmsUnsigned  = 6 // four bytes
	dlmsOctets    = 9
)

const (
	equipmentID   = 17 // characters of a DSMR identifier (DSMR P3 companion standard)
	wrapperHead   = 8  // version, source, destination and length: two bytes each
	logicalName   = 6
	alarmRegister = 4
	maxPush       = MaxRegistration // a push is short: who it is, why, and perhaps a register or two
)

// push is one push of a meter.
type push struct {
	n     int // its length in bytes
	id    string
	event wire.Event
}

// readPush reports whether p, which is not empty, begins with a push. quiet says that nothing has followed p for a while. pause
// is returned for a push that may be complete, where only silence shows its end.
func readPush(p []byte, quiet bool) (r push, m match, pause bool) {
	if p[0] == 0 {
		r, m = wrappedPush(p)
		return r, m, false
	}
	return textPush(p, quiet)
}

// textPush reads the push of DSMR 4: the identifier, a comma, and either an alarm register or a logical name. No length says
// which. It is a name if it is a known one, or if exactly six bytes follow and end like one.
func textPush(p []byte, quiet bool) (r push, m match, pause bool) {
	id := p[:min(len(p), equipmentID)]
	if !alphanumeric(id) || len(p) > equipmentID && p[equipmentID] != ',' {
		return r, matchNo, false
	}
	if len(p) < equipmentID+1+alarmRegister {
		return r, matchMore, false
	}
	tail := p[equipmentID+1:]
	name := len(tail) >= logicalName && knownName(tail[:logicalName]) != ""
	if alone := len(tail) < logicalName || len(tail) == logicalName && tail[logicalName-1] == 0xFF; alone && !name {
		if !quiet {
			return r, matchMore, true
		}
		name = len(tail) == logicalName
	}
	r.id = string(id)
	r.n = equipmentID + 1 + alarmRegister
	r.event = wire.Event{Kind: "alarm", Text: alarmBits(tail)}
	if name {
		r.n = equipmentID + 1 + logicalName
		r.event = wire.Event{Kind: "push", Text: nameText(tail)}
	}
	r.event.Data = bytes.Clone(p[:r.n])
	return r, matchYes, false
}

// wrappedPush reads a DataNotification (SMR 5) or an EventNotification (MX382) in its wrapper.
func wrappedPush(p []byte) (r push, m match) {
	if len(p) > 1 && p[1] != 1 {
		return r, matchNo
	}
	if len(p) < wrapperHead {
		return r, matchMore
	}
	r.n = wrapperHead + int(binary.BigEndian.Uint16(p[wrapperHead-2:]))
	if r.n == wrapperHead || r.n > maxPush {
		return r, matchNo
	}
	if len(p) > wrapperHead && p[wrapperHead] != tagDataNotification && p[wrapperHead] != tagEventNotification {
		return r, matchNo
	}
	if len(p) < r.n {
		return r, matchMore
	}
	body := fields{rest: p[wrapperHead+1 : r.n]}
	if p[wrapperHead] == tagDataNotification {
		r.id, r.event = body.dataNotification()
	} else {
		r.id, r.event = body.eventNotification()
	}
	if body.bad || r.id == "" || !alphanumeric([]byte(r.id)) {
		return r, matchNo
	}
	r.event.Data = bytes.Clone(p[:r.n])
	return r, matchYes
}

// fields takes a message apart. Once something is missing it is bad and yields zeros.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n int) []byte {
	if f.bad || n > len(f.rest) {
		f.bad = true
		return make([]byte, n)
	}
	p := f.rest[:n]
	f.rest = f.rest[n:]
	return p
}

func (f *fields) byte() byte { return f.take(1)[0] }

// octets reads an octet string of up to 127 bytes, with its type.
func (f *fields) octets() []byte {
	if f.byte() != dlmsOctets {
		f.bad = true
	}
	n := f.byte()
	f.bad = f.bad || n > 127
	return f.take(int(n & 127))
}

// dataNotification reads an invoke id of four bytes, the time with its length or 0, and a structure of the identifier, the
// logical name of the push setup, and registers. Only the identifier is required.
func (f *fields) dataNotification() (id string, e wire.Event) {
	f.take(4)
	f.take(int(f.byte()))
	if f.byte() != dlmsStructure {
		f.bad = true
	}
	count := int(f.byte())
	id = string(f.octets())
	e.Kind = "push"
	more := fields{rest: f.rest}
	name := more.octets()
	if count < 2 || more.bad || len(name) != logicalName {
		return id, e
	}
	e.Text = nameText(name)
	for range count - 2 {
		if more.byte() != dlmsUnsigned {
			break
		}
		if bits := more.take(alarmRegister); !more.bad {
			e.Kind = "alarm"
			e.Text += ", " + alarmBits(bits)
		}
	}
	return id, e
}

// eventNotification reads the time, which is absent (0), or follows 1 and its length (the standard), or is an octet string (the
// MX382). Class, logical name and attribute of the source follow, and its value, here the identifier.
func (f *fields) eventNotification() (id string, e wire.Event) {
	switch f.byte() {
	case 0:
	case 1, dlmsOctets:
		f.take(int(f.byte()))
	default:
		f.bad = true
	}
	f.take(2)
	name := f.take(logicalName)
	f.take(1)
	e = wire.Event{Kind: "push", Text: nameText(name)}
	if bytes.Equal(name, forwardedAlarm[:]) {
		e.Kind = "alarm"
	}
	return string(f.octets()), e
}

var forwardedAlarm = [logicalName]byte{128, 128, 128, 128, 128, 0}

// knownName returns what a logical name means, empty if pushes do not carry it (DSMR P3 companion standard; Blue Book, 6.2).
func knownName(p []byte) string {
	switch a, b := [4]byte(p[2:]), p[1]; {
	case [logicalName]byte(p) == forwardedAlarm:
		return "forwarded alarm, last gasp"
	case p[0] != 0:
	case a == [4]byte{25, 9, 0, 255} && b == 0:
		return "push setup, schedule"
	case a == [4]byte{25, 9, 0, 255} && b == 1:
		return "push setup, alarm"
	case a == [4]byte{25, 9, 0, 255}:
		return fmt.Sprintf("push setup %d", b)
	case b != 0:
	case a == [4]byte{15, 0, 4, 255}:
		return "push schedule"
	case a == [4]byte{2, 2, 0, 255}:
		return "external trigger, call"
	case a == [4]byte{2, 3, 0, 255}:
		return "external trigger, SMS"
	case a == [4]byte{96, 1, 1, 255}:
		return "device id"
	}
	return ""
}

func nameText(p []byte) string {
	text := fmt.Sprintf("%d.%d.%d.%d.%d.%d", p[0], p[1], p[2], p[3], p[4], p[5])
	if known := knownName(p); known != "" {
		text += " (" + known + ")"
	}
	return text
}

func alarmBits(p []byte) string { return fmt.Sprintf("alarm bits %X", p[:alarmRegister]) }

// alphanumeric reports whether p is only ASCII letters and digits, as equipment identifiers are.
func alphanumeric(p []byte) bool {
	return !bytes.ContainsFunc(p, func(c rune) bool {
		return (c < '0' || c > '9') && !strings.ContainsRune(letters, c)
	})
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// dlmsPushSide is a meter that connects to push an alarm, and pushes its schedule when nobody reads it for a while. Otherwise
// it is transparent.
type dlmsPushSide struct{ id string }

// Connect pushes in the form of DSMR 4 where the equipment identifier has 17 characters, otherwise in the form of SMR 5. All later
// pushes have the form of SMR 5.
func (s *dlmsPushSide) Connect(time.Time) []byte {
	if len(s.id) == 17 {
		return append([]byte(s.id+","), 0, 0, 0, 2) // the alarm: replace the battery
	}
	return s.notification(1, 0x06, 0, 0, 0, 2)
}

// Beat pushes the schedule.
func (s *dlmsPushSide) Beat() []byte { return s.notification(0) }

// notification returns an SMR 5 push of the push setup with that number, and a register if there is one.
func (s *dlmsPushSide) notification(setup byte, register ...byte) []byte {
	elements := byte(2)
	if len(register) > 0 {
		elements = 3
	}
	p := slices.Concat([]byte{0x0F, 0, 0, 0, 1, 0x00, 0x02, elements, 0x09, byte(len(s.id))}, []byte(s.id),
		[]byte{0x09, 6, 0, setup, 25, 9, 0, 255}, register)
	return append([]byte{0, 1, 0, 0x67, 0, 0x66, byte(len(p) >> 8), byte(len(p))}, p...)
}

// Take passes everything on.
func (s *dlmsPushSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	return p, nil, nil
}

// Put adds nothing.
func (s *dlmsPushSide) Put(p []byte) []byte { return p }

// Online is always true: a push is not answered.
func (s *dlmsPushSide) Online() bool { return true }

// Silences returns a silence before pushes: only the pause distinguishes a push from the answer to a program.
func (*dlmsPushSide) Silences() (packet, beat time.Duration) { return 0, side.BeatSilence }
