package profile

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// IRZ is the iRZ ATM modem with its "Collector" protocol, with or without encapsulation.
const IRZ Kind = "irz"

// irzModems is the family of kind IRZ.
type irzModems struct{ bare }

var irzFamily = irzModems{bare{Description{
	Kind:         IRZ,
	About:        "iRZ ATM: a line AT$IMEI=…, answered with the time; plain or encapsulated, as the line says",
	Registration: `AT$IMEI=861234567890123,PSW=…,TYP=ATM,DEV=ATM31,…,CSQ=17,COLPROT=1.3,…,\n`,
	Answer:       `20270304050607,MOD=DAT,\r, the local time; encapsulated modems are asked about themselves every 6 hours`,
	Data:         `as it is; with COLPROT=1.… in C8 CA CB CC CD 01, length, data, 0D 0A, both ways`,
	Heartbeats:   `B5 BC BD BE BF, in a packet of type 02, or alone after a pause`,
	Facts:        `model, firmware, hardware, signal, interface, sim, channel; encapsulated also inputs, cell, temperature, iccid`,
	variants:     []string{irzEncapsulated},
	credentials:  true,
	simulated: []simulation{
		{every: 50 * time.Second, make: func(_ *Profile, who side.Identity) (side.Side, error) {
			return &irzSide{Identity: who, framed: true}, nil
		}},
		{name: "plain", every: 50 * time.Second, make: func(_ *Profile, who side.Identity) (side.Side, error) { return &irzSide{Identity: who}, nil }},
	},
}}}

func (irzModems) CheckID(_ *Profile, id string) error { return checkIMEI(id) }

func (irzModems) Register(*Profile, IDs) (greeting []byte, r Registration) { return nil, &irz{} }

// Accept sets the modem's clock and puts it on line. Nothing may follow its CR: an LF there breaks the modem.
func (irzModems) Accept(_ *Profile, _ *Verdict, now time.Time) []byte {
	return now.AppendFormat(nil, "20060102150405,MOD=DAT,\r")
}

func (irzModems) Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec {
	if v.variant == irzEncapsulated {
		return &irzFrames{}
	}
	return newIRZPlain(p.finding(ends))
}

// irzEncapsulated is the variant in which everything is sent in frames.
const irzEncapsulated = "encapsulated"

// irz reads the line with which an iRZ modem registers, such as
//
//	AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,COLPROT=1.3,CHN=1,
//
// and an LF. The fields may come in any order; unknown ones are skipped. PSW and LOG are credentials for the server, which are
// checked where the modem's table has some. PSW is not the password for the modem's settings.
type irz struct {
	seen int    // bytes
	line []byte // so far, without empty lines in front of it
}

const irzBegin = "AT$"

func (r *irz) Feed(p []byte) Verdict {
	for i, c := range p {
		switch r.seen++; {
		case r.seen > MaxRegistration:
			return Verdict{Refused: RefusedTooLong}
		case len(r.line) == 0 && (c == '\r' || c == '\n'):
			continue
		case c == '\n':
			return r.verdict(p[i+1:])
		case c != '\r' && (c < ' ' || c > '~'), len(r.line) < len(irzBegin) && c != irzBegin[len(r.line)]:
			return Verdict{Refused: RefusedGarbage}
		}
		r.line = append(r.line, c)
	}
	return Verdict{}
}

// verdict decides about a complete line.
func (r *irz) verdict(rest []byte) Verdict {
	line := bytes.TrimRight(r.line, "\r")
	if len(line) < len(irzBegin) || bytes.IndexByte(line, '\r') >= 0 {
		return Verdict{Refused: RefusedGarbage}
	}
	fields := irzFields(string(line[len(irzBegin):]))
	id := fields["IMEI"]
	if checkIMEI(id) != nil {
		return Verdict{Refused: RefusedGarbage}
	}
	v := Verdict{Done: true, ID: id, wire: []byte(id), Rest: bytes.Clone(rest), Facts: irzLineFacts(fields)}
	v.sent = wire.Credentials{Login: wire.NewSecret(fields["LOG"]), Secret: wire.NewSecret(fields["PSW"])}
	if strings.HasPrefix(fields["COLPROT"], "1.") { // it is absent where encapsulation is off; only 1.3 has been seen
		v.variant = irzEncapsulated
	}
	return v
}

