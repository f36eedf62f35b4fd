package bridge

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/codec"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/netport"
	"meterline/vport/pty"
	"meterline/vport/vporttest"
)

// rig is a bridge with ports in memory and far ends on pipes, inside a synctest bubble.
type rig struct {
	t    *testing.T
	rack *vporttest.Rack
	line *fakeLine
	log  *lockSmith
	*Bridge
	stop func()
}

// inBubble runs f with a bridge that serves cfg.
func inBubble(t *testing.T, cfg Config, f func(r *rig)) {
	t.Helper()
	inBubbleWith(t, cfg, func(*Options) {}, f)
}

// inBubbleWith is inBubble with other options.
func inBubbleWith(t *testing.T, cfg Config, change func(*Options), f func(r *rig)) {
	t.Helper()
	log := newLockSmith()
	watching, over := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { log.watch(watching) })
	defer watch.Wait()
	defer over()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, rack: new(vporttest.Rack), line: new(fakeLine), log: log}
		options := Options{
			Log:      slog.New(r.log),
			OpenPort: func(s vport.Spec, p vport.Presence) (vport.Port, error) { return r.rack.Open(s, p) },
			Line: func(c modem.Config, _ codec.FrameEnd) relay.Line {
				if len(c.Dial) == 0 {
					return nil
				}
				return r.line
			},
		}
		change(&options)
		r.Bridge = New(cfg, options)
		r.log.bridge = r.Bridge
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Errorf("bridge: %v", err)
			}
		})
		r.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
		defer r.stop()
		synctest.Wait()
		f(r)
	})
}

// oneModem is a modem "m" that calls in, with its own port "/p".
func oneModem() Config {
	return Config{
		Modems: []modem.Config{{Name: "m", Exchange: "x", ID: "1"}},
		Ports:  []PortConfig{{Name: "m", Own: true, Modem: "m", Spec: vport.Spec{Address: "/p"}}},
	}
}

// twoPorts is oneModem with a second port "/q".
func twoPorts() Config {
	c := oneModem()
	c.Ports = append(c.Ports, PortConfig{Name: "q", Modem: "m", Spec: vport.Spec{Address: "/q"}})
	return c
}

// onOpen is a modem that is called while its port is open.
func onOpen() Config {
	c := oneModem()
	c.Modems[0] = modem.Config{Name: "m", Dial: []string{"far:1"}, OnOpen: true}
	return c
}

// callIn is a session that modem m begins.
func (r *rig) callIn() *far { return r.callInWith(modem.TakeoverNewest) }

func (r *rig) callInWith(policy modem.Takeover) *far {
	f := newFar(r.t)
	f.session.SetLine(modem.ByExchange + "x")
	r.modem().Answer(f.session, policy)
	synctest.Wait()
	return f
}

// modem is the one that all these configurations have.
func (r *rig) modem() *modem.Modem {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.modems.all["m"].it
}

func (r *rig) queue() *fallback.Queue {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.usb.all["gsm"].it
}

func (r *rig) open(path string) *vporttest.Program {
	g := r.rack.Port(path).Open()
	synctest.Wait()
	return g
}

// write lets a program write, and everything come to rest.
func (r *rig) write(g *vporttest.Program, text string) {
	r.t.Helper()
	if _, err := g.Write([]byte(text)); err != nil {
		r.t.Fatalf("program writes: %v", err)
	}
	synctest.Wait()
}

func (r *rig) wantRead(g *vporttest.Program, want string) {
	r.t.Helper()
	if got := g.ReadWaiting(); got != want {
		r.t.Errorf("the program reads %q, want %q", got, want)
	}
}

// port is a port's status by path.
func (r *rig) port(path string) status.Port {
	r.t.Helper()
	for _, p := range r.Status().Ports {
		if p.Path == path {
			return p
		}
	}
	r.t.Fatalf("no port %s in status", path)
	return status.Port{}
}

func (r *rig) wantState(path string, want port.State) {
	r.t.Helper()
	if got := r.port(path).State; got != string(want) {
		r.t.Errorf("port %s is %s, want %s", path, got, want)
	}
}

func (r *rig) wantDropped(path, reason string, n int64) {
	r.t.Helper()
	if got := r.port(path).Dropped; got[reason] != n {
		r.t.Errorf("port %s has dropped %v, want %d for %q", path, got, n, reason)
	}
}

func (*fakeLine) String() string { return "far:1" }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// machinePorts are the kinds of ports that this machine has, for tests that do without simulated ones.
func machinePorts(log *slog.Logger) vport.Kinds {
	return vport.Kinds{com.Kind(log), netport.TCP(log), netport.RFC2217(log), pty.Kind(log, nil, frame.BeforeChange)}
}

// What the rules promise, in figures.
const (
	deliverTime   = 2 * time.Second        // for what had come when a session ended, and for the tail that a program left
	contestTime   = 5 * time.Minute        // two modems use one identity if they displace each other so often within it
	drainTime     = 5 * time.Millisecond   // an ended session is read for so long
	keepTime      = 10 * time.Second       // what is kept for a session is sent if that comes within it
	keepPause     = 300 * time.Millisecond // a longer one begins another request
	unfinished    = time.Second            // a request whose front went nowhere is finished within it
	openTime      = 100 * time.Millisecond // a port must be open for so long before its modem is called
	backlogBytes  = 64 << 10               // are read from a program before a session has taken them
	pieceTime     = 3 * time.Millisecond   // a single byte is held for so long, for what follows it
	answerBytes   = 64 << 10               // of the emulated modem's answers may wait for a program; then it is not read
	lookTime      = time.Second            // how often a telephone call is looked at
	watcherPieces = 256                    // a watcher may lag behind so many pieces
)

// testsAtATime are more than there are processors: those that run in parallel wait for far ends and programs most of their time.
const testsAtATime = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	os.Exit(m.Run())
}
