// Package trace shows an operator what becomes of a modem's bytes: it plays a connection by a profile and returns each step. It
// has no parsers of its own, and no connection: package profile's parsers are the ones that real modems meet.
//
// Play lets time pass by tracer.wait and feeds bytes by tracer.receive. Until the modem has registered, tracer.verdict acts on
// what its registration says; then tracer.decode has the codec take the bytes apart, and tracer.decoded shows the result.
package trace

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// Arrival is bytes that come from a modem together.
type Arrival struct {
	Bytes []byte
	After time.Duration // the pause before them
}

// Step is one thing that happens on a connection with a modem.
type Step struct {
	At    time.Duration // since the modem connected
	What  What
	Bytes []byte // may be empty
	Text  string // what there is to say besides the bytes

	count int // how many of the modem's bytes this step accounts for; the counts of all steps add up to what it sent
}

// What is the kind of a step.
type What string

// The kinds of steps.
const (
	Sends        What = "modem sends"
	WeSend       What = "we send"
	Waits        What = "more is needed"
	Registers    What = "registration"
	Identity     What = "identity"
	Tells        What = "tells"   // a fact
	Reports      What = "reports" // an event
	Data         What = "data"    // of the meter
	Beats        What = "heartbeat"
	TakesOff     What = "packet header" // or its end, a prefix, an escape, the end of a registration's line
	HoldsBack    What = "held back"     // until more comes, or time has passed
	Drops        What = "dropped"
	Refuses      What = "refused"
	maxTraceSize      = 1 << 20
)

// Play plays a connection with a modem through the same parsers as real ones, and returns what becomes of all that comes. ids
// are the known modems; without any, every identity is known. It is an error if the profile is not valid.
func Play(p *profile.Profile, arrivals []Arrival, ids []string, now time.Time) ([]Step, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	size := 0
	for _, a := range arrivals {
		size += len(a.Bytes)
	}
	if size > maxTraceSize {
		return nil, errors.New("more than a mebibyte is too much to be looked at")
	}
	t := &tracer{profile: p, ids: profile.NewIDs(p, slices.Values(ids)), begun: now, idle: codec.StandsAlone}
	t.connect()
	for _, a := range arrivals {
		if t.over {
			break
		}
		t.wait(a.After)
		t.receive(a.Bytes)
	}
	t.finish()
	return t.steps, nil
}

// tracer plays one connection.
type tracer struct {
	profile  *profile.Profile
	ids      profile.IDs
	begun    time.Time
	at       time.Duration
	idle     time.Duration // since the last byte
	steps    []Step
	over     bool
	reg      profile.Registration // nil: it has registered, or does not register
	last     profile.Verdict
	received []byte // before it has registered
	codec    codec.Codec
}

func (t *tracer) note(what What, b []byte, text string) {
	t.addStep(what, b, text, 0)
}

// addStep adds a step that accounts for count of the modem's bytes.
func (t *tracer) addStep(what What, b []byte, text string, count int) {
	t.steps = append(t.steps, Step{t.at, what, slices.Clone(b), text, count})
}

func (t *tracer) sent(b []byte) {
	if len(b) > 0 {
		t.note(WeSend, b, "")
	}
}

// refuse ends the connection, and accounts for count bytes.
func (t *tracer) refuse(why string, count int) {
	t.addStep(Refuses, nil, why, count)
	t.over = true
}

// connect is what happens before the modem says anything.
func (t *tracer) connect() {
	if !t.profile.Registers() {
		t.serve(profile.Verdict{})
		return
	}
	t.reg, _ = t.profile.NewRegistration(t.ids) // it registers, so there is one
	t.sent(t.profile.Hello(wire.Credentials{}))
}

// serve begins the session.
func (t *tracer) serve(v profile.Verdict) {
	t.reg = nil
	t.codec = t.profile.NewCodec(&v, nil)
	if a, ok := codec.As[codec.Asker](t.codec); ok {
		question, _ := a.Ask()
		t.sent(question)
	}
	if len(v.Rest) > 0 {
		t.decode(v.Rest, 0)
	}
}

// wait lets d pass without a byte.
func (t *tracer) wait(d time.Duration) {
	limit := cmp.Or(t.profile.RegistrationTimeout, profile.DefaultRegistrationTimeout)
	switch wait := t.last.Wait; {
	case t.reg != nil && wait > 0 && d >= wait:
		t.at += wait
		d -= wait
		t.verdict(t.reg.Silence())
	case t.reg != nil && t.at+d > limit:
		t.at = limit
		t.refuse(t.unfinished(), len(t.received))
		return
	}
	t.idle += d
	end := t.at + d
	t.release(d)
	t.at = end
}

func (t *tracer) unfinished() string {
	if len(t.received) == 0 {
		return profile.RefusedSilent
	}
	return profile.RefusedUnfinished
}

