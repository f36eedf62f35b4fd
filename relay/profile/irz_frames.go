package profile

import (
	"encoding/binary"
	"time"
)

// irzHeader begins every frame of an encapsulated iRZ stream:
//
//	C8 CA CB CC CD | type | length, high byte first | payload | 0D 0A
//
// Its bytes differ from each other, so a new header begins at the first C8 behind a broken one.
const (
	irzHeader  = "\xC8\xCA\xCB\xCC\xCD"
	irzTrailer = "\r\n"
)

// Types of frames. Those for firmware (04) and setup (05) answer what only the maker's program does, and have no place here.
const (
	irzData      = 0x01
	irzBeat      = 0x02
	irzService   = 0x0C
	irzHeadBytes = len(irzHeader) + 3
)

// irzPacket is the most meter bytes in one frame to the modem. No limit has been published; it is well inside one segment of
// a cellular network, whatever tunnels that has, and inside the buffer that a modem has for its serial port.
const irzPacket = 1024

// irzServiceMost bounds what is kept of a service frame: the longest answer known is a text about the cell.
const irzServiceMost = 256

// irzFrames takes an encapsulated iRZ stream apart. The meter's bytes are handed on as they come, not when their frame ends.
type irzFrames struct {
	irzAsker
	head    [irzHeadBytes]byte // of the frame
	got     int                // bytes of the head
	left    int                // bytes of the payload that are still to come
	tail    int                // bytes of the trailer that are still to come
	service []byte             // payload of a service frame or keepalive so far
	out     []byte             // kept for its room
}

func (c *irzFrames) Decode(p []byte, _ time.Duration) Decoded {
	d := Decoded{Data: c.out[:0]}
	for len(p) > 0 {
		switch {
		case c.left > 0:
			n := min(c.left, len(p))
			c.payload(&d, p[:n])
			p = p[n:]
		case c.tail > 0:
			if p[0] != irzTrailer[len(irzTrailer)-c.tail] { // cut short, or never ours: what comes may be a header
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
func (c *irzFrames) header(d *Decoded, b byte) {
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

// size is the length of the frame's payload.
func (c *irzFrames) size() int { return int(binary.BigEndian.Uint16(c.head[len(irzHeader)+1:])) }

// payload takes a part of the frame's payload, at least one byte.
func (c *irzFrames) payload(d *Decoded, p []byte) {
	c.left -= len(p)
	switch kind := c.head[len(irzHeader)]; {
	case kind == irzData:
		d.Data = append(d.Data, p...)
	case kind == irzBeat && c.size() > irzServiceMost: // no modem sends such a one, and it is nobody's loss
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

// pending counts what is still to be decided: the beginning of a header, a payload that is kept, and of a trailer what would
// be dropped if its rest were another byte.
func (c *irzFrames) pending() int {
	n := c.got + len(c.service)
	if c.left == 0 {
		n = c.got + (len(irzTrailer)-c.tail)%len(irzTrailer)
	}
	return n
}

// answered takes a service frame that is whole.
func (c *irzFrames) answered(d *Decoded) {
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
	// irzAskApart lies between two questions, so that they never stand in a meter's way together, and before the first: a
	// modem that has just been answered is still going on line.
	irzAskApart = 5 * time.Second
	// irzAskEvery lies between two rounds. SIM cards are metered: a question and its answer are some 200 bytes with their
	// packets' heads, so four rounds a day are about 120 KB a month.
	irzAskEvery = 6 * time.Hour
)

var irzQuestions = []byte{irzAskSignal, irzAskInputs, irzAskCell, irzAskTemperature, irzAskICCID}

// irzAsker asks an encapsulated modem about itself.
type irzAsker struct{ asked int } // questions, and one more for the pause before the first

// Ask is the next question. The byte in front of the mark is not looked at by the modem.
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
