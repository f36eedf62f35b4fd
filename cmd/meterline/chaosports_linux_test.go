package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The chaos of ports: programs open their ports in tight loops, while everything happens to the daemon and to its files that
// ever led a program to another meter's port. Every request and every answer names its meter.
//
// METERLINE_CHAOS is how long it lasts at least (4s; 1m under METERLINE_LONG), METERLINE_CHAOS_PORTS how many ports there are,
// METERLINE_CHAOS_SEED repeats a run's decisions, METERLINE_CHAOS_CLOCK=1 sets the machine's clock to and fro, for which it
// must be root on a machine of its own.

// portChaos is a daemon in a process of its own, its meters and its programs.
type portChaos struct {
	*site
	names  []string
	random *rand.Rand // the operator's
	begun  time.Time

	daemon  atomic.Pointer[chaosDaemon]
	opens   atomic.Int64
	asked   atomic.Int64
	right   atomic.Int64
	wrong   atomic.Int64
	actions map[string]int
}

// TestPortChaos runs in a devpts of its own: its numbers are nobody else's, and what its programs write by mistake reaches
// nobody else.
func TestPortChaos(t *testing.T) {
	const inside = "METERLINE_CHAOS_INSIDE"
	if os.Getenv(inside) != "" {
		ownTerminals(t)
		runPortChaos(t)
		return
	}
	t.Parallel()
	namespace := "-rm"
	if os.Geteuid() == 0 {
		namespace = "-m" // the clock is set by the real root alone
	}
	if out, err := exec.Command("unshare", namespace, "true").CombinedOutput(); err != nil {
		t.Skipf("no mount namespace to be had: %v: %s", err, out)
	}
	// Other tests run at the same time, and are not what is to be loaded.
	cmd := exec.CommandContext(t.Context(), "nice", "-n", "15", "unshare", namespace, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1", "-test.timeout=3h")
	cmd.Env = append(os.Environ(), inside+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "chaos of ports") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// ownTerminals gives this process, and those that it starts, pseudo-terminals that are numbered from 0.
func ownTerminals(t *testing.T) {
	t.Helper()
	if err := unix.Mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620"); err != nil {
		t.Fatalf("a devpts of our own: %v", err)
	}
	if err := unix.Mount("/dev/pts/ptmx", "/dev/ptmx", "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("its ptmx: %v", err)
	}
}

func chaosNumber(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func chaosTime() time.Duration {
	length := 4 * time.Second
	if os.Getenv("METERLINE_LONG") != "" {
		length = time.Minute
	}
	if d, err := time.ParseDuration(os.Getenv("METERLINE_CHAOS")); err == nil {
		length = max(d, length)
	}
	return length
}

func runPortChaos(t *testing.T) {
	seed := uint64(chaosNumber("METERLINE_CHAOS_SEED", int(rand.Uint32())))
	c := &portChaos{begun: time.Now(), random: rand.New(rand.NewPCG(seed, 0)), actions: map[string]int{}}
	for i := range chaosNumber("METERLINE_CHAOS_PORTS", 40) {
		c.names = append(c.names, fmt.Sprintf("m%04d", i))
	}
	c.site = newSite(t, c.config())
	ctx, cancel := context.WithTimeout(t.Context(), chaosTime())
	defer cancel()
	life, end := context.WithCancel(t.Context())
	var world, programs sync.WaitGroup
	for i := range c.names {
		world.Go(func() { c.meter(life, i) })
	}
	c.start()
	for i := range c.names {
		programs.Go(func() { c.program(ctx, i) })
		if i%4 == 0 {
			programs.Go(func() { c.stubborn(ctx, i, rand.New(rand.NewPCG(seed, uint64(i)))) })
		}
	}
	programs.Go(func() { c.neighbour(ctx, rand.New(rand.NewPCG(seed, 1<<32))) })
	c.operate(ctx)
	programs.Wait()
	c.recovers()
	c.stopDaemon(unix.SIGTERM)
	end()
	world.Wait()
	t.Logf("chaos of ports: seed %d, %d ports: %d opens, %d requests, %d answers of the right meter, %d of another; %v",
		seed, len(c.names), c.opens.Load(), c.asked.Load(), c.right.Load(), c.wrong.Load(), c.actions)
	if c.right.Load() < int64(len(c.names)) {
		t.Error("hardly anything was answered")
	}
}

// config is the configuration with the ports in some order, and some of them without.
func (c *portChaos) config() string {
	var b strings.Builder
	b.WriteString("state = \"state.json\"\n[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\n")
	b.WriteString("takeover = \"newest\"\n")
	for _, i := range c.random.Perm(len(c.names)) {
		fmt.Fprintf(&b, "[modem.%s]\nexchange = \"gprs\"\nid = %q\nport = \"ports/%[1]s\"\n", c.names[i], c.id(i))
		if c.random.IntN(10) == 0 {
			b.WriteString("disabled = true\n")
		}
	}
	return b.String()
}

func (c *portChaos) whole() string {
	return strings.ReplaceAll(c.config(), "disabled = true\n", "")
}

func (c *portChaos) id(i int) string { return fmt.Sprintf("86%013d", i) }

func (c *portChaos) link(i int) string { return c.path(filepath.Join("ports", c.names[i])) }

// misled is called when a program's bytes have reached another meter, or another meter's have reached it.
func (c *portChaos) misled(format string, args ...any) {
	if c.wrong.Add(1) <= 20 {
		c.Errorf(format, args...)
	}
}

// recovers expects that once all is quiet every port works.
func (c *portChaos) recovers() {
	c.Helper()
	c.configure(c.whole())
	c.stopDaemon(unix.SIGTERM)
	c.start()
	var asking sync.WaitGroup
	for i := range c.names {
		asking.Go(func() {
			for end := time.Now().Add(2 * longest); ; time.Sleep(10 * time.Millisecond) { // between two tries of a program
				if c.visit(c.link(i), i, 1) {
					return
				}
				if time.Now().After(end) {
					c.Errorf("%s does not answer once all is quiet", c.names[i])
					return
				}
			}
		})
	}
	asking.Wait()
}