// irzFields returns the line's fields by their names. Of fields with the same name the first counts.
func irzFields(line string) map[string]string {
	fields := make(map[string]string)
	for field := range strings.SplitSeq(line, ",") {
		name, value, ok := strings.Cut(field, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		if _, twice := fields[name]; ok && !twice {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields
}

// Silence is never called: the line ends with its LF.
func (r *irz) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

// Partial returns the IMEI only, as far as it is digits: the rest of the line contains the password.
func (r *irz) Partial() string {
	id := irzFields(strings.TrimPrefix(string(r.line), irzBegin))["IMEI"]
	return id[:len(id)-len(strings.TrimLeft(id, "0123456789"))]
}

// Names of facts that only some families have.
const (
	factSIM     = "sim"     // which SIM card is in use
	factChannel = "channel" // which of the modem's connections this is
)

// irzLineFacts returns what the registration line says of the modem.
func irzLineFacts(fields map[string]string) (facts []wire.Fact) {
	text := func(name string) string { return wire.Text([]byte(fields[name])) }
	model := text("DEV")
	if model == "" {
		model = text("TYP")
	}
	var firmware []string
	for _, part := range []struct{ word, name string }{{"version", "VER"}, {"revision", "REV"}, {"build", "BLD"}} {
		if value := text(part.name); value != "" {
			firmware = append(firmware, part.word+" "+value)
		}
	}
	facts = wire.AddFact(facts, wire.FactModel, model)
	facts = wire.AddFact(facts, wire.FactFirmware, strings.Join(firmware, ", "))
	facts = wire.AddFact(facts, wire.FactHardware, text("HDW"))
	if csq, err := strconv.Atoi(fields["CSQ"]); err == nil {
		facts = wire.AddFact(facts, wire.FactSignal, signalText(csq))
	}
	facts = wire.AddFact(facts, wire.FactInterface, text("INT"))
	facts = wire.AddFact(facts, factSIM, text("SIM"))
	return wire.AddFact(facts, factChannel, text("CHN"))
}

// signalText returns the meaning of a signal strength as AT+CSQ gives it (3GPP TS 27.007, 8.5), "" if it has none.
func signalText(csq int) string {
	switch {
	case csq == 99:
		return "not known"
	case csq < 0 || csq > 31:
		return ""
	}
	text := fmt.Sprintf("%d of 31, −%d dBm", csq, 113-2*csq)
	switch csq {
	case 0:
		text += " or less"
	case 31:
		text += " or more"
	}
	return text
}

// The questions about itself that an iRZ modem answers.
const (
	irzAskSignal      = 0x01
	irzAskInputs      = 0x02
	irzAskCell        = 0x04
	irzAskTemperature = 0x05
	irzAskICCID       = 0x0B
)

// Both marks come before the question's code in an answer.
const (
	irzAnswerMark = 0x01
	irzAskMark    = 0x40
)

// irzServiceFact returns the fact in a service frame, false if the frame is unknown.
func irzServiceFact(payload []byte) (wire.Fact, bool) {
	if len(payload) < 3 || payload[0] != irzAnswerMark || payload[1] != irzAskMark {
		return wire.Fact{}, false
	}
	value := payload[3:]
	f := wire.Fact{}
	switch code := payload[2]; {
	case code == irzAskSignal && len(value) == 1:
		f = wire.Fact{Name: wire.FactSignal, Value: signalText(int(value[0]))}
	case code == irzAskInputs && len(value) == 4:
		f = wire.Fact{Name: wire.FactInputs, Value: fmt.Sprintf("% 02x", value)}
	case code == irzAskCell:
		f = wire.Fact{Name: wire.FactCell, Value: wire.Text(value)}
	case code == irzAskTemperature && len(value) == 1:
		f = wire.Fact{Name: wire.FactTemperature, Value: fmt.Sprintf("%d °C", int(value[0])-100)}
	case code == irzAskICCID:
		f = wire.Fact{Name: wire.FactICCID, Value: wire.Text(value)}
	}
	return f, f.Value != ""
}

// irzHeader begins every frame of an encapsulated iRZ stream:
//
//	C8 CA CB CC CD | type | length, high byte first | payload | 0D 0A
//
// Its bytes differ from each other, so after a broken header the next one can only begin at a C8.
const (
	irzHeader  = "\xC8\xCA\xCB\xCC\xCD"
	irzTrailer = "\r\n"
)

// Types of frames. Those for firmware (04) and setup (05) are for the maker's program only, and are dropped.
const (
	irzData      = 0x01
	irzBeat      = 0x02
	irzService   = 0x0C
	irzHeadBytes = len(irzHeader) + 3
)

// irzPacket is how many bytes of a meter are put into one frame to the modem. No limit has been published. This one fits into a
// segment of a cellular network, with whatever tunnels it has, and into a modem's serial buffer.
const irzPacket = 1024

// irzServiceMost bounds how much of a service frame is kept. The longest known answer is a list of cells with 169 bytes.
const irzServiceMost = 1024

// irzFrames takes an encapsulated iRZ stream apart. The meter's bytes are passed on as they come, before their frame ends.
type irzFrames struct {
	irzAsker
	head    [irzHeadBytes]byte // of the frame
	got     int                // bytes of the head so far
	left    int                // bytes of the payload that are still to come
	tail    int                // bytes of the trailer still to come
	service []byte             // payload of a service frame or keepalive so far
	out     []byte             // reused buffer for the result
}

func (c *irzFrames) Decode(p []byte, _ time.Duration) codec.Decoded {
	d := codec.Decoded{Data: c.out[:0]}
	for len(p) > 0 {
		switch {
		case c.left > 0:
			n := min(c.left, len(p))
			c.payload(&d, p[:n])
			p = p[n:]
		case c.tail > 0:
			if p[0] != irzTrailer[len(irzTrailer)-c.tail] { // cut short, or no frame at all: this byte may begin a header
				d.Dropped += len(irzTrailer) - c.tail
				c.tail = 0
				continue
			}
			c.tail--
			p = p[1:]
		default:
			c.header(&d, p[0])
			p = p[1:]
		}
	}
	c.out = d.Data
	return d
}

// header takes one byte outside of payload and trailer.
func (c *irzFrames) header(d *codec.Decoded, b byte) {
	if c.got < len(irzHeader) && b != irzHeader[c.got] {
		d.Dropped += c.got
		c.got = 0
		if b != irzHeader[0] {
			d.Dropped++
			return
		}
	}
	c.head[c.got] = b
	if c.got++; c.got < irzHeadBytes {
		return
	}
	c.got = 0
	c.left = c.size()
	c.tail = len(irzTrailer)
	c.service = nil
	if c.left == 0 && c.head[len(irzHeader)] == irzBeat {
		d.Beats = append(d.Beats, nil)
	}
}

// size returns the length of the frame's payload.
func (c *irzFrames) size() int { return int(binary.BigEndian.Uint16(c.head[len(irzHeader)+1:])) }

// payload takes a part of the frame's payload, at least one byte.
func (c *irzFrames) payload(d *codec.Decoded, p []byte) {
	c.left -= len(p)
	switch kind := c.head[len(irzHeader)]; {
	case kind == irzData:
		d.Data = append(d.Data, p...)
	case kind == irzBeat && c.size() > irzServiceMost: // too long for a keepalive: ignored
	case kind == irzBeat:
		if c.service = append(c.service, p...); c.left == 0 {
			d.Beats = append(d.Beats, c.service)
		}
	case kind == irzService && c.size() <= irzServiceMost:
		if c.service = append(c.service, p...); c.left == 0 {
			c.answered(d)
		}
	default:
		d.Dropped += len(p)
	}
}

// pending counts the bytes that are not decided: the beginning of a header, a payload that is kept, and the part of a trailer
// that would be dropped if another byte followed.
func (c *irzFrames) Pending() int {
	n := c.got + len(c.service)
	if c.left == 0 {
		n = c.got + (len(irzTrailer)-c.tail)%len(irzTrailer)
	}
	return n
}

// answered takes a complete service frame.
func (c *irzFrames) answered(d *codec.Decoded) {
	if fact, ok := irzServiceFact(c.service); ok {
		d.Facts = append(d.Facts, fact)
	} else {
		d.Dropped += len(c.service)
	}
}

// Encode makes a data frame.
func (c *irzFrames) Encode(dst, p []byte) (wire []byte, n int) {
	n = min(len(p), irzPacket)
	return appendIRZ(dst, irzData, p[:n]), n
}

func appendIRZ(dst []byte, kind byte, payload []byte) []byte {
	dst = append(append(dst, irzHeader...), kind)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)))
	return append(append(dst, payload...), irzTrailer...)
}

