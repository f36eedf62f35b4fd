package bridge

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/status"
	"meterline/relay/simulated/meters"
)

// guardOp is a request and its answer, which says so. What is written is whole: the request behind what wakes the meter.
type guardOp struct{ text, answer, whole []byte }

// may reports whether got may be what its program has been given so far; done: it is all of it. Of an echo the front may have come
// while the program was still writing the rest, and one of a repeat may come behind it or behind the answer. What wakes a meter says
// nothing.
func (o guardOp) may(got []byte, wake string) (may, done bool) {
	got = trimWake(got, wake)
	for i := range len(o.whole) + 1 {
		echo := trimWake(o.whole[i:], wake)
		for _, echoes := range [][]byte{echo, slices.Concat(echo, trimWake(o.whole, wake))} {
			answer, echoed := bytes.CutPrefix(got, echoes)
			answer = trimWake(answer, wake)
			more, answered := bytes.CutPrefix(answer, o.answer)
			switch {
			case echoed && answered:
				may, done = may || bytes.HasPrefix(o.text, trimWake(more, wake)), true
			case echoed:
				may = may || bytes.HasPrefix(o.answer, answer)
			default:
				may = may || bytes.HasPrefix(echoes, got)
			}
		}
	}
	return may, done
}

// trimWake returns b without what wakes a meter in front of it.
func trimWake(b []byte, wake string) []byte {
	for len(b) > 0 && wake != "" && b[0] == wake[0] {
		b = b[1:]
	}
	return b
}

// guardKind is a protocol and how its requests are made; tag tells them apart.
type guardKind struct {
	protocol frame.Protocol
	wake     string
	op       func(tag int) guardOp
}

var guardKinds = []guardKind{
	{frame.Modbus, "\xff\xff", func(tag int) guardOp {
		a := binary.BigEndian.AppendUint64([]byte{1, 3, 8}, uint64(tag))
		return guardOp{text: modbusRead(uint16(tag), 4), answer: meters.AppendCRC16(a)}
	}},
	{frame.Mercury, "\xff", func(tag int) guardOp {
		address := byte(1 + tag%200)
		a := binary.BigEndian.AppendUint64([]byte{address}, uint64(tag))
		return guardOp{text: meters.AppendCRC16([]byte{address, 5, 0, 0}), answer: meters.AppendCRC16(append(a, 1, 2, 3, 4, 5, 6, 7, 8))}
	}},
	{frame.MBus, "UUUU", func(tag int) guardOp {
		address := byte(1 + tag%240)
		body := binary.BigEndian.AppendUint64([]byte{8, address, 0x72}, uint64(tag))
		sum := byte(0)
		for _, b := range body {
			sum += b
		}
		n := byte(len(body))
		return guardOp{text: []byte{0x10, 0x5B, address, 0x5B + address, 0x16}, answer: append(append([]byte{0x68, n, n, 0x68}, body...), sum, 0x16)}
	}},
	{frame.IEC, "\x00\x00\x00", func(tag int) guardOp {
		return guardOp{text: fmt.Appendf(nil, "/?%d!\r\n", tag), answer: fmt.Appendf(nil, "/ABC_%d\r\n\x021.8.0(%d)\r\n!\r\n\x03\x42", tag, tag)}
	}},
	{frame.HDLC, "", func(tag int) guardOp {
		info := []byte{0xE6, 0xE6, 0, 0xC0, 1, 0xC0 | byte(tag&15), byte(tag >> 16), byte(tag >> 8), byte(tag), 0, 0, 2, 0, 0xFF, 2, 0}
		back := binary.BigEndian.AppendUint64([]byte{0xE6, 0xE7, 0, 0xC4, 1, 0xC0 | byte(tag&15), 0, 0x15}, uint64(tag))
		n := byte(tag & 7)
		return guardOp{text: hdlcFrame(3, 0x21, n<<1|n<<5|0x10, info), answer: hdlcFrame(0x21, 3, n<<1|(n+1)&7<<5|0x10, back)}
	}},
}

// hdlcFrame is an information frame with addresses of one byte.
func hdlcFrame(to, from, control byte, info []byte) []byte {
	p := []byte{0xA0, byte(9 + len(info)), to, from, control}
	p = append(appendX25(p), info...)
	return append(append([]byte{0x7E}, appendX25(p)...), 0x7E)
}

// appendX25 appends the check sum of HDLC.
func appendX25(p []byte) []byte {
	crc := uint16(0xFFFF)
	for _, b := range p {
		crc ^= uint16(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x8408
			} else {
				crc >>= 1
			}
		}
	}
	return binary.LittleEndian.AppendUint16(p, ^crc)
}

// guardLog is the latest of what happened at one modem: at its program, in the bridge and at the meter.
type guardLog struct {
	mu      sync.Mutex
	entries []guardEntry
}

type guardEntry struct {
	at   time.Time
	text string
}

// guardLogMost is how many entries a failure shows.
const guardLogMost = 40

func (g *guardLog) note(format string, args ...any) { g.noteAt(time.Now(), format, args...) }

func (g *guardLog) noteAt(at time.Time, format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.entries = append(g.entries, guardEntry{at, fmt.Sprintf(format, args...)})
	if len(g.entries) >= 2*guardLogMost {
		g.entries = append(g.entries[:0], g.entries[guardLogMost:]...)
	}
}

// String is the latest entries in the order of their times.
func (g *guardLog) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := slices.Clone(g.entries[max(0, len(g.entries)-guardLogMost):])
	slices.SortStableFunc(last, func(a, b guardEntry) int { return a.at.Compare(b.at) })
	var s strings.Builder
	for _, e := range last {
		fmt.Fprintf(&s, "\n  %s %s", e.at.Format("05.000000"), e.text)
	}
	return s.String()
}

// tap notes what the bridge does with the modem's bytes until ctx ends.
func (g *guardLog) tap(ctx context.Context, b *Bridge, modem string) {
	for ctx.Err() == nil {
		err := b.Watch(ctx, modem, false, func(t status.Traffic) { g.noteAt(t.At, "bridge: %s", guardTapped(t)) })
		if err != nil {
			pause(ctx, time.Millisecond) // a reload is putting another in its place
		}
	}
}

func guardTapped(t status.Traffic) string {
	if t.Note != "" {
		return t.Note
	}
	if t.Drop != "" {
		return fmt.Sprintf("%s %q dropped: %s", t.Dir, t.Data, t.Drop)
	}
	return fmt.Sprintf("%s %q", t.Dir, t.Data)
}
