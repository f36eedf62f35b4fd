package profile

import (
	"bytes"
	"errors"
	"net/netip"
	"time"
)

// DDP is the protocol of Hongdian's modems, which Four-Faith's DCTCP and many others follow.
const DDP Kind = "ddp"

var ddpFamily = family{
	kind:  DDP,
	about: "packets between { and {, with an id of 11 characters: Hongdian DDP, Four-Faith DCTCP (H7710S-DDP description)",
	description: Description{
		Registration: `7B 01 00 16, id of 11 characters, address, port, 7B`,
		Answer:       `7B 81 00 10, id, 7B, to each registration; 7B 82 00 10, id, 7B when it logs out`,
		Data:         `7B 09, length, id, and the data before or behind 7B; 7B 89 in the same form to the modem`,
		Heartbeats:   `the registration again`,
		Facts:        `address`,
	},
	register: func(*Profile, IDs) Registration {
		return &ddpCaller{}
	},
	answer: func(_ *Profile, v *Verdict, _ time.Time) []byte {
		return appendDDP(nil, ddpRegister|ddpDown, v.ID, ddpApart, nil)
	},
	codec: func(_ *Profile, v *Verdict, _ Ends) Codec {
		return &ddp{id: v.ID, told: v.Facts}
	},
	checkID: func(id string) error {
		if len(id) != ddpID || !visible(id) {
			return errors.New("a DDP id has 11 visible ASCII characters, mostly the digits of the modem's telephone number")
		}
		return nil
	},
}

// ddpCaller reads the packet with which a modem registers.
type ddpCaller struct{ buf []byte }

func (r *ddpCaller) Feed(p []byte) Verdict {
	n := min(len(p), ddpCall-len(r.buf))
	r.buf = append(r.buf, p[:n]...)
	if len(r.buf) == 0 {
		return Verdict{}
	}
	h, m := matchDDP(r.buf, "")
	switch {
	case m == matchNo || len(r.buf) > 1 && h.kind != ddpRegister:
		return Verdict{Refused: RefusedGarbage}
	case m == matchMore:
		return Verdict{}
	}
	id := r.buf[4:ddpHead]
	return Verdict{Done: true, ID: string(id), wire: id, Rest: bytes.Clone(p[n:]), Facts: ddpFacts(r.buf)}
}

func (r *ddpCaller) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

func (r *ddpCaller) Partial() string {
	return string(r.buf[min(4, len(r.buf)):min(ddpHead, len(r.buf))])
}

// ddpFacts is what a registration tells: the modem's address and port inside the operator's network.
func ddpFacts(p []byte) []Fact {
	addr := netip.AddrFrom4([4]byte(p[ddpHead:]))
	port := uint16(p[ddpHead+4])<<8 | uint16(p[ddpHead+5])
	return []Fact{{FactAddress, netip.AddrPortFrom(addr, port).String()}}
}
