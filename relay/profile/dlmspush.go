package profile

import (
	"bytes"
	"errors"
	"strings"
	"time"
)

// DLMSPush are meters, or modems before them, that connect to push a message and then wait to be read.
const DLMSPush Kind = "dlms-push"

// PushToProgram is the Push of profiles whose pushes the program shall have, too.
const PushToProgram = "program"

var dlmsPushFamily = family{
	kind:  DLMSPush,
	about: "a DLMS push with the equipment identifier: DSMR 4, SMR 5 DataNotification, MX382 EventNotification (OSGP's decoders)",
	description: Description{
		Registration: `the first push: E0012345678901234, a comma, and 4 or 6 bytes; or 00 01, …, 0F or C2, … 09, length, identifier`,
		Data:         `as it is; pushes after a pause become events, and go to programs with push = "program" only`,
		Facts:        `none: what is pushed becomes events`,
	},
	register: func(p *Profile, _ IDs) Registration {
		return &pushCaller{toProgram: p.Push == PushToProgram}
	},
	codec: func(p *Profile, v *Verdict, _ Ends) Codec {
		c := &pushes{id: v.ID, toProgram: p.Push == PushToProgram, boundary: true}
		if c.toProgram {
			for _, e := range v.Events {
				c.seen += len(e.Data)
			}
		}
		return newChain(c, newHeartbeats(p.Heartbeats))
	},
	checkID: func(id string) error {
		if id == "" || len(id) > 127 || !alphanumeric([]byte(id)) {
			return errors.New("an equipment identifier has letters and digits only, such as E0012345678901234")
		}
		return nil
	},
}

// validateOwn says what is wrong with the fields that belong to some families only.
func (p *Profile) validateOwn(fault func(format string, args ...any)) {
	switch {
	case p.Push != "" && p.Kind != DLMSPush:
		fault("push belongs to kind %q; leave it out", DLMSPush)
	case p.Push != "" && p.Push != PushToProgram:
		fault("push %q: write %q, or leave it out and pushes are kept as events only", p.Push, PushToProgram)
	}
	if (p.Kind == DDP || p.Kind == Mercury228) && len(p.Heartbeats) > 0 {
		fault("kind %q has packets throughout, so that nothing else can be a heartbeat; leave heartbeats out", p.Kind)
	}
}

// pushQuiet is the silence that ends a push of which nothing else tells the end.
const pushQuiet = 300 * time.Millisecond

// pushCaller takes the first push for a registration.
type pushCaller struct {
	toProgram bool
	buf       []byte
}

func (r *pushCaller) Feed(p []byte) Verdict {
	r.buf = append(r.buf, p...)
	if len(r.buf) == 0 {
		return Verdict{}
	}
	one, m, pause := readPush(r.buf, false)
	switch {
	case m == matchYes:
		return r.registered(one)
	case m == matchNo:
		return Verdict{Refused: RefusedGarbage}
	case pause:
		return Verdict{Wait: pushQuiet}
	}
	return Verdict{}
}

func (r *pushCaller) Silence() Verdict {
	one, m, _ := readPush(r.buf, true)
	if m != matchYes {
		return Verdict{Refused: RefusedUnfinished}
	}
	return r.registered(one)
}

func (r *pushCaller) registered(one push) Verdict {
	rest := r.buf[one.n:]
	if r.toProgram {
		rest = r.buf
	}
	return Verdict{Done: true, ID: one.id, wire: []byte(one.id), Rest: bytes.Clone(rest), Events: []Event{one.event}}
}

func (r *pushCaller) Partial() string { return string(r.buf[:min(len(r.buf), equipmentID)]) }

// pushes makes events of the pushes that come later. They are looked for behind a pause, and directly behind another push,
// and only this meter's own are taken for some: anything else is the answer to a program.
type pushes struct {
	id        string
	toProgram bool

	seen     int    // bytes of the registration's push that go to the program
	boundary bool   // a push may begin here
	held     []byte // the beginning of one
	data     []byte // room for what is handed on
}

func (c *pushes) Decode(p []byte, idle time.Duration) Decoded {
	n := min(c.seen, len(p))
	c.seen -= n
	switch {
	case n == len(p):
		return Decoded{Data: p}
	case n == 0 && len(c.held) == 0 && idle >= StandsAlone:
		c.boundary = true
	}
	if n == 0 && !c.boundary {
		return Decoded{Data: p}
	}
	c.data = append(c.data[:0], p[:n]...)
	c.held = append(c.held, p[n:]...)
	return c.look(false)
}

func (c *pushes) Holding() time.Duration {
	if len(c.held) == 0 {
		return 0
	}
	return pushQuiet
}

func (c *pushes) pending() int { return len(c.held) }

func (c *pushes) Release() Decoded {
	c.data = c.data[:0]
	return c.look(true)
}

// look takes pushes off the front of what is held, and hands on what is none.
func (c *pushes) look(quiet bool) Decoded {
	var d Decoded
	rest := c.held
	for len(rest) > 0 && c.boundary {
		one, m := c.read(rest, quiet)
		if m == matchMore && !quiet {
			break
		}
		if c.boundary = m == matchYes; !c.boundary {
			break
		}
		d.Events = append(d.Events, one.event)
		if c.toProgram {
			c.data = append(c.data, rest[:one.n]...)
		}
		rest = rest[one.n:]
	}
	if !c.boundary {
		c.data = append(c.data, rest...)
		rest = nil
	}
	c.held = append(c.held[:0], rest...)
	d.Data = c.data
	return d
}

// read tells whether p begins with a push of this meter.
func (c *pushes) read(p []byte, quiet bool) (push, match) {
	if p[0] != 0 && !strings.HasPrefix(c.id, string(p[:min(len(p), equipmentID)])) {
		return push{}, matchNo // it need not be held any longer
	}
	one, m, _ := readPush(p, quiet)
	if m == matchYes && one.id != c.id {
		m = matchNo
	}
	return one, m
}
