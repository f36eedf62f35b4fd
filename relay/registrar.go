package relay

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// Why a connection was refused besides the reasons of registrations: words for the operator, and keys of Exchange.Counts.
const (
	refusedAddress     = "address not allowed"
	refusedConcurrency = "too many unregistered from one address"
	refusedRate        = "too many failures from one address"
	refusedCap         = "too many unregistered"
	refusedDescriptors = "too few descriptors left"
	refusedHungUp      = "hung up before registering"
	refusedCaller      = "unknown address"
	refusedBySession   = "refused by the modem's rules"
	refusedShutdown    = "shutdown"
)

// answerWithin bounds the sending of a greeting, or of the answer to a registration.
const answerWithin = 5 * time.Second

// registrar is one connection from its acceptance to its session. Before the whole registration of a known modem has come, none
// of its bytes reaches a program, and nothing is answered.
type registrar struct {
	exchange *Exchange
	conn     net.Conn
	addr     netip.Addr
	pass     *pass
	came     []byte // so far

	mu      sync.Mutex
	decided bool   // the registration is complete or refused: giveUp comes too late
	why     string // why it is given up; empty: it is not
}

// serve registers the caller and hands over its session, or refuses it.
func (r *registrar) serve(ctx context.Context) {
	if ctx.Err() != nil { // interrupt may have come before this registrar could be found
		r.giveUp(refusedShutdown)
	}
	v, refused := r.register()
	r.decide()
	if refused == "" {
		refused = r.handOver(v)
	}
	r.exchange.leave(r, refused == "")
	if refused == "" {
		r.exchange.count("registered")
		r.note("registered as " + v.ID)
		return
	}
	reset(r.conn) // does no harm where the session has closed it
	if refused != refusedShutdown {
		r.refuse(ctx, v.ID, refused)
	}
}

// giveUp ends the wait for the registration, unless that is complete.
func (r *registrar) giveUp(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.decided || r.why != "" {
		return
	}
	r.why = why
	_ = r.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a connection that is closed already
}

// decide is called when the registration is complete, or refused. From now on the read deadline is the session's.
func (r *registrar) decide() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decided = true
}

// givenUp returns why the connection is given up, empty if it is not.
func (r *registrar) givenUp() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.why
}

// register finds out who calls.
func (r *registrar) register() (profile.Verdict, string) {
	p, ids := &r.exchange.Profile, r.exchange.dir.Load().ids()
	switch {
	case p.Registers():
	case ids.Has(""): // any caller
		return profile.Verdict{Done: true}, ""
	default:
		return profile.Verdict{Done: true, ID: r.addr.String()}, ""
	}
	reg, err := p.NewRegistration(ids)
	if err != nil {
		return profile.Verdict{}, profile.RefusedGarbage // impossible: Run has validated the profile
	}
	if err := r.send(p.Hello(wire.Credentials{})); err != nil {
		return profile.Verdict{}, refusedHungUp
	}
	v, refused := r.read(reg)
	if v.Done {
		refused = r.prove(&v, p.Identify(r.exchange.dir.Load().ids(), &v))
	}
	if class := profile.Scanner(r.came); refused != "" && refused != refusedShutdown && refused != refusedCap && class != "" {
		refused = profile.RefusedScanner + class
	}
	if refused != "" && v.ID == "" {
		v.ID = reg.Partial()
	}
	return v, refused
}

// send sends a few bytes.
func (r *registrar) send(p []byte) error {
	if len(p) > 0 {
		r.overhear(Overheard{Sent: p})
	}
	return sendFirst(r.conn, p)
}

// sendFirst sends a few bytes into the empty buffer of a connection.
func sendFirst(conn net.Conn, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if err := conn.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	if _, err := conn.Write(p); err != nil {
		return err
	}
	return conn.SetWriteDeadline(time.Time{})
}

