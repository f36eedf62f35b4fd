package simulated

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"time"
)

var (
	irzSide = sideKind{
		name: "irz", every: 50 * time.Second, check: checkIRZ,
		make: func(id string) Side { return &irzModem{id: id, framed: true} },
	}
	irzPlainSide = sideKind{
		name: "irz-plain", every: 50 * time.Second, check: checkIRZ,
		make: func(id string) Side { return &irzModem{id: id} },
	}
)

func checkIRZ(id string) error {
	if !onlyDigits(id, 14, 16) {
		return errors.New("an IMEI has 14 to 16 digits")
	}
	return nil
}

// irzModem is an iRZ ATM, after its published emulator. What it says of itself is invented.
type irzModem struct {
	id     string
	framed bool
	online bool
	came   []byte // from the server, not understood yet
}

// irzGreeting is the answer that puts the modem on line.
var irzGreeting = regexp.MustCompile(`^\d{14},MOD=DAT,\r`)

// irzGreetingSize is its length in bytes.
const irzGreetingSize = len("20060102150405,MOD=DAT,\r")

func (m *irzModem) Connect(time.Time) []byte {
	protocol := ""
	if m.framed {
		protocol = "COLPROT=1.3,"
	}
	return fmt.Appendf(nil, "AT$IMEI=%s,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,%sATP=1.1,INT=485+232,CHN=1,\n",
		m.id, protocol)
}

func (m *irzModem) Take(p []byte, now time.Time) (data, reply []byte, err error) {
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
func (m *irzModem) greet(now time.Time) error {
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

func (m *irzModem) Put(p []byte) []byte {
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

func (m *irzModem) Beat() []byte {
	beat := []byte{0xB5, 0xBC, 0xBD, 0xBE, 0xBF}
	if m.framed {
		return irzWrap(2, beat)
	}
	return beat
}

// Silences returns a silence before keepalives without encapsulation, where they come among the data.
func (m *irzModem) Silences() (packet, beat time.Duration) {
	if m.framed {
		return 0, 0
	}
	return 0, beatSilence
}

func (m *irzModem) Online() bool { return m.online }
