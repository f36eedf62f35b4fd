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

	"meterline/relay/profile"
	"meterline/vport/rfc2217"
)

// dialTimeout is how long one address has to answer, resolving its name included. Cellular networks take seconds to page
// a sleeping modem; beyond that it is not there.
const dialTimeout = 15 * time.Second

// Dial is the line to a modem with addresses of its own that we call.
type Dial struct {
	Addresses []string // host:port, tcp://host:port or rfc2217://host:port, tried in order; names are resolved at each attempt
	Link      Link
	Profile   profile.Profile  // of a kind that does not register
	FrameEnd  profile.FrameEnd // may be nil
	Serial    rfc2217.Settings // how the far serial port is to be set, under rfc2217://; zero is left as it is

	mu       sync.Mutex
	outcomes []Outcome // one for each address that was tried
}

// Outcome is what the latest attempt at one address has come to.
type Outcome struct {
	Address string
	Err     error     // nil: a session
	At      time.Time // when that was known
}

// Outcomes are those of the addresses that have been tried. An attempt that was given up is none.
func (d *Dial) Outcomes() []Outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.outcomes)
}

// note keeps what an attempt has come to.
func (d *Dial) record(address string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outcomes = slices.DeleteFunc(d.outcomes, func(o Outcome) bool { return o.Address == address })
	d.outcomes = append(d.outcomes, Outcome{address, err, time.Now()})
}

// String names the line by its addresses.
func (d *Dial) String() string { return "dial " + strings.Join(d.Addresses, ", ") }

// Call tries once, over all addresses in order, 15 s for each, and returns a session that is up, whose line is "dial" and the address.
// Its error names every address and what was wrong with it.
func (d *Dial) Call(ctx context.Context) (*Session, error) {
	if len(d.Addresses) == 0 {
		return nil, errors.New("calling a modem: it has no address; give it one, or let it call in")
	}
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: -1} // the link sets keepalives
	var failed callErrors
	for _, address := range d.Addresses {
		s, err := d.call(ctx, &dialer, address)
		if err == nil {
			s.SetLine("dial " + address)
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
		return NewSession(conn, d.Link, nil, codec), nil
	}
	t := newTelnet(d.Serial, codec)
	if err := t.greet(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	s := NewSession(conn, d.Link, wakeTelnet, t)
	s.far = t
	return s, nil
}

// callErrors are what was wrong with each address, in one line.
type callErrors []error

func (e callErrors) Error() string {
	text := make([]string, len(e))
	for i, err := range e {
		text[i] = err.Error()
	}
	return strings.Join(text, "; ")
}

func (e callErrors) Unwrap() []error { return e }