// read feeds the registration until it has decided or its time is over.
func (r *registrar) read(reg profile.Registration) (profile.Verdict, string) {
	own := r.exchange.Profile.RegistrationTimeout
	end := time.Now().Add(cmp.Or(r.exchange.RegistrationTimeout, own, profile.DefaultRegistrationTimeout))
	buf := make([]byte, profile.MaxRegistration)
	var v profile.Verdict
	for {
		quiet, listening := end, v.Wait > 0 && time.Until(end) > v.Wait
		if listening {
			quiet = time.Now().Add(v.Wait)
		}
		n, err := r.wait(buf, quiet)
		if n > 0 {
			v = reg.Feed(buf[:n])
			r.heard(buf[:n], len(v.Rest))
		}
		switch {
		case v.Done || v.Refused != "":
			return v, v.Refused
		case r.givenUp() != "":
			return v, r.givenUp()
		case r.exchange.Profile.Scans() && profile.Scanner(r.came) != "":
			return v, profile.RefusedScanner
		case errors.Is(err, os.ErrDeadlineExceeded) && listening:
			v = reg.Silence()
			return v, v.Refused
		case errors.Is(err, os.ErrDeadlineExceeded) && len(r.came) == 0:
			return v, profile.RefusedSilent
		case errors.Is(err, os.ErrDeadlineExceeded):
			return v, profile.RefusedUnfinished
		case err != nil:
			return v, refusedHungUp
		}
	}
}

// wait reads once, until the deadline or until the connection is given up.
func (r *registrar) wait(buf []byte, deadline time.Time) (int, error) {
	if err := r.setDeadline(deadline); err != nil {
		return 0, err
	}
	return r.conn.Read(buf)
}

// setDeadline sets the read deadline, unless giveUp has set its own.
func (r *registrar) setDeadline(deadline time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why != "" {
		return os.ErrDeadlineExceeded
	}
	return r.conn.SetReadDeadline(deadline)
}

// handOver makes the session and gives it to its modem. It returns why it could not, empty if it could.
func (r *registrar) handOver(v profile.Verdict) string {
	p := &r.exchange.Profile
	sub, ok := r.exchange.dir.Load().find(p.CanonicalID(v.ID))
	switch {
	case !ok && p.Registers():
		return profile.RefusedUnknown
	case !ok:
		return refusedCaller
	}
	if err := r.conn.SetReadDeadline(time.Time{}); err != nil {
		return refusedHungUp
	}
	if sub.Observer != nil && len(v.Facts)+len(v.Events) > 0 {
		sub.Observer(r.exchange.maskFacts(v.Facts), v.Events)
	}
	if !p.Registers() {
		if err := r.send(p.Hello(wire.Credentials{})); err != nil { // no secret of ours is for whoever calls
			return refusedHungUp
		}
	}
	if err := r.send(p.Welcome(&v, time.Now())); err != nil { // before the modem's owner can send anything
		return refusedHungUp
	}
	own := *p
	own.HeartbeatAnywhere = own.HeartbeatAnywhere || sub.HeartbeatAnywhere
	s := NewSession(r.conn, sub.Link, v.Rest, own.NewCodec(&v, sub.FrameEnd))
	if p.Registers() {
		s.heard.Store(s.now())
	}
	if err := sub.Answer(s); err != nil {
		s.end(err, true)
		return refusedBySession
	}
	return ""
}

// Subscriber is a modem as its exchange knows it.
type Subscriber struct {
	Link        Link
	Credentials wire.Credentials // what it must give when it registers
	Observer    wire.Observer    // gets what the modem says of itself and reports, also from a session that is refused; may be nil
	FrameEnd    codec.FrameEnd   // where its meter's messages end; may be nil

	HeartbeatAnywhere bool // its meters never send what is a heartbeat of the modem's

	Answer func(*Session) error // takes a registered session; an error refuses it (the exchange ends it with that cause)
}

// directory says who may register. It is never changed, only replaced. The nil directory is empty.
type directory struct {
	subscribers map[string]Subscriber // by their canonical identities
	set         profile.IDs
}

func newDirectory(p *profile.Profile, subscribers map[string]Subscriber) *directory {
	d := &directory{
		subscribers: make(map[string]Subscriber, len(subscribers)),
		set:         profile.NewIDs(p, maps.Keys(subscribers)),
	}
	for id, sub := range subscribers {
		d.subscribers[p.CanonicalID(id)] = sub
	}
	return d
}

// ids returns the identities that may register.
func (d *directory) ids() profile.IDs {
	if d == nil {
		return nil
	}
	return d.set
}

func (d *directory) find(id string) (Subscriber, bool) {
	if d == nil {
		return Subscriber{}, false
	}
	sub, ok := d.subscribers[id]
	return sub, ok
}
