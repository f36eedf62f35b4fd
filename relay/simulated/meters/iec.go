package meters

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Control characters of ISO 646 that IEC 62056-21 uses.
const (
	soh = 0x01
	stx = 0x02
	etx = 0x03
	ack = 0x06
	nak = 0x15
)

const (
	iecPause     = 1500 * time.Millisecond // longest pause between two characters of a message (IEC 62056-21, 6.2: ta)
	iecReaction  = 1500 * time.Millisecond // longest pause between a message and its answer (6.2: tr)
	iecIdle      = 120 * time.Second       // programming mode ends after so long without a message
	iecMaxFrame  = 256                     // of a programming command
	iecAddresses = 32                      // most characters of a device address (6.3.14)
)

// IECIdentification is a simulated meter's answer to a sign-on: three letters of a manufacturer, the speed that it offers ('5'
// is 9600 Bd) and a name. It contains no `\2`, which would promise mode E.
const IECIdentification = "/MTL5" + Name + "\r\n"

// IEC is a simulated three-phase meter that speaks IEC 62056-21 in mode C: sign-on, readout and programming mode. It cannot
// switch the speed of the line, so it accepts the speed that the reader chooses and changes nothing.
//
//	Signed off ──/?!──► Identified ──ack, readout; or no ack──► Signed off
//	                        └────────ack, programming──► Programming ──B0, 120 s or a sign-on──► Signed off
type IEC struct {
	Address string        // its device address; empty: it answers to the general request only
	AckWait time.Duration // how long it waits for the acknowledgement of its identification; 0 means 1.5 s

	state   iecState
	buf     []byte // an unfinished message
	last    time.Time
	due     time.Time // in Identified: when it stops waiting
	out     []byte
	block   []byte // the latest data, for a reader that asks for it again
	scratch [10]string
}

type iecState byte

const (
	iecSignedOff iecState = iota
	iecIdentified
	iecProgramming
)

// NewIEC makes a meter with a device address of at most 32 letters, digits and spaces; leading zeros do not count.
func NewIEC(address string) *IEC { return &IEC{Address: address} }

// Due returns when the meter stops waiting for an acknowledgement.
func (m *IEC) Due() time.Time {
	if m.state != iecIdentified {
		return time.Time{}
	}
	return m.due
}

// Feed takes messages, whole or in pieces.
//
// A reader that does not acknowledge the identification is one of mode A, or its acknowledgement was not understood. It gets
// the readout all the same, at the first speed (IEC 62056-21, 6.4.3).
func (m *IEC) Feed(p []byte, now time.Time) []byte {
	m.out = m.out[:0]
	m.expire(now)
	if len(p) == 0 {
		return m.out
	}
	m.last = now
	for _, b := range p {
		m.input(b, now)
	}
	return m.out
}

// expire does what silence up to now has brought about.
func (m *IEC) expire(now time.Time) {
	silence := now.Sub(m.last)
	if silence > iecPause {
		m.buf = m.buf[:0]
	}
	switch {
	case m.state == iecIdentified && !now.Before(m.due):
		m.buf = m.buf[:0]
		m.readout(now)
	case m.state == iecProgramming && silence > iecIdle:
		m.state = iecSignedOff
	}
}

// input takes one byte. Noise between messages is ignored, and so are the NULs that wake a battery meter.
func (m *IEC) input(b byte, now time.Time) {
	switch {
	case len(m.buf) > 0 && m.buf[0] == soh:
		m.takeCommand(b, now)
	case b == '/': // a reader that begins anew, perhaps with another meter on the line
		m.state, m.buf = iecSignedOff, append(m.buf[:0], b)
	case len(m.buf) > 0 && m.buf[0] == '/':
		m.takeSignOn(b, now)
	case len(m.buf) > 0:
		m.takeAck(b, now)
	case b == ack && m.state == iecIdentified, b == soh && m.state == iecProgramming:
		m.buf = append(m.buf, b)
		m.due = now.Add(m.ackWait())
	case b == nak && m.state != iecIdentified:
		m.out = append(m.out, m.block...)
	}
}

