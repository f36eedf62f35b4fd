package bridge

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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

// guardProgram is a program at one port.
type guardProgram struct {
	w      *guardWorld
	far    *guardFar
	path   string
	random *rand.Rand
	tight  bool // its patience is about what answers take
	f      *os.File
	tag    int
	last   guardOp
	text   []byte // what it writes to ask that
	done   bool
	front  []byte // it has written this and given it up: the line may return it together with the next request
}

func (w *guardWorld) program(ctx context.Context, i int, random *rand.Rand) {
	p := &guardProgram{w: w, far: w.fars[i], path: w.path(i), random: random}
	for ctx.Err() == nil {
		p.op(ctx)
	}
	if p.f != nil {
		_ = p.f.Close() // nothing is buffered
	}
}

func (p *guardProgram) open() bool {
	for range 200 {
		f, err := os.OpenFile(p.path, os.O_RDWR|syscall.O_NOCTTY, 0)
		if err == nil {
			p.f = f
			return true
		}
		time.Sleep(time.Millisecond)
	}
	p.w.Errorf("%s cannot be opened", p.path)
	return false
}

// op asks once, and reads until the answer is there or patience has ended.
func (p *guardProgram) op(ctx context.Context) {
	if p.f == nil && !p.open() {
		return
	}
	clean := p.done && p.far.quiet()
	again := p.last.text != nil && !p.done && p.random.IntN(10) < 4
	if !again {
		p.tag++
		p.last = p.far.op(p.tag)
		p.text = p.last.text
		if !p.tight && p.random.IntN(5) == 0 {
			p.text = slices.Concat([]byte(p.far.wake), p.last.text)
		}
		p.last.whole = slices.Concat(p.front, p.text)
	}
	p.done, p.front = false, nil
	p.far.register(p.last)
	p.far.asked.Add(1)
	begun := time.Now()
	if !p.write(p.text) {
		return
	}
	p.read(ctx, clean && !again, begun)
	if p.tight {
		return
	}
	switch p.random.IntN(20) {
	case 0: // it leaves, and another comes
		p.far.log.note("program: close")
		_ = p.f.Close() // nothing is buffered
		p.f, p.last = nil, guardOp{}
		pause(ctx, time.Duration(p.random.IntN(100))*time.Millisecond)
	case 1:
		pause(ctx, time.Duration(p.random.IntN(3))*3*guardAnswer)
	case 2, 3, 4, 5:
		pause(ctx, time.Duration(p.random.IntN(100))*time.Millisecond)
	}
}

// guardPatience is for how much longer than its program an answer is waited for that has to come: the machine may have stood still.
const guardPatience = 5 * time.Second

// overdue reports whether the answer, of which got has come in time, comes after all.
func (p *guardProgram) overdue(ctx context.Context, got []byte) bool {
	if p.f.SetReadDeadline(time.Now().Add(guardPatience)) != nil {
		return false
	}
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		n, err := p.f.Read(buf)
		got = append(got, buf[:n]...)
		p.far.log.note("program: ← %q %v, too late", buf[:n], err)
		_, p.done = p.last.may(got, p.far.wake)
		if p.done || err != nil {
			return p.done
		}
	}
	return false
}

// arrived reports whether there is anything to be read. poll makes the kernel hand over what has been written to the master:
// until its worker has been scheduled neither a flush nor a count of bytes sees that.
func arrived(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// write writes a request, whole or in pieces. What comes before its first byte has been written is the one before's: on a cable,
// too, a program may be given that between its flush and its write.
func (p *guardProgram) write(text []byte) bool {
	cut := len(text)
	if !p.tight && p.random.IntN(3) == 0 {
		cut = 1 + p.random.IntN(len(text)-1)
	}
	conn, err := p.f.SyscallConn()
	if err != nil {
		p.w.Error(err)
		return false
	}
	raced := false
	p.far.log.note("program: → %q, %d", text, cut)
	err = conn.Control(func(fd uintptr) {
		arrived(int(fd))
		_ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH)
		_, _ = unix.Write(int(fd), text[:cut])
		raced = arrived(int(fd))
	})
	if err != nil {
		return false
	}
	if raced {
		p.far.raced.Add(1)
		p.far.log.note("program: raced")
		p.last = guardOp{}
		if cut < len(text) {
			p.front = text[:cut]
		}
		return false
	}
	p.far.log.note("program: written")
	if cut < len(text) {
		time.Sleep(time.Duration(p.random.IntN(40)) * time.Millisecond)
		_, err = p.f.Write(text[cut:])
		p.far.log.note("program: the rest written")
	}
	return err == nil
}

// glance reads what is there.
func (p *guardProgram) glance(buf []byte) (n int) {
	conn, err := p.f.SyscallConn()
	if err != nil {
		p.w.Error(err)
		return 0
	}
	err = conn.Control(func(fd uintptr) {
		if arrived(int(fd)) {
			n, _ = unix.Read(int(fd), buf)
		}
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// read reads, and holds what comes against the answer to the request that was begun at the time begun. Clean: it has to come.
func (p *guardProgram) read(ctx context.Context, clean bool, begun time.Time) {
	patience := time.Duration(1+p.random.IntN(400)) * time.Millisecond
	switch {
	case p.tight:
		patience = time.Duration(300+p.random.IntN(3000)) * time.Microsecond
	case p.random.IntN(2) == 0:
		patience = 3*guardAnswer + time.Duration(p.random.IntN(1000))*time.Millisecond
	}
	end := time.Now().Add(patience)
	_ = p.f.SetReadDeadline(end)
	var got []byte
	buf := make([]byte, 512)
	for !p.done && ctx.Err() == nil {
		n, err := p.f.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			n = p.glance(buf) // what has come in time counts, even if this process has had no time
		}
		got = append(got, buf[:n]...)
		p.far.log.note("program: ← %q %v", buf[:n], err)
		may, done := p.last.may(got, p.far.wake)
		if !may {
			p.far.wrong.Add(1)
			p.w.Logf("%s: %q was asked, and %q is given%v", p.path, p.last.text, got, &p.far.log)
			p.last = guardOp{}
			return
		}
		p.done = done
		if err != nil {
			break
		}
	}
	if p.done {
		p.far.answered.Add(1)
		return
	}
	if clean && !p.tight && p.overdue(ctx, got) {
		return
	}
	said := p.far.said(p.last)
	if ctx.Err() != nil {
		return // it has not waited for as long as it meant to
	}
	if disturbed := time.Unix(0, p.far.disturbed.Load()); clean && !said.IsZero() && end.Sub(said) > 500*time.Millisecond && begun.Sub(disturbed) > 6*guardAnswer {
		p.far.lost.Add(1)
		p.w.Logf("%s: %q was asked, answered %v before the end of patience, and %s is given", p.path, p.last.text, end.Sub(said), fmt.Sprintf("%q%v", got, &p.far.log))
	}
}