// release lets the codec decode what it holds, as far as d, the silence since the last byte, is long enough for that.
func (t *tracer) release(d time.Duration) {
	for h, ok := t.codec.(codec.Holder); ok && h.Holding() > 0 && d >= h.Holding(); {
		d -= h.Holding()
		t.at += h.Holding()
		before := t.held()
		t.decoded(h.Release(), before)
	}
}

func (t *tracer) receive(p []byte) {
	if t.over {
		return
	}
	t.note(Sends, p, "")
	if t.reg == nil {
		t.decode(p, t.idle)
	} else {
		t.received = append(t.received, p...)
		v := t.reg.Feed(slices.Clone(p))
		if class := profile.Scanner(t.received); class != "" && !v.Done && (v.Refused != "" || t.profile.Scans()) {
			v = profile.Verdict{Refused: profile.RefusedScanner + class}
		}
		t.verdict(v)
	}
	t.idle = 0
}

// verdict acts on what the registration has decided.
func (t *tracer) verdict(v profile.Verdict) {
	t.last = v
	switch {
	case v.Refused != "":
		t.refuse(v.Refused, len(t.received))
		return
	case !v.Done:
		t.note(Waits, nil, waitText(v.Wait))
		return
	}
	registration := t.received[:len(t.received)-len(v.Rest)]
	if len(registration) > 0 { // otherwise it is the beginning of the first packet, which is taken apart below
		t.addStep(Registers, registration, "", len(registration))
	}
	known := len(t.ids) == 0 || t.profile.Identify(t.ids, &v)
	others := slices.DeleteFunc(slices.Clone(v.Aliases), func(alias string) bool { return alias == v.ID })
	t.note(Identity, nil, strings.Join(append([]string{v.ID}, others...), ", also "))
	t.report(v.Facts, v.Events, 0)
	if !known {
		t.refuse(profile.RefusedUnknown, len(v.Rest))
		return
	}
	t.sent(t.profile.Welcome(&v, t.begun.Add(t.at)))
	t.serve(v)
}

func waitText(d time.Duration) string {
	if d > 0 {
		return "or silence for " + d.String()
	}
	return ""
}

// decode does what a session does with bytes.
func (t *tracer) decode(p []byte, idle time.Duration) {
	if t.codec == nil {
		t.addStep(Data, p, "", len(p))
		return
	}
	before := t.held()
	t.decoded(t.codec.Decode(slices.Clone(p), idle), before+len(p))
	if held := t.held(); held > 0 {
		text := bytesText(held) + ", until more comes"
		if h, ok := t.codec.(codec.Holder); ok && h.Holding() > 0 {
			text += " or " + h.Holding().String() + " have passed"
		}
		t.note(HoldsBack, nil, text)
	}
}

func (t *tracer) held() int {
	if p, ok := t.codec.(codec.Pender); ok {
		return p.Pending()
	}
	return 0
}

// decoded adds the steps for what a codec made of had bytes.
func (t *tracer) decoded(d codec.Decoded, had int) {
	gone := had - t.held() - len(d.Data) - d.Dropped
	if len(d.Data) > 0 {
		t.addStep(Data, d.Data, "", len(d.Data))
	}
	for _, b := range d.Beats {
		t.addStep(Beats, b, "", len(b))
		gone -= len(b)
	}
	if d.Dropped > 0 {
		text := bytesText(d.Dropped) + " that fit nowhere"
		if d.Damaged > 0 {
			text += ", as a checksum is wrong"
		}
		t.addStep(Drops, nil, text, d.Dropped)
	}
	gone -= t.report(d.Facts, d.Events, gone)
	t.sent(d.Answer)
	if gone > 0 {
		t.addStep(TakesOff, nil, bytesText(gone), gone)
	}
}

// report adds steps for facts and events. gone is how many bytes have been taken out. It returns how many of them were reports:
// none where the program gets those as well.
func (t *tracer) report(facts []wire.Fact, events []wire.Event, gone int) (reported int) {
	for _, f := range facts {
		t.note(Tells, nil, f.Name+" "+f.Value)
	}
	for _, e := range events {
		n := min(len(e.Data), gone-reported)
		t.addStep(Reports, e.Data, e.Kind+": "+e.Text, n)
		reported += n
	}
	return reported
}

// finish adds what silence at the end leads to.
func (t *tracer) finish() {
	switch {
	case t.over:
		return
	case t.reg != nil && t.last.Wait > 0:
		t.wait(t.last.Wait)
	case t.reg != nil && len(t.received) > 0:
		t.addStep(Waits, nil, "it has not registered yet", len(t.received))
	}
	if h, ok := t.codec.(codec.Holder); ok && h.Holding() > 0 {
		t.release(h.Holding())
	}
	if held := t.held(); held > 0 {
		t.addStep(HoldsBack, nil, bytesText(held)+" to the end", held)
	}
}

func bytesText(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n) + " bytes"
}
