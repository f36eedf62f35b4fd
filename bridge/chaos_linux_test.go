package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"meterline/bridge/modem"
	"meterline/relay/profile"
	"meterline/vport"
)

const (
	chaosPorts  = 32
	chaosVisits = 6
	// chaosPause is between a program's visits, chaosFlight how old an answer may be that the next visit finds: what is on
	// its way when a program leaves belongs to nobody, what had arrived before must be gone.
	chaosPause  = 400 * time.Millisecond
	chaosFlight = 300 * time.Millisecond
)

// chaos is dozens of modems and ports at which everything happens at once.
type chaos struct {
	*testing.T
	b        *Bridge
	cfg      Config
	dir      string
	lag      *lag
	fars     []*chaosFar
	exchange atomic.Pointer[string]
	asked    atomic.Int64
	answered atomic.Int64
	late     atomic.Int64
}

// Sessions come, break, are displaced and kicked, programs come, leave and are killed, and the configuration is reloaded, while
// every program checks each line that it gets: of its own modem, whole, and never older than its visit.
func TestChaos(t *testing.T) {
	lagging := newLag(t)
	before := goleak.IgnoreCurrent()
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = ln.Close() // the first use of the network opens two descriptors for good
	}
	descriptors := openDescriptors(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := &chaos{T: t, dir: t.TempDir(), lag: lagging}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var world, programs sync.WaitGroup
	c.populate(ctx, &world, seed)
	c.b = New(c.cfg, Options{Kinds: machinePorts, Ledger: filepath.Join(c.dir, "state.json")})
	world.Go(func() {
		if err := c.b.Run(ctx); err != nil {
			t.Errorf("bridge: %v", err)
		}
	})
	c.findExchange(ctx)
	for i := range chaosPorts {
		programs.Go(func() { c.program(ctx, i, rand.New(rand.NewPCG(seed, uint64(1000+i)))) })
	}
	world.Go(func() { c.operator(ctx, rand.New(rand.NewPCG(seed, 2000))) })
	programs.Wait()
	cancel()
	world.Wait()
	t.Logf("%d requests, %d answered, %d late answers", c.asked.Load(), c.answered.Load(), c.late.Load())
	if c.answered.Load() < chaosPorts {
		t.Error("hardly anything was answered")
	}
	goleak.VerifyNone(t, before)
	if now := openDescriptors(t); now > descriptors {
		t.Errorf("%d descriptors, %d before", now, descriptors)
	}
	if left, err := os.ReadDir(filepath.Join(c.dir, "ports")); err != nil || len(left) > 0 {
		t.Errorf("links left: %v, %v", left, err)
	}
}

// populate makes the configuration and the far ends: every fourth modem is called on demand, the others call in.
func (c *chaos) populate(ctx context.Context, world *sync.WaitGroup, seed uint64) {
	c.cfg.Exchanges = []ExchangeConfig{{Name: "x", Listen: "127.0.0.1:0", Profile: profile.Profile{Kind: profile.IMEI}}}
	for i := range chaosPorts {
		f := &chaosFar{random: rand.New(rand.NewPCG(seed, uint64(i))), written: make(map[string]time.Time)}
		c.fars = append(c.fars, f)
		m := modem.Config{Name: fmt.Sprint("m", i), RetryMin: 10 * time.Millisecond, RetryMax: 100 * time.Millisecond, Linger: 50 * time.Millisecond}
		if i%4 == 3 {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				c.Fatal(err)
			}
			m.Dial, m.OnOpen = []string{ln.Addr().String()}, true
			world.Go(func() { f.answer(ctx, ln) })
		} else {
			f.id = fmt.Sprintf("86%013d", i)
			m.Exchange, m.ID = "x", f.id
			world.Go(func() { f.call(ctx, c.exchangeAddr) })
		}
		c.cfg.Modems = append(c.cfg.Modems, m)
		c.cfg.Ports = append(c.cfg.Ports, PortConfig{Name: m.Name, Own: true, Modem: m.Name, Spec: vport.Spec{Address: c.path(i)}})
	}
}

func (c *chaos) path(i int) string { return filepath.Join(c.dir, "ports", fmt.Sprint("m", i)) }

func (c *chaos) exchangeAddr() string {
	if a := c.exchange.Load(); a != nil {
		return *a
	}
	return "127.0.0.1:1" // nobody listens there: tried again
}

