package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated"
)

// longest is how long a test waits for what has to come; it is reached only when that does not come at all.
const longest = time.Minute

// mostPause is between two looks at what takes long: each is a question to the daemon, and many tests ask at a time.
const mostPause = 50 * time.Millisecond

// siteID is the identity of the modem that most sites have.
const siteID = "356938035643809"

// oneModem is a site with one modem that calls in and one port.
const oneModem = `
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.boiler]
exchange = "gprs"
id = "` + siteID + `"
port = "ports/boiler"
`

// site is a daemon at work, with its configuration file in a folder of its own.
type site struct {
	testing.TB
	dir, file, control string
	host               string // loopback address that no other test has
	signals            chan os.Signal
	stick              func(*slog.Logger) func(fallback.Config) fallback.Stick // nil: as it is delivered
	stop               func()                                                  // waits for the daemon's end; may be repeated
	over               atomic.Bool
}

var sites atomic.Uint32

// ownHost is an address of this machine that no other test listens at, in this process or another: its ports are free, and no
// ephemeral port is ever among them.
func ownHost() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 16+pid>>8%200, pid&255, 1+sites.Add(1)%250)
}

// newSite writes a configuration and starts nothing. HOST in it stands for the site's address.
func newSite(t testing.TB, config string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{
		TB: t, dir: dir, file: filepath.Join(dir, "meterline.toml"), control: filepath.Join(dir, "control.sock"),
		host: ownHost(), signals: make(chan os.Signal, 8), stop: func() {},
	}
	s.configure(config)
	return s
}

// startSite is a site whose daemon runs.
func startSite(t testing.TB, config string) *site {
	t.Helper()
	s := newSite(t, config)
	s.run()
	return s
}

// run starts the daemon in this process, and waits until all that can come up is up.
func (s *site) run() {
	s.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := daemon.Run(ctx, s.file, daemon.Host{Signals: s.signals, Logs: s.Output(), Stick: s.stick}); err != nil {
			s.Errorf("the daemon ended: %v", err)
		}
		s.over.Store(true)
	})
	s.stop = func() {
		cancel()
		running.Wait()
	}
	s.Cleanup(s.stop)
	s.ready()
}

// configure writes the configuration; a daemon that runs does not look at it before a reload.
func (s *site) configure(config string) {
	s.Helper()
	config = fmt.Sprintf("control = %q\n", s.control) + strings.ReplaceAll(config, "HOST", s.host)
	if err := os.WriteFile(s.file, []byte(config), 0o600); err != nil {
		s.Fatal(err)
	}
}

// ready waits until every port has been tried and every exchange listens.
func (s *site) ready() {
	s.Helper()
	s.eventually("the daemon is ready", func() bool {
		st, err := control.NewClient(s.control, 0).Status(s.Context())
		if err != nil {
			return false
		}
		for _, p := range st.Ports {
			if p.State == "down" && p.LastError == "" {
				return false
			}
		}
		for _, e := range st.Exchanges {
			if !e.Up {
				return false
			}
		}
		return true
	})
}

// eventually waits for what has to come true.
func (s *site) eventually(what string, done func() bool) {
	s.Helper()
	end := time.Now().Add(longest)
	for pause := 2 * time.Millisecond; !done(); pause = min(2*pause, mostPause) {
		if s.over.Load() {
			s.Fatalf("the daemon has ended: %s", what)
		}
		if time.Now().After(end) {
			s.Fatalf("not within %v: %s", longest, what)
		}
		time.Sleep(pause) // between two looks at a program of its own
	}
}

func (s *site) status() status.Status {
	s.Helper()
	st, err := control.NewClient(s.control, 0).Status(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return st
}

// path is where a file of the site lies.
func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) port(name string) status.Port {
	s.Helper()
	for _, p := range s.status().Ports {
		if p.Path == s.path(name) {
			return p
		}
	}
	s.Fatalf("status has no port %s", name)
	return status.Port{}
}

func (s *site) modem(name string) status.Modem {
	s.Helper()
	for _, m := range s.status().Modems {
		if m.Name == name {
			return m
		}
	}
	s.Fatalf("status has no modem %s", name)
	return status.Modem{}
}

// meterline runs the command as an operator does.
func (s *site) meterline(args ...string) (code int, output string) {
	s.Helper()
	var out bytes.Buffer
	code = execute(s.Context(), append(args, "--control", s.control), &out, &out)
	return code, out.String()
}

// must runs the command, which has to succeed.
func (s *site) must(args ...string) string {
	s.Helper()
	code, out := s.meterline(args...)
	if code != exit.Done {
		s.Fatalf("meterline %s: exit code %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// open opens a port as a program does.
func (s *site) open(name string) *party {
	s.Helper()
	f, err := os.OpenFile(s.path(name), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.Fatal(err)
	}
	return newParty(s, "program at "+name, f)
}

// openSeen opens a port, and waits until the daemon knows.
func (s *site) openSeen(name string) *party {
	s.Helper()
	p := s.open(name)
	s.eventually("the program at "+name+" is noticed", func() bool { return s.port(name).Open })
	return p
}

// call is a modem that calls in and registers.
func (s *site) call(id string) *party {
	s.Helper()
	conn, err := net.Dial("tcp", s.host+":7001")
	if err != nil {
		s.Fatal(err)
	}
	m := newParty(s, "modem "+id, conn)
	m.say(id + "\r\n")
	return m
}

// online calls in, and waits until the session is the modem's.
func (s *site) online(name, id string) *party {
	s.Helper()
	m := s.call(id)
	s.has(name, m)
	return m
}

// has waits until m's connection is the modem's session.
func (s *site) has(name string, m *party) {
	s.Helper()
	s.eventually(m.name+" is on line", func() bool {
		st := s.modem(name)
		return st.State == "up" && st.Peer == m.local()
	})
}

// away waits until a modem has no session.
func (s *site) away(name string) {
	s.Helper()
	s.eventually("modem "+name+" is away", func() bool { return s.modem(name).State == "away" })
}

// play runs a simulated modem until the test ends.
func (s *site) play(m *simulated.Modem) { s.background(m.Run) }

// background runs something until the test ends.
func (s *site) background(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	s.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.Error(err)
		}
	})
}
