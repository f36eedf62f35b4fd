package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
	"meterline/vport/rfc2217"
)

// dialTimeout is how long one address has to answer, including the time to resolve its name. Cellular networks take seconds to
// page a sleeping modem; after that it is not there.
const dialTimeout = 15 * time.Second

// Dial is the line to a modem that has addresses of its own and is called by us.
type Dial struct {
	Addresses []string // host:port, tcp://host:port or rfc2217://host:port, tried in order; names are resolved at each attempt
	Link      Link
	Profile   profile.Profile  // of a kind without registration; its greeting is sent as soon as there is a connection
	FrameEnd  codec.FrameEnd   // may be nil
	Serial    rfc2217.Settings // how the far serial port is to be set, under rfc2217://; zero values are left alone

	mu          sync.Mutex
	credentials wire.Credentials
	outcomes    []Outcome // one for each address that has been tried
}

// SetCredentials sets what the modem is given by the greeting. It may be called at any time: it is for the next session.
func (d *Dial) SetCredentials(c wire.Credentials) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.credentials = c
}

// greeting returns what is sent first.
func (d *Dial) greeting() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Profile.Hello(d.credentials)
}

// Outcome is the result of the latest attempt at one address.
type Outcome struct {
	Address string
	Err     error     // nil: there was a session
	At      time.Time // when the result was known
}

// Outcomes returns the results for the addresses that have been tried. An attempt that was abandoned has none.
func (d *Dial) Outcomes() []Outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.outcomes)
}

// record keeps the result of an attempt.
func (d *Dial) record(address string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outcomes = slices.DeleteFunc(d.outcomes, func(o Outcome) bool { return o.Address == address })
	d.outcomes = append(d.outcomes, Outcome{address, err, time.Now()})
}

// String names the line by its addresses.
func (d *Dial) String() string { return "dial " + strings.Join(d.Addresses, ", ") }

// LineDial is the beginning of the name of a line that is an address to be called; the address follows.
const LineDial = "dial "

// Call tries each address in order once, 15 s each, and returns a session that is up. The session's line is "dial" and the
// address. The error names every address and what was wrong with it.
func (d *Dial) Call(ctx context.Context) (*Session, error) {
	if len(d.Addresses) == 0 {
		return nil, errors.New("calling a modem: it has no address; give it one, or let it call in")
	}
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: -1} // the link sets keepalives
	var failed callErrors
	for _, address := range d.Addresses {
		s, err := d.call(ctx, &dialer, address)
		if err == nil {
			s.SetLine(LineDial + address)
			d.record(address, nil)
			return s, nil
		}
		failed = append(failed, fmt.Errorf("calling %s: %w", address, err))
		if ctx.Err() != nil {
			break
		}
		d.record(address, err)
	}
	return nil, failed
}

// call tries one address.
func (d *Dial) call(ctx context.Context, dialer *net.Dialer, address string) (*Session, error) {
	scheme, at, has := strings.Cut(address, "://")
	if !has {
		scheme, at = "tcp", address
	}
	if scheme != "tcp" && scheme != "rfc2217" {
		return nil, fmt.Errorf("unknown scheme %q: want tcp or rfc2217", scheme)
	}
	conn, err := dialer.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	codec := d.Profile.NewCodec(&profile.Verdict{}, d.FrameEnd)
	if scheme == "tcp" {
		if err := sendFirst(conn, d.greeting()); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("greeting the modem: %w", err)
		}
		return NewSession(conn, d.Link, nil, codec), nil
	}
	t := newTelnet(d.Serial, codec)
	if err := t.greet(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err := sendFirst(conn, t.wire(d.greeting())); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("greeting the modem: %w", err)
	}
	s := NewSession(conn, d.Link, wakeTelnet, t)
	s.far = t
	return s, nil
}

// callErrors is what was wrong with each address, in one line.
type callErrors []error

func (e callErrors) Error() string {
	text := make([]string, len(e))
	for i, err := range e {
		text[i] = err.Error()
	}
	return strings.Join(text, "; ")
}

func (e callErrors) Unwrap() []error { return e }
