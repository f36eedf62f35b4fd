package dialer

import (
	"encoding/hex"
	"fmt"
	"strings"

	"meterline/cmd/meterline/render"
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
