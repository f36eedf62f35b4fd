package relay

import (
	"bytes"
	"strings"
	"time"
)

// IRZ is the iRZ ATM modem with its "Collector" protocol, with or without encapsulation.
const IRZ Kind = "irz"

var irzFamily = family{
	kind:  IRZ,
	about: "iRZ ATM: a line AT$IMEI=…, answered with the time; plain or encapsulated, as the line says",
	description: Description{
		Registration: `AT$IMEI=861234567890123,PSW=…,TYP=ATM,DEV=ATM31,…,CSQ=17,COLPROT=1.3,…,\n`,
		Answer:       `20270304050607,MOD=DAT,\r, the local time; encapsulated modems are asked about themselves every 6 hours`,
		Data:         `as it is; with COLPROT=1.… in C8 CA CB CC CD 01, length, data, 0D 0A, both ways`,
		Heartbeats:   `B5 BC BD BE BF, in a packet of type 02, or alone after a pause`,
		Facts:        `model, firmware, hardware, signal, interface, sim, channel; encapsulated also inputs, cell, temperature, iccid`,
	},
	register: func(*Profile, idSet) registration {
		return &irz{}
	},
	answer: irzAnswer,
	codec: func(_ *Profile, v *verdict, _ Ends) Codec {
		if v.variant == irzEncapsulated {
			return &irzFrames{}
		}
		return &irzPlain{}
	},
	checkID: checkIMEI,
}

// irzEncapsulated is the variant in which everything stands in frames.
const irzEncapsulated = "encapsulated"

// irzAnswer sets the modem's clock and puts it on line. Nothing may follow its CR: an LF there breaks the modem.
func irzAnswer(_ *Profile, _ *verdict, now time.Time) []byte {
	return now.AppendFormat(nil, "20060102150405,MOD=DAT,\r")
}

// irz reads the line with which an iRZ modem registers, such as
//
//	AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,COLPROT=1.3,CHN=1,
//
// and an LF. The fields may come in any order; what is unknown among them is passed over. PSW is the password for the
// modem's settings, and never leaves the line.
type irz struct {
	seen int    // bytes
	line []byte // so far, without empty lines before it
}

const irzBegin = "AT$"

func (r *irz) feed(p []byte) verdict {
	for i, c := range p {
		switch r.seen++; {
		case r.seen > maxRegistration:
			return verdict{refused: refusedTooLong}
		case len(r.line) == 0 && (c == '\r' || c == '\n'):
			continue
		case c == '\n':
			return r.whole(p[i+1:])
		case c != '\r' && (c < ' ' || c > '~'), len(r.line) < len(irzBegin) && c != irzBegin[len(r.line)]:
			return verdict{refused: refusedGarbage}
		}
		r.line = append(r.line, c)
	}
	return verdict{}
}

// whole decides about a line that has ended.
func (r *irz) whole(rest []byte) verdict {
	line := bytes.TrimRight(r.line, "\r")
	if len(line) < len(irzBegin) || bytes.IndexByte(line, '\r') >= 0 {
		return verdict{refused: refusedGarbage}
	}
	fields := irzFields(string(line[len(irzBegin):]))
	id := fields["IMEI"]
	if checkIMEI(id) != nil {
		return verdict{refused: refusedGarbage}
	}
	v := verdict{done: true, id: id, wire: []byte(id), rest: bytes.Clone(rest), facts: irzLineFacts(fields)}
	if strings.HasPrefix(fields["COLPROT"], "1.") { // it is absent where encapsulation is off; 1.3 is the one that has been seen
		v.variant = irzEncapsulated
	}
	return v
}

// irzFields are the line's fields by their names. Of a name that comes twice the first counts.
func irzFields(line string) map[string]string {
	fields := make(map[string]string)
	for field := range strings.SplitSeq(line, ",") {
		name, value, ok := strings.Cut(field, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		if _, twice := fields[name]; ok && !twice {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields
}

// silence is never asked for: the line ends by its LF.
func (r *irz) silence() verdict { return verdict{refused: refusedUnfinished} }

// partial shows the IMEI alone: the rest of the line holds the password.
func (r *irz) partial() string {
	return irzFields(strings.TrimPrefix(string(r.line), irzBegin))["IMEI"]
}