const (
	// irzAskApart is the pause between two questions, so that they do not delay a meter's bytes together. It also comes before
	// the first one, as a modem that has just been answered is still going on line.
	irzAskApart = 5 * time.Second
	// irzAskEvery is the time between two rounds. SIM cards are metered: a question and its answer are some 200 bytes with
	// their packets' headers, so four rounds a day are about 120 KB a month.
	irzAskEvery = 6 * time.Hour
)

var irzQuestions = []byte{irzAskSignal, irzAskInputs, irzAskCell, irzAskTemperature, irzAskICCID}

// irzAsker asks an encapsulated modem about itself.
type irzAsker struct{ asked int } // questions so far, plus one for the pause before the first

// Ask returns the next question. The modem ignores the byte before the mark.
func (c *irzAsker) Ask() (question []byte, next time.Duration) {
	c.asked++
	if c.asked == 1 {
		return nil, irzAskApart
	}
	i := (c.asked - 2) % len(irzQuestions)
	next = irzAskApart
	if i == len(irzQuestions)-1 {
		next = irzAskEvery
	}
	return appendIRZ(nil, irzService, []byte{0, irzAskMark, irzQuestions[i]}), next
}

// irzKeepalive is what an iRZ modem sends after 50 s of silence; 10 to 120 s can be set.
const irzKeepalive = "\xB5\xBC\xBD\xBE\xBF"

