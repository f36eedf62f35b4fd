package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// chaosDaemon is the daemon's process, and what reads its log.
type chaosDaemon struct {
	cmd     *exec.Cmd
	log     sync.WaitGroup
	stalled atomic.Pointer[chan struct{}] // the log is not read until this is closed
	ended   chan struct{}
	asked   atomic.Bool // to end

	mu   sync.Mutex
	last []string // of its log
}

// chaosLogMost is how many lines of the log are shown of a daemon that does not end: where its goroutines stand is among them.
const chaosLogMost = 2000

func (d *chaosDaemon) said(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = append(d.last, line)
	if len(d.last) > 2*chaosLogMost {
		d.last = append(d.last[:0], d.last[chaosLogMost:]...)
	}
}

// start starts the daemon. It does not wait until that is ready: programs do not, either.
func (c *portChaos) start() {
	c.Helper()
	d := &chaosDaemon{cmd: exec.Command("meterline", "run", "-c", c.file), ended: make(chan struct{})}
	out, err := d.cmd.StderrPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		c.Fatal(err)
	}
	d.log.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			text := lines.Text()
			d.said(text)
			if strings.Contains(text, "panic:") || strings.Contains(text, "DATA RACE") || strings.Contains(text, "level=ERROR") {
				c.Errorf("the daemon's log: %s", text)
			}
			if wait := d.stalled.Load(); wait != nil {
				<-*wait
			}
		}
	})
	go func() { // ends with the process, for which stopDaemon waits
		defer close(d.ended)
		d.log.Wait()
		if err := d.cmd.Wait(); !d.asked.Load() {
			c.Errorf("the daemon has ended by itself: %v", err)
		}
	}()
	c.daemon.Store(d)
}

func (c *portChaos) stopDaemon(sig unix.Signal) {
	c.Helper()
	d := c.daemon.Load()
	d.asked.Store(true)
	if wait := d.stalled.Swap(nil); wait != nil {
		close(*wait)
	}
	_ = d.cmd.Process.Signal(sig) // it may have ended
	limit := longest + time.Duration(len(c.names))*50*time.Millisecond
	select {
	case <-d.ended:
	case <-time.After(limit):
		_ = d.cmd.Process.Signal(unix.SIGQUIT) // it shows its goroutines
		select {
		case <-d.ended:
		case <-time.After(longest):
			_ = d.cmd.Process.Kill()
			<-d.ended
		}
		c.Errorf("the daemon does not end within %v of %v:\n%s", limit, sig, strings.Join(d.last, "\n"))
	}
}

// operate does all that an operator, a hostile program or fate may do, one after the other, until ctx ends.
func (c *portChaos) operate(ctx context.Context) {
	deeds := []struct {
		name   string
		weight int
		do     func(ctx context.Context)
	}{
		{"kill -9", 5, func(ctx context.Context) { c.restart(ctx, unix.SIGKILL) }},
		{"SIGTERM", 2, func(ctx context.Context) { c.restart(ctx, unix.SIGTERM) }},
		{"reload", 3, func(context.Context) { c.configure(c.config()); c.verb("reload", "-c", c.file) }},
		{"link removed", 2, func(context.Context) { _ = os.Remove(c.link(c.random.IntN(len(c.names)))) }},
		{"folder removed", 1, func(context.Context) { _ = os.RemoveAll(c.path("ports")) }},
		{"socket removed", 1, func(context.Context) { _ = os.Remove(c.control) }},
		{"lock removed", 1, func(context.Context) { _ = os.Remove(c.path("state.json.lock")) }},
		{"line discipline", 2, func(context.Context) { c.toPort(func(fd int) { _ = unix.IoctlSetPointerInt(fd, unix.TIOCSETD, 27) }) }},
		{"exclusive", 1, func(context.Context) { c.toPort(func(fd int) { _ = unix.IoctlSetInt(fd, unix.TIOCEXCL, 0) }) }},
		{"log stalled", 1, func(context.Context) { c.stallLog() }},
		{"log read again", 1, func(context.Context) { c.readLog() }},
		{"second daemon", 1, func(ctx context.Context) { c.second(ctx) }},
	}
	if os.Getenv("METERLINE_CHAOS_CLOCK") != "" {
		defer c.setClock(0)
		deeds = append(deeds, struct {
			name   string
			weight int
			do     func(ctx context.Context)
		}{"clock", 2, func(context.Context) { c.stepClock() }})
	}
	var lots []int
	for i, d := range deeds {
		for range d.weight {
			lots = append(lots, i)
		}
	}
	for ctx.Err() == nil {
		d := deeds[lots[c.random.IntN(len(lots))]]
		c.actions[d.name]++
		d.do(ctx)
		chaosPause(ctx, time.Duration(c.random.IntN(400))*time.Millisecond)
	}
}

func (c *portChaos) restart(ctx context.Context, sig unix.Signal) {
	c.stopDaemon(sig)
	if c.random.IntN(3) == 0 {
		c.verb("tidy", "-c", c.file)
	}
	if c.random.IntN(2) == 0 {
		c.configure(c.config())
	}
	chaosPause(ctx, time.Duration(c.random.IntN(50))*time.Millisecond)
	c.start()
}

// verb runs the command for what it does; that it fails where the daemon is just starting is no fault.
func (c *portChaos) verb(args ...string) { _ = exec.Command("meterline", args...).Run() }

// second starts another daemon by mistake, which has to refuse. While the first is just starting it may be that one which does.
func (c *portChaos) second(ctx context.Context) {
	record, err := os.ReadFile(c.path("state.json.ports"))
	if err != nil || !strings.Contains(string(record), fmt.Sprintf(`"pid":%d,`, c.daemon.Load().cmd.Process.Pid)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "meterline", "run", "-c", c.file).CombinedOutput(); ctx.Err() != nil {
		c.Errorf("a second daemon has started: %v: %s", err, out)
	}
}

// toPort lets a program harm a port's terminal and go.
func (c *portChaos) toPort(harm func(fd int)) {
	fd, err := unix.Open(c.link(c.random.IntN(len(c.names))), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	harm(fd)
	_ = unix.Close(fd)
}

func (c *portChaos) stallLog() {
	wait := make(chan struct{})
	c.daemon.Load().stalled.CompareAndSwap(nil, &wait)
}

func (c *portChaos) readLog() {
	if wait := c.daemon.Load().stalled.Swap(nil); wait != nil {
		close(*wait)
	}
}

// stepClock sets the machine's clock wrong by up to two hours either way.
func (c *portChaos) stepClock() { c.setClock(time.Duration(c.random.IntN(240)-120) * time.Minute) }

// setClock sets the machine's clock to the time that it should have, which the monotonic clock tells, and wrong by so much.
func (c *portChaos) setClock(wrong time.Duration) {
	at := c.begun.Add(time.Since(c.begun)).Add(wrong)
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &unix.Timespec{Sec: at.Unix(), Nsec: int64(at.Nanosecond())}); err != nil {
		c.Errorf("set the clock: %v", err)
	}
}