func (c *chaos) findExchange(ctx context.Context) {
	for ctx.Err() == nil {
		if x := c.b.Status().Exchanges; len(x) > 0 && x[0].Up {
			c.exchange.Store(&x[0].Listen)
			return
		}
		pause(ctx, time.Millisecond)
	}
}

// program visits a port several times; before some of the visits another program is killed there.
func (c *chaos) program(ctx context.Context, i int, random *rand.Rand) {
	for visit := range chaosVisits {
		pause(ctx, chaosPause+time.Duration(random.IntN(100))*time.Millisecond)
		if random.IntN(4) == 0 {
			c.kill(i, time.Duration(random.IntN(60))*time.Millisecond)
			pause(ctx, chaosPause)
		}
		f, err := os.OpenFile(c.path(i), os.O_RDWR|syscall.O_NOCTTY, 0)
		if errors.Is(err, os.ErrNotExist) && visit == 0 {
			continue // not made yet
		}
		if err != nil {
			c.Errorf("port %d: %v", i, err)
			return
		}
		c.visit(f, i, fmt.Sprintf("%d.%d.%d", i, visit, random.Uint32()), 1+random.IntN(30))
		f.Close()
	}
}

// kill lets a program that writes and never reads have the port, and kills it.
func (c *chaos) kill(i int, after time.Duration) {
	cmd := exec.Command("sh", "-c", `while :; do echo "Qkilled" ; sleep 0.01; done`)
	f, err := os.OpenFile(c.path(i), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return // not made yet
	}
	cmd.Stdout = f
	err = cmd.Start()
	f.Close()
	if err != nil {
		c.Error(err)
		return
	}
	pause(c.Context(), after)
	_ = cmd.Process.Kill() // it may have ended with its port
	_ = cmd.Wait()         // killed, as wanted
}

// visit asks n times, and checks each line that comes.
func (c *chaos) visit(f *os.File, i int, nonce string, n int) {
	opened := time.Now()
	var got []byte
	buf := make([]byte, 4096)
	for k := range n {
		c.asked.Add(1)
		if _, err := fmt.Fprintf(f, "Q%s.%d\n", nonce, k); err != nil {
			c.Errorf("port %d: %v", i, err)
			return
		}
		want := fmt.Sprintf("A%s.%d", nonce, k)
		f.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		for done := false; !done; {
			m, err := f.Read(buf)
			if got = append(got, buf[:m]...); err != nil {
				break // no answer: the line is down, or slow
			}
			for line, rest, ok := bytes.Cut(got, []byte("\n")); ok; line, rest, ok = bytes.Cut(got, []byte("\n")) {
				got = slices.Clone(rest)
				done = c.check(i, string(line), nonce, opened) == want || done
			}
		}
	}
}

// check judges a line that a program got.
func (c *chaos) check(i int, line, nonce string, opened time.Time) string {
	written, ok := c.fars[i].when(line)
	switch {
	case !ok:
		c.Errorf("port %d: %q was never said by its modem", i, line)
	case strings.HasPrefix(line, "A"+nonce+"."):
		c.answered.Add(1)
	case opened.Sub(written) > c.lag.allows(chaosFlight):
		c.Errorf("port %d: %q is stale: said %v before the port was opened", i, line, opened.Sub(written))
	default:
		c.late.Add(1)
	}
	return line
}

// operator kicks, looks, scans and reloads.
func (c *chaos) operator(ctx context.Context, random *rand.Rand) {
	for step := 0; ctx.Err() == nil; step++ {
		pause(ctx, 20*time.Millisecond)
		i := random.IntN(chaosPorts)
		switch random.IntN(5) {
		case 0:
			_ = c.b.Kick(fmt.Sprint("m", i)) // it may have no session
		case 1:
			c.b.Status()
		case 2:
			cfg := c.cfg
			cfg.Modems = slices.Clone(cfg.Modems)
			cfg.Modems[i].Note = fmt.Sprint("changed in step ", step)
			if step%2 == 0 {
				cfg.Modems = append(cfg.Modems, modem.Config{Name: "extra", Exchange: "x", ID: "860000000009999"})
				cfg.Ports = append(slices.Clone(cfg.Ports), PortConfig{Name: "extra", Modem: "extra", Spec: vport.Spec{Address: filepath.Join(c.dir, "ports", "extra")}})
			}
			if _, err := c.b.Reload(cfg); err != nil && ctx.Err() == nil {
				c.Errorf("reload: %v", err)
			}
		}
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