func (m *IEC) takeSignOn(b byte, now time.Time) {
	m.buf = append(m.buf, b)
	if b != '\n' {
		if len(m.buf) > len("/?!\r\n")+iecAddresses {
			m.buf = m.buf[:0]
		}
		return
	}
	request := string(m.buf)
	m.buf = m.buf[:0]
	address, ok := strings.CutSuffix(request, "!\r\n")
	if !ok {
		return
	}
	address, ok = strings.CutPrefix(address, "/?")
	if !ok || address != "" && !sameIECAddress(address, m.Address) {
		return
	}
	m.state, m.block = iecIdentified, nil
	m.due = now.Add(m.ackWait())
	m.out = append(m.out, IECIdentification...)
}

// takeAck collects an acknowledgement and option select: ACK, protocol, speed, mode, CR, LF.
func (m *IEC) takeAck(b byte, now time.Time) {
	m.buf = append(m.buf, b)
	m.due = now.Add(m.ackWait())
	if len(m.buf) < 6 {
		return
	}
	option := slices.Clone(m.buf)
	m.buf = m.buf[:0]
	if option[1] == '0' && option[3] == '1' && string(option[4:]) == "\r\n" {
		m.state = iecProgramming
		m.reply(soh, "P0", "("+m.identity()+")")
		return
	}
	m.readout(now) // asked for, or the option select was not understood
}

func (m *IEC) readout(now time.Time) {
	m.state = iecSignedOff
	var lines strings.Builder
	for _, d := range m.data(now) {
		lines.WriteString(d.code + "(" + d.value + ")\r\n")
	}
	lines.WriteString("!\r\n")
	m.reply(stx, "", lines.String())
}

// reply sends a message with its block check character. begin is SOH before a command, or STX before data alone.
func (m *IEC) reply(begin byte, command, data string) {
	m.block = append(m.block[:0], begin)
	if begin == soh {
		m.block = append(m.block, command...)
		m.block = append(m.block, stx)
	}
	m.block = append(m.block, data...)
	m.block = append(m.block, etx)
	m.block = append(m.block, BCC(m.block[1:]))
	m.out = append(m.out, m.block...)
}

func (m *IEC) ackWait() time.Duration {
	if m.AckWait <= 0 {
		return iecReaction
	}
	return m.AckWait
}

// datum is one line of a readout: OBIS code in its reduced form (IEC 62056-61), and value with unit.
type datum struct{ code, value string }

// data returns everything that the meter can tell, in the order of its readout. Date and time are UTC.
func (m *IEC) data(now time.Time) []datum {
	now = now.UTC()
	return []datum{
		{"C.1.0", Name},
		{"0.0.0", m.identity()},
		{"0.2.0", "SIMULATED"},
		{"F.F", "00000000"},
		{"0.9.1", now.Format("150405")},
		{"0.9.2", now.Format("060102")},
		{"1.8.0", kWh(simEnergy)},
		{"1.8.1", kWh(simEnergyTariff1)},
		{"1.8.2", kWh(simEnergyTariff2)},
		{"2.8.0", kWh(simEnergyOut)},
		{"1.7.0", fmt.Sprintf("%06.3f*kW", simPower/1000)},
		{"32.7.0", volts(0)}, {"52.7.0", volts(1)}, {"72.7.0", volts(2)},
		{"31.7.0", amperes(0)}, {"51.7.0", amperes(1)}, {"71.7.0", amperes(2)},
		{"13.7.0", fmt.Sprintf("%.3f", simFactor)},
		{"14.7.0", fmt.Sprintf("%.2f*Hz", simFrequency)},
	}
}

func kWh(wh uint32) string     { return fmt.Sprintf("%06d.%03d*kWh", wh/1000, wh%1000) }
func volts(phase int) string   { return fmt.Sprintf("%.1f*V", simVoltage[phase]) }
func amperes(phase int) string { return fmt.Sprintf("%06.2f*A", simCurrent[phase]) }

func (m *IEC) identity() string { return "SIM" + cmp.Or(m.Address, "00000001") }

// sameIECAddress compares device addresses by IEC 62056-21, 6.3.14: leading zeros do not count, letter case does.
func sameIECAddress(a, b string) bool {
	return b != "" && strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
}

// validIECAddress reports whether a meter can have that device address.
func validIECAddress(address string) bool {
	return len(address) <= iecAddresses && !strings.ContainsFunc(address, func(r rune) bool {
		return r != ' ' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// BCC returns the block check character of IEC 62056-21 (ISO 1155): of all bytes after the first SOH or STX, up to and
// including ETX.
func BCC(p []byte) byte {
	var sum byte
	for _, b := range p {
		sum ^= b
	}
	return sum
}