// newIRZPlain removes the keepalives from an iRZ modem's stream without encapsulation. A meter may send the
// same bytes; see codec.Finding.
func newIRZPlain(f codec.Finding) codec.Codec {
	return codec.NewHeartbeats([]codec.Beat{codec.ExactBeat(irzKeepalive)}, f)
}

// irzSide is an iRZ ATM, after its published emulator. What it says of itself is invented.
type irzSide struct {
	side.Identity
	framed bool
	online bool
	came   []byte // from the server, not understood yet
}

// irzGreeting is the answer that puts the modem on line.
var irzGreeting = regexp.MustCompile(`^\d{14},MOD=DAT,\r`)

// irzGreetingSize is its length in bytes.
const irzGreetingSize = len("20060102150405,MOD=DAT,\r")

func (m *irzSide) Connect(time.Time) []byte {
	protocol := ""
	if m.framed {
		protocol = "COLPROT=1.3,"
	}
	password, login := string(m.Credentials.Secret.Reveal()), ""
	if m.Credentials.Login.IsSet() {
		login = "LOG=" + string(m.Credentials.Login.Reveal()) + ","
	}
	return fmt.Appendf(nil, "AT$IMEI=%s,PSW=%s,%sTYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,%sATP=1.1,INT=485+232,CHN=1,\n",
		m.ID, cmp.Or(password, "5492"), login, protocol)
}

func (m *irzSide) Take(p []byte, now time.Time) (data, reply []byte, err error) {
	m.came = append(m.came, p...)
	if !m.online {
		if err := m.greet(now); err != nil || !m.online {
			return nil, nil, err
		}
	}
	if !m.framed {
		data, m.came = m.came, nil
		return data, nil, nil
	}
	for {
		kind, payload, size, err := irzCut(m.came)
		if err != nil || size == 0 {
			return data, reply, err
		}
		m.came = m.came[size:]
		switch kind {
		case 1:
			data = append(data, payload...)
		case 12:
			answer, err := irzTells(payload)
			if err != nil {
				return data, reply, err
			}
			reply = append(reply, irzWrap(12, answer)...)
		default:
			return data, reply, fmt.Errorf("iRZ modem: frame of type %d from a server", kind)
		}
	}
}

