package relaytest

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"meterline/relay"
)

// invented is what simulated modems tell of themselves, by the names of places.
var invented = map[string]string{
	relay.FactSignal: "17", relay.FactICCID: "8970100000000000001", relay.FactIMEI: "861234567890123", relay.FactPhone: "13066668888",
	relay.FactModel: "SIMULATED", relay.FactFirmware: "1.0", relay.FactHardware: "2.0", relay.FactTemperature: "23",
	relay.FactInputs: "00010002", relay.FactCell: "250-01-1A2B", relay.FactAddress: "10.0.0.17", relay.FactInterface: "RS485",
}

// fill writes t with something in all its places.
func fill(t relay.Template, wire []byte) []byte {
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

// something fits into a place, and does not hold what ends that.
func something(part relay.Part, end []byte) []byte {
	value := []byte(invented[part.Name])
	if len(value) == 0 {
		value = []byte("0123456789")
	}
	if part.Length > 0 {
		return bytes.Repeat(value, part.Length/len(value)+1)[:part.Length]
	}
	return slices.DeleteFunc(value, func(c byte) bool { return len(end) > 0 && c == end[0] })
}

// wireID is how an id stands on the wire.
func wireID(p *relay.Profile, id string) ([]byte, error) {
	length := 0
	for _, part := range p.Registration {
		if part.Name == "id" {
			length = part.Length
		}
	}
	switch p.IDFormat {
	case relay.IDHex, relay.IDHexReversed:
		wire, err := hex.DecodeString(strings.NewReplacer(":", "", "-", "", " ", "").Replace(id))
		if p.IDFormat == relay.IDHexReversed {
			slices.Reverse(wire)
		}
		return wire, err
	case relay.IDBCD:
		return hex.DecodeString(id + strings.Repeat("F", max(2*length-len(id), len(id)%2)))
	default:
		return []byte(id), nil
	}
}
