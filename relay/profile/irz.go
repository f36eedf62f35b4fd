package profile

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
	register: func(*Profile, IDs) Registration {
		return &irz{}
	},
	answer: irzAnswer,
	codec: func(_ *Profile, v *Verdict, _ Ends) Codec {
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
func irzAnswer(_ *Profile, _ *Verdict, now time.Time) []byte {
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

func (r *irz) Feed(p []byte) Verdict {
	for i, c := range p {
		switch r.seen++; {
		case r.seen > MaxRegistration:
			return Verdict{Refused: RefusedTooLong}
		case len(r.line) == 0 && (c == '\r' || c == '\n'):
			continue
		case c == '\n':
			return r.whole(p[i+1:])
		case c != '\r' && (c < ' ' || c > '~'), len(r.line) < len(irzBegin) && c != irzBegin[len(r.line)]:
			return Verdict{Refused: RefusedGarbage}
		}
		r.line = append(r.line, c)
	}
	return Verdict{}
}

// whole decides about a line that has ended.
func (r *irz) whole(rest []byte) Verdict {
	line := bytes.TrimRight(r.line, "\r")
	if len(line) < len(irzBegin) || bytes.IndexByte(line, '\r') >= 0 {
		return Verdict{Refused: RefusedGarbage}
	}
	fields := irzFields(string(line[len(irzBegin):]))
	id := fields["IMEI"]
	if checkIMEI(id) != nil {
		return Verdict{Refused: RefusedGarbage}
	}
	v := Verdict{Done: true, ID: id, wire: []byte(id), Rest: bytes.Clone(rest), Facts: irzLineFacts(fields)}
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

// Silence is never asked for: the line ends by its LF.
func (r *irz) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

// Partial shows the IMEI alone: the rest of the line holds the password.
func (r *irz) Partial() string {
	return irzFields(strings.TrimPrefix(string(r.line), irzBegin))["IMEI"]
}
