package frame

import (
	"encoding/binary"
	"fmt"

	"meterline/bridge/frame/hdlc"
	"meterline/relay/crc16"
)

// withModbusSum appends the check sum.
func withModbusSum(p []byte) []byte {
	return binary.LittleEndian.AppendUint16(p, crc16.Modbus.Sum(p))
}

// chaosValue is what all answers have in common: hardly a piece of one is nothing but noise.
const chaosValue = 0x4142434445000000

var chaosKinds = []chaosKind{
	{name: "modbus", cfg: Config{Protocol: Modbus}, wake: []byte{0xFF, 0xFF}, next: chaosModbus},
	{name: "mercury", cfg: Config{Protocol: Mercury}, wake: []byte{0xFF}, next: chaosMercury},
	{name: "mbus", cfg: Config{Protocol: MBus}, wake: []byte{0x55, 0x55, 0x55}, next: chaosMBus},
	{name: "iec mode A", cfg: Config{Protocol: IEC}, wake: []byte{0, 0, 0}, next: chaosModeA},
	{name: "iec mode C", cfg: Config{Protocol: IEC}, next: chaosModeC},
	{name: "dlms", cfg: Config{Protocol: HDLC}, next: chaosDLMS},
	{name: "wrapper", cfg: Config{Protocol: Wrapper}, next: chaosWrapper, mute: true},
}

// chaosModbus reads registers, or writes one: then the answer is like the request.
func chaosModbus(w *chaos) chaosRequest {
	w.tag++
	p := binary.BigEndian.AppendUint16([]byte{byte(1 + w.tag%2), 3}, uint16(w.tag))
	if w.chance(15) {
		p[1] = 6
		text := withModbusSum(binary.BigEndian.AppendUint16(p, uint16(w.tag*7)))
		return chaosRequest{text: text, answer: func() [][]byte { return [][]byte{text} }}
	}
	tag := w.tag
	odd := w.chance(10)
	return chaosRequest{text: withModbusSum(append(p, 0, 4)), answer: func() [][]byte {
		a := []byte{p[0], 3, 8}
		if odd {
			a[2] = 12
			a = append(a, 0x10, 0x20, 0x30, 0x40)
		}
		a = binary.BigEndian.AppendUint64(a, chaosValue|uint64(tag))
		return [][]byte{withModbusSum(a)}
	}}
}

// chaosMercury reads energy from one of many meters.
func chaosMercury(w *chaos) chaosRequest {
	w.tag++
	address, tag := byte(1+w.tag%200), w.tag
	return chaosRequest{text: withModbusSum([]byte{address, mercuryEnergy, 0, 0}), answer: func() [][]byte {
		a := binary.BigEndian.AppendUint64([]byte{address}, chaosValue|uint64(tag))
		return [][]byte{withModbusSum(append(a, 1, 2, 3, 4, 5, 6, 7, 8))}
	}}
}

// chaosMBus reads one meter, by turns one of many and the one that is selected.
func chaosMBus(w *chaos) chaosRequest {
	w.tag++
	tag := w.tag
	address, control := byte(1+w.tag%240), byte(0x5B)
	if w.chance(30) {
		control = 0x7B
	}
	return chaosRequest{text: []byte{0x10, control, address, control + address, 0x16}, answer: func() [][]byte {
		body := binary.BigEndian.AppendUint64([]byte{0x08, address, 0x72}, chaosValue|uint64(tag))
		sum := byte(0)
		for _, b := range body {
			sum += b
		}
		n := byte(len(body))
		return [][]byte{append(append([]byte{0x68, n, n, 0x68}, body...), sum, 0x16)}
	}}
}

// chaosModeA signs on to one of many meters, which say their name and go on with data.
func chaosModeA(w *chaos) chaosRequest {
	w.tag++
	tag := w.tag
	bare := w.chance(50)
	return chaosRequest{text: fmt.Appendf(nil, "/?%d!\r\n", tag), answer: func() [][]byte {
		block := fmt.Sprintf("1.8.0(%d*kWh)\r\n2.8.0(%d)\r\n!\r\n", tag, tag)
		if !bare {
			block = "\x02" + block + "\x03\x42"
		}
		return [][]byte{fmt.Appendf(nil, "/ABC_%d\r\n", tag), []byte(block)}
	}}
}

// chaosModeC signs on, and asks for data when the meter has said its name.
func chaosModeC(w *chaos) chaosRequest {
	if w.done && w.asked.text != nil && w.asked.text[0] == '/' {
		tag := w.tag
		return chaosRequest{text: []byte("\x06050\r\n"), answer: func() [][]byte {
			return [][]byte{fmt.Appendf(nil, "\x021.8.0(%d)\r\n!\r\n\x03\x42", tag)}
		}}
	}
	w.tag++
	tag := w.tag
	return chaosRequest{text: fmt.Appendf(nil, "/?%d!\r\n", tag), answer: func() [][]byte {
		return [][]byte{fmt.Appendf(nil, "/ABC5%d\r\n", tag)}
	}}
}

// chaosDLMS reads an attribute with the next numbers, or, as some clients do, with those of the request that it has given up.
func chaosDLMS(w *chaos) chaosRequest {
	if w.done || w.chance(50) {
		w.vs, w.vr = (w.vs+1)&7, (w.vr+1)&7
	}
	w.tag++
	tag, vs, vr, invoke := w.tag, w.vs, w.vr, byte(w.tag&15)
	if w.chance(30) {
		invoke = 1
	}
	info := []byte{0xE6, 0xE6, 0, hdlc.GetRequest, 1, 0xC0 | invoke, byte(tag >> 16), byte(tag >> 8), byte(tag), 0, 0, 2, 0, 0xFF, 2, 0}
	return chaosRequest{text: hdlcOf(false, byte(vs<<1|vr<<5|hdlc.Final), false, info), answer: func() [][]byte {
		info := binary.BigEndian.AppendUint64([]byte{0xE6, 0xE7, 0, hdlc.GetResponse, 1, 0xC0 | invoke, 0, 0x15}, chaosValue|uint64(tag))
		return [][]byte{hdlcOf(true, byte(vr<<1|((vs+1)&7)<<5|hdlc.Final), false, info)}
	}}
}

// chaosWrapper reads an attribute, often with the same invoke id.
func chaosWrapper(w *chaos) chaosRequest {
	w.tag++
	tag, invoke := w.tag, byte(w.tag&15)
	if w.chance(70) {
		invoke = 1
	}
	unit := []byte{hdlc.GetRequest, 1, 0xC0 | invoke, byte(tag >> 16), byte(tag >> 8), byte(tag), 0, 0, 2, 0, 0xFF, 2, 0}
	return chaosRequest{text: wrapped(false, unit), answer: func() [][]byte {
		return [][]byte{wrapped(true, binary.BigEndian.AppendUint64([]byte{hdlc.GetResponse, 1, 0xC0 | invoke, 0, 0x15}, chaosValue|uint64(tag)))}
	}}
}
