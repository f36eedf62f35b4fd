package modem

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/ledger"
	"meterline/relay"
	"meterline/relay/usb"
)

func TestLineFaultOfAnExchange(t *testing.T) {
	m := New(Config{Name: "m", Exchange: "x"}, nil, slog.New(slog.DiscardHandler), nil)
	m.CallsInAt(downInbound{&net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}}, false)
	if got := m.ways.inboundFault("exchange x", false).Why; got != "it does not listen: address already in use" {
		t.Errorf("got %q", got)
	}
	if got := m.ways.inboundFault("listen :1", true).Why; got != "not called in" {
		t.Errorf("another line: %q", got)
	}
	if err := m.Unreachable(); err == nil {
		t.Error("a modem whose only exchange does not listen counts as reachable")
	}
	m.CallsInAt(downInbound{}, true)
	if err := m.Unreachable(); err != nil {
		t.Errorf("its own address listens: %v", err)
	}
	if got := m.ways.inboundFault("exchange x", false).Why; got != "it does not listen: address already in use" {
		t.Errorf("beside its own address: %q", got)
	}
	if got := plainly(errors.New("lookup far: no such host")); !strings.HasSuffix(got, "no such host") {
		t.Errorf("got %q", got)
	}
}

// The last error has every network's error in the words that the lines have.
func TestErrorsInWords(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	slow := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 8, 0, 12), Port: 1}, Err: os.ErrDeadlineExceeded}
	for want, err := range map[string]error{
		"calling far:1: connection refused":                           fmt.Errorf("calling far:1: %w", refused),
		"calling far:1: connection refused\ncalling far:2: no answer": errors.Join(fmt.Errorf("calling far:1: %w", refused), fmt.Errorf("calling far:2: %w", slow)),
		"no session: no answer; and then: busy":                       fmt.Errorf("no session: %w; and then: %w", slow, errors.New("busy")),
		"the far modem hung up":                                       usb.ErrCallEnded,
	} {
		if got := inWords(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	m := New(Config{Name: "m"}, new(relay.Dial), slog.New(slog.DiscardHandler), &ledger.Account{})
	m.ways.note(fmt.Errorf("calling far:1: %w", refused))
	if st := m.Status(time.Now()); st.LastError != "calling far:1: connection refused" || !strings.HasSuffix(st.Problem, ": connection refused") {
		t.Errorf("%q, %q", st.LastError, st.Problem)
	}
}

// downInbound is an exchange that does not listen.
type downInbound struct{ err error }

func (d downInbound) Down() error { return d.err }
