package simulated

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// dlmsPushSide is a meter that connects to push an alarm, and pushes its schedule when nobody reads it for a while. Otherwise
// it is transparent.
type dlmsPushSide struct{ id string }

// A meter whose equipment identifier has 17 characters pushes in the form of DSMR 4 when it connects, any other in the form of
// SMR 5. All later pushes have the form of SMR 5.
var dlmsPushSideKind = sideKind{
	name: "dlms-push", every: time.Hour,
	check: func(id string) error {
		if id == "" || len(id) > 32 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return errors.New("an equipment identifier has up to 32 letters and digits, under DSMR 4 it has 17")
		}
		return nil
	},
	make: func(id string) Side { return &dlmsPushSide{id} },
}

func (s *dlmsPushSide) Connect(time.Time) []byte {
	if len(s.id) == 17 {
		return append([]byte(s.id+","), 0, 0, 0, 2) // the alarm: replace the battery
	}
	return s.notification(1, 0x06, 0, 0, 0, 2)
}

// Beat pushes the schedule.
func (s *dlmsPushSide) Beat() []byte { return s.notification(0) }

// notification returns an SMR 5 push of the push setup with that number, and a register if there is one.
func (s *dlmsPushSide) notification(setup byte, register ...byte) []byte {
	elements := byte(2)
	if len(register) > 0 {
		elements = 3
	}
	p := slices.Concat([]byte{0x0F, 0, 0, 0, 1, 0x00, 0x02, elements, 0x09, byte(len(s.id))}, []byte(s.id),
		[]byte{0x09, 6, 0, setup, 25, 9, 0, 255}, register)
	return append([]byte{0, 1, 0, 0x67, 0, 0x66, byte(len(p) >> 8), byte(len(p))}, p...)
}

// Take passes everything on.
func (s *dlmsPushSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	return p, nil, nil
}

// Put adds nothing.
func (s *dlmsPushSide) Put(p []byte) []byte { return p }

// Online is always true: a push is not answered.
func (s *dlmsPushSide) Online() bool { return true }

// Silences returns a silence before pushes: only the pause distinguishes a push from the answer to a program.
func (*dlmsPushSide) Silences() (packet, beat time.Duration) { return 0, beatSilence }
