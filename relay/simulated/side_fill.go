package simulated

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"meterline/relay/profile"
)

// invented is what simulated modems say of themselves, by the names of places.
var invented = map[string]string{
	profile.FactSignal: "17", profile.FactICCID: "8970100000000000001", profile.FactIMEI: "861234567890123", profile.FactPhone: "13066668888",
	profile.FactModel: "SIMULATED", profile.FactFirmware: "1.0", profile.FactHardware: "2.0", profile.FactTemperature: "23",
	profile.FactInputs: "00010002", profile.FactCell: "250-01-1A2B", profile.FactAddress: "10.0.0.17", profile.FactInterface: "RS485",
}

// fill returns t with something in all its places.
func fill(t profile.Template, wire []byte) []byte {
	var out []byte
	for i, part := range t {
		var end []byte
		if i+1 < len(t) {
			end = t[i+1].Literal
		}
		switch part.Name {
		case "":
			out = append(out, part.Literal...)
		case "id":
			out = append(out, wire...)
		default:
			out = append(out, something(part, end)...)
		}
	}
	return out
}

// something returns bytes that fit into a place, and do not contain what ends the place.
func something(part profile.Part, end []byte) []byte {
	value := []byte(invented[part.Name])
	if len(value) == 0 {
		value = []byte("0123456789")
	}
	if part.Length > 0 {
		return bytes.Repeat(value, part.Length/len(value)+1)[:part.Length]
	}
	return slices.DeleteFunc(value, func(c byte) bool { return len(end) > 0 && c == end[0] })
}

// wireID returns an id as it is sent.
func wireID(p *profile.Profile, id string) ([]byte, error) {
	length := 0
	for _, part := range p.Registration {
		if part.Name == "id" {
			length = part.Length
		}
	}
	switch p.IDFormat {
	case profile.IDHex, profile.IDHexReversed:
		wire, err := hex.DecodeString(strings.NewReplacer(":", "", "-", "", " ", "").Replace(id))
		if p.IDFormat == profile.IDHexReversed {
			slices.Reverse(wire)
		}
		return wire, err
	case profile.IDBCD:
		return hex.DecodeString(id + strings.Repeat("F", max(2*length-len(id), len(id)%2)))
	default:
		return []byte(id), nil
	}
}