// greet waits for the answer to the registration.
func (m *irzSide) greet(now time.Time) error {
	n := min(len(m.came), irzGreetingSize)
	if n < irzGreetingSize {
		return nil
	}
	if !irzGreeting.Match(m.came[:n]) {
		return fmt.Errorf("iRZ modem: answered with %q", m.came[:n])
	}
	clock, err := time.ParseInLocation("20060102150405", string(m.came[:14]), now.Location())
	if err != nil {
		return fmt.Errorf("iRZ modem: its clock is set by %q: %w", m.came[:n], err)
	}
	if off := now.Sub(clock).Abs(); off > time.Minute {
		return fmt.Errorf("iRZ modem: its clock is set wrong by %v", off)
	}
	if m.came = m.came[n:]; len(m.came) > 0 && m.came[0] == '\n' {
		return errors.New("iRZ modem: an LF behind the answer breaks it")
	}
	m.online = true
	return nil
}

// irzCut takes one frame off the front of p. size is 0 while the frame is incomplete.
func irzCut(p []byte) (kind byte, payload []byte, size int, err error) {
	mark := []byte{0xC8, 0xCA, 0xCB, 0xCC, 0xCD}
	if n := min(len(mark), len(p)); !bytes.Equal(p[:n], mark[:n]) {
		return 0, nil, 0, fmt.Errorf("iRZ modem: no frame begins with % x", p[:n])
	}
	if len(p) < 8 {
		return 0, nil, 0, nil
	}
	end := 8 + int(binary.BigEndian.Uint16(p[6:8]))
	if len(p) < end+2 {
		return 0, nil, 0, nil
	}
	if p[end] != 13 || p[end+1] != 10 {
		return 0, nil, 0, fmt.Errorf("iRZ modem: a frame ends with % x", p[end:end+2])
	}
	return p[5], p[8:end], end + 2, nil
}

func irzWrap(kind byte, payload []byte) []byte {
	frame := []byte{0xC8, 0xCA, 0xCB, 0xCC, 0xCD, kind, byte(len(payload) >> 8), byte(len(payload))}
	frame = append(frame, payload...)
	return append(frame, 13, 10)
}

// irzTells answers a question about the modem.
func irzTells(question []byte) ([]byte, error) {
	if len(question) != 3 || question[1] != 0x40 {
		return nil, fmt.Errorf("iRZ modem: question % x", question)
	}
	answer := []byte{1, 0x40, question[2]}
	switch question[2] {
	case 1:
		return append(answer, 17), nil
	case 2:
		return append(answer, 0, 1, 0, 2), nil
	case 4:
		return append(answer, "250,01,SIMULATED,1A2B"...), nil
	case 5:
		return append(answer, 123), nil
	case 11:
		return append(answer, "8970100000000000001"...), nil
	}
	return nil, fmt.Errorf("iRZ modem: nothing answers question %d", question[2])
}

// irzMost is the most of what the meter says that the modem puts into one frame.
const irzMost = 200

func (m *irzSide) Put(p []byte) []byte {
	if !m.framed {
		return p
	}
	var wire []byte
	for len(p) > 0 {
		n := min(len(p), irzMost)
		wire = append(wire, irzWrap(1, p[:n])...)
		p = p[n:]
	}
	return wire
}

func (m *irzSide) Beat() []byte {
	beat := []byte{0xB5, 0xBC, 0xBD, 0xBE, 0xBF}
	if m.framed {
		return irzWrap(2, beat)
	}
	return beat
}

// Silences returns a silence before keepalives without encapsulation, where they come among the data.
func (m *irzSide) Silences() (packet, beat time.Duration) {
	if m.framed {
		return 0, 0
	}
	return 0, side.BeatSilence
}

func (m *irzSide) Online() bool { return m.online }
