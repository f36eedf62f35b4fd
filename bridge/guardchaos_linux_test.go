package bridge

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/vport"
)

// guardAnswerMax is the limit in these tests. Answers come within guardAnswer, so that a loaded machine does not make them later than
// the limit even if it stands still for seconds.
const (
	guardAnswerMax = 8 * time.Second
	guardAnswer    = 500 * time.Millisecond
)

// guardWorld is modems of all protocols, some of them behind lines that return what they are sent, and the programs that read them,
// over real terminals and sockets.
type guardWorld struct {
	testing.TB
	b    *Bridge
	cfg  Config
	dir  string
	fars []*guardFar
	seed uint64
}

// guardCount counts what became of the requests of one modem's program.
type guardCount struct{ asked, answered, wrong, lost, raced atomic.Int64 }

// add adds what c has counted to sum.
func (c *guardCount) add(sum *guardCount) {
	sum.asked.Add(c.asked.Load())
	sum.answered.Add(c.answered.Load())
	sum.wrong.Add(c.wrong.Load())
	sum.lost.Add(c.lost.Load())
	sum.raced.Add(c.raced.Load())
}

func (c *guardCount) String() string {
	return fmt.Sprintf("%d requests, %d answered, %d wrong, %d right answers lost, %d came while their program was writing",
		c.asked.Load(), c.answered.Load(), c.wrong.Load(), c.lost.Load(), c.raced.Load())
}

// TestGuardChaos: with the machine loaded, programs that give up, ask anew in pieces, leave and come back are to be given no
// answer to anything but what they have asked last. METERLINE_CHAOS=1h plays for so long, METERLINE_CHAOS_SEED plays a seed again,
// as far as time lets it, METERLINE_CHAOS_MODEMS=24 has so many modems for each protocol. It needs minutes to say much, and the
// whole machine.
func TestGuardChaos(t *testing.T) {
	s := os.Getenv("METERLINE_CHAOS")
	if s == "" {
		t.Skip("METERLINE_CHAOS says for how long")
	}
	length, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	w := newGuardWorld(t, guardKinds, guardModems(t))
	load(t, 4)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var programs sync.WaitGroup
	for i := range w.fars {
		programs.Go(func() { w.program(ctx, i, rand.New(rand.NewPCG(w.seed, uint64(i)))) })
	}
	programs.Go(func() { w.operator(ctx, rand.New(rand.NewPCG(w.seed, 1000))) })
	programs.Wait()
	var all guardCount
	for _, kind := range guardKinds {
		var of guardCount
		for _, f := range w.fars {
			if f.protocol == kind.protocol {
				f.add(&of)
			}
		}
		of.add(&all)
		t.Logf("%s: %v", kind.protocol, &of)
	}
	t.Logf("seed %d: %v", w.seed, &all)
	if all.wrong.Load() > 0 || all.lost.Load() > 0 || all.answered.Load() < 20 {
		t.Error("see the numbers")
	}
}

// guardModems is how many modems of each protocol there are: three, of which two are behind lines that return what they are sent,
// or what METERLINE_CHAOS_MODEMS says.
func guardModems(t *testing.T) int {
	s := os.Getenv("METERLINE_CHAOS_MODEMS")
	if s == "" {
		return 3
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkGuardStarved asks one meter whose answers come about when the program gives up, while the machine has more to do than
// it can. It reports how many answers were taken for those of another request.
func BenchmarkGuardStarved(b *testing.B) {
	w := newGuardWorld(b, guardKinds[:1], 1)
	w.fars[0].tight = true
	load(b, 8)
	p := &guardProgram{w: w, far: w.fars[0], path: w.path(0), random: rand.New(rand.NewPCG(w.seed, 1)), tight: true}
	for range b.N {
		p.op(b.Context())
	}
	b.ReportMetric(float64(p.far.answered.Load()), "answered")
	b.ReportMetric(float64(p.far.wrong.Load()), "wrong")
	b.ReportMetric(float64(p.far.raced.Load()), "raced")
}

// load keeps the machine busy with n processes until the test ends.
func load(t testing.TB, n int) {
	for range n {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // killed, as wanted
	}
}

func newGuardWorld(tb testing.TB, kinds []guardKind, each int) *guardWorld {
	w := &guardWorld{TB: tb, dir: tb.TempDir(), seed: new(maphash.Hash).Sum64()}
	if s := os.Getenv("METERLINE_CHAOS_SEED"); s != "" {
		w.seed, _ = strconv.ParseUint(s, 10, 64)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var world sync.WaitGroup
	for _, kind := range kinds {
		for n := range each {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				tb.Fatal(err)
			}
			i := len(w.fars)
			f := &guardFar{guardKind: kind, ln: ln, echoes: n%3 > 0, random: rand.New(rand.NewPCG(w.seed, uint64(100+i)))}
			w.fars = append(w.fars, f)
			world.Go(func() { f.run(ctx) })
			name := fmt.Sprintf("%s%d", kind.protocol, n)
			w.cfg.Modems = append(w.cfg.Modems, modem.Config{
				Name: name, Dial: []string{ln.Addr().String()}, RetryMin: 10 * time.Millisecond, RetryMax: 50 * time.Millisecond,
				Frame: frame.Config{Protocol: kind.protocol, AnswerMax: guardAnswerMax, Echo: []frame.Echo{"", frame.EchoPass, frame.EchoDrop}[n%3]},
			})
			w.cfg.Ports = append(w.cfg.Ports, PortConfig{Name: name, Own: true, Modem: name, Spec: vport.Spec{Address: w.path(i)}})
		}
	}
	w.b = New(w.cfg, Options{Kinds: machinePorts})
	world.Go(func() {
		if err := w.b.Run(ctx); err != nil {
			tb.Errorf("bridge: %v", err)
		}
	})
	tb.Cleanup(func() { cancel(); world.Wait() })
	allUp(tb.Context(), w.b)
	if _, slow := tb.(*testing.B); !slow {
		for i, f := range w.fars {
			world.Go(func() { f.log.tap(ctx, w.b, w.cfg.Modems[i].Name) })
		}
	}
	return w
}

func (w *guardWorld) path(i int) string { return filepath.Join(w.dir, fmt.Sprint("port", i)) }

// operator kicks modems and reloads.
func (w *guardWorld) operator(ctx context.Context, random *rand.Rand) {
	for step := 0; ctx.Err() == nil; step++ {
		pause(ctx, 4*time.Second/time.Duration(len(w.fars)))
		i := random.IntN(len(w.fars))
		if random.IntN(2) == 0 {
			w.fars[i].disturbed.Store(time.Now().UnixNano())
			w.fars[i].log.note("operator: kick")
			_ = w.b.Kick(w.cfg.Modems[i].Name) // it may have no session
			continue
		}
		cfg := w.cfg
		cfg.Modems = append([]modem.Config(nil), cfg.Modems...)
		cfg.Modems[i].Note = fmt.Sprint("step ", step)
		w.fars[i].log.note("operator: reload")
		if _, err := w.b.Reload(cfg); err != nil && ctx.Err() == nil {
			w.Errorf("reload: %v", err)
		}
	}
}
