package dialer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"meterline/cmd/meterline/render"
	"meterline/relay/crc16"
)

// Question is what a meter is asked once, to see whether it answers: one of IEC, Modbus and Hex, given by the flags of a verb.
type Question struct {
	IEC     bool   // the sign-on of IEC 62056-21
	Address string // with IEC: the meter's address, empty for any meter
	Modbus  string // UNIT:REGISTER[:COUNT], holding registers counted from 0
	Hex     string // any bytes, in pairs of hex digits
}

// Request returns the bytes to send. An error names the flag, and says how to write it.
func (v *Question) Request() ([]byte, error) {
	switch {
	case v.IEC:
		return []byte("/?" + v.Address + "!\r\n"), nil
	case v.Modbus != "":
		return modbusRequest(v.Modbus)
	}
	request, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\t", "").Replace(v.Hex))
	if err != nil || len(request) == 0 {
		return nil, fmt.Errorf("--hex %q: write pairs of hex digits, e.g. \"7e a0 08\"", v.Hex)
	}
	return request, nil
}

// Meaning describes the answer to request.
func (v *Question) Meaning(request, answer []byte) string {
	switch {
	case v.IEC:
		return iecMeaning(answer)
	case v.Modbus != "":
		return modbusMeaning(request, answer)
	}
	return fmt.Sprintf("%d bytes came back", len(answer))
}

// iecMeaning describes the identification "/XXXZ..." of IEC 62056-21, 6.3.2: manufacturer, speed, name.
func iecMeaning(answer []byte) string {
	_, id, found := strings.Cut(string(answer), "/")
	id, _, ended := strings.Cut(id, "\r\n")
	if !found || !ended || len(id) < 4 {
		return "something came back, but no IEC 62056-21 identification"
	}
	return "the meter answers: " + render.Printable(id)
}

// modbusRequest returns a request by function 3 for UNIT:REGISTER[:COUNT].
func modbusRequest(text string) ([]byte, error) {
	fault := fmt.Errorf("--modbus %q: write UNIT:REGISTER[:COUNT], e.g. 1:0:2 (unit 1-247, register 0-65535, count 1-125)", text)
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = append(parts, "1")
	}
	if len(parts) != 3 {
		return nil, fault
	}
	unit, err1 := strconv.ParseUint(parts[0], 10, 8)
	register, err2 := strconv.ParseUint(parts[1], 10, 16)
	count, err3 := strconv.ParseUint(parts[2], 10, 16)
	if errors.Join(err1, err2, err3) != nil || unit < 1 || unit > 247 || count < 1 || count > 125 {
		return nil, fault
	}
	frame := []byte{byte(unit), 3, byte(register >> 8), byte(register), byte(count >> 8), byte(count)}
	return crc16.Modbus.Append(frame), nil
}

// modbusMeaning describes the answer to a request for holding registers.
func modbusMeaning(request, answer []byte) string {
	if len(answer) < 5 {
		return fmt.Sprintf("%d bytes came back: too few for Modbus RTU", len(answer))
	}
	body := answer[:len(answer)-2]
	if !bytes.Equal(crc16.Modbus.Append(bytes.Clone(body)), answer) {
		return fmt.Sprintf("%d bytes came back with a wrong CRC: another protocol, a wrong speed at the meter, or pieces lost", len(answer))
	}
	if body[0] != request[0] {
		return fmt.Sprintf("unit %d answers instead of unit %d", body[0], request[0])
	}
	if body[1]&0x80 != 0 {
		return fmt.Sprintf("unit %d answers with exception %d (%s)", body[0], body[2], modbusException(body[2]))
	}
	values := body[3:]
	if body[1] != request[1] || int(body[2]) != len(values) || len(values)%2 != 0 {
		return fmt.Sprintf("unit %d answers with another frame than asked for", body[0])
	}
	var words []string
	for i := 0; i < len(values); i += 2 {
		words = append(words, strconv.Itoa(int(values[i])<<8|int(values[i+1])))
	}
	return fmt.Sprintf("unit %d answers: %s", body[0], strings.Join(words, " "))
}

// modbusException names the exception codes of the Modbus application protocol, section 7.
func modbusException(code byte) string {
	names := map[byte]string{
		1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "server device failure",
		5: "acknowledge", 6: "server device busy", 8: "memory parity error",
		10: "gateway path unavailable", 11: "gateway target did not respond",
	}
	if name, ok := names[code]; ok {
		return name
	}
	return "unknown"
}
