package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"meterline/cmd/meterline/render"
)

// question is what a meter is asked once, to see whether it is there.
type question struct {
	iec         bool
	address     string
	modbus, hex string
}

// request is what the flags ask to be sent.
func (v *question) request() ([]byte, error) {
	switch {
	case v.iec:
		return []byte("/?" + v.address + "!\r\n"), nil
	case v.modbus != "":
		return modbusRequest(v.modbus)
	}
	request, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\t", "").Replace(v.hex))
	if err != nil || len(request) == 0 {
		return nil, fmt.Errorf("--hex %q: write pairs of hex digits, e.g. \"7e a0 08\"", v.hex)
	}
	return request, nil
}

// meaning says in words what came back.
func (v *question) meaning(request, answer []byte) string {
	switch {
	case v.iec:
		return iecMeaning(answer)
	case v.modbus != "":
		return modbusMeaning(request, answer)
	}
	return fmt.Sprintf("%d bytes came back", len(answer))
}

// iecMeaning reads the identification "/XXXZ..." of IEC 62056-21, 6.3.2: manufacturer, speed, name.
func iecMeaning(answer []byte) string {
	_, id, found := strings.Cut(string(answer), "/")
	id, _, ended := strings.Cut(id, "\r\n")
	if !found || !ended || len(id) < 4 {
		return "something came back, but no IEC 62056-21 identification"
	}
	return "the meter answers: " + render.Printable(id)
}
