package main_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkCallIn lets 1,000 modems call in at once, as after an outage, at a daemon that has never seen them. The time is
// from the first call to the last session.
func BenchmarkCallIn(b *testing.B) {
	const modems = 1000
	if have := terminalsToBeHad(modems); have < modems {
		b.Skipf("%d pseudo-terminals can be had here, this needs %d", have, modems)
	}
	skipShort(b, modems)
	path, err := command(b)
	if err != nil {
		b.Fatal(err)
	}
	var took, cpu []float64
	for b.Loop() {
		for range rounds {
			t, c, err := callInAtOnce(b, path, modems)
			if err != nil {
				b.Fatal(err)
			}
			took, cpu = append(took, t.Seconds()*1e3), append(cpu, c.Seconds()*1e3)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(took), "ms")
	b.ReportMetric(spread(took), "±ms")
	b.ReportMetric(quantile(took, 1), "ms-slowest")
	b.ReportMetric(middle(cpu), "cpu-ms")
}

func callInAtOnce(b *testing.B, path string, modems int) (took, cpu time.Duration, err error) {
	d, err := startDaemon(b, path, modems, "")
	if err != nil {
		return 0, 0, err
	}
	defer d.stop()
	conns, errs := make([]net.Conn, modems), make([]error, modems)
	defer func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	}()
	pids := []int{d.pid()}
	before, begun := cpuTime(pids), time.Now()
	var wg sync.WaitGroup
	for i := range modems {
		wg.Go(func() { conns[i], errs[i] = d.callIn(i) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, 0, err
	}
	at, err := d.journal.wait(lineUp, modems)
	return at.Sub(begun), cpuTime(pids) - before, err
}

// BenchmarkDisplaced lets a modem call in anew while its old session still stands and a program uses its port. The times
// are from the new registration to the modem's first byte at the program, and to the program's answer at the modem.
func BenchmarkDisplaced(b *testing.B) {
	const times = 50
	path, err := command(b)
	if err != nil {
		b.Fatal(err)
	}
	d, err := startDaemon(b, path, 1, "")
	if err != nil {
		b.Fatal(err)
	}
	r, err := d.join(b)
	if err == nil {
		_, err = load{lasts: 100 * time.Millisecond}.run(r) // the program has the modem
	}
	if err != nil {
		b.Fatal(err)
	}
	watchdog := time.AfterFunc(time.Minute, func() { end(r.pids) })
	defer watchdog.Stop()
	var live, both []float64
	for b.Loop() {
		for range times {
			there, back, err := displace(d, &r.circuits[0])
			if err != nil {
				b.Fatal(err)
			}
			live, both = append(live, there.Seconds()*1e3), append(both, back.Seconds()*1e3)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(live), "ms")
	b.ReportMetric(spread(live), "±ms")
	b.ReportMetric(quantile(live, 1), "ms-slowest")
	b.ReportMetric(middle(both), "ms-with-answer")
}

// displace puts a new session in the place of c's far end.
func displace(d *daemon, c *circuit) (there, back time.Duration, err error) {
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		return 0, 0, err
	}
	far, err := detach(conn)
	if err != nil {
		return 0, 0, err
	}
	defer func(old int) { _ = unix.Close(old) }(c.far)
	c.far = far
	buf := make([]byte, requestSize)
	begun := time.Now()
	if err := write(far, []byte(identity(0)+"\r\n!")); err != nil {
		return 0, 0, fmt.Errorf("register: %w", err)
	}
	if _, err := read(c.near, buf); err != nil {
		return 0, 0, fmt.Errorf("first byte: %w", err)
	}
	there = time.Since(begun)
	if err := write(c.near, request(0)); err != nil {
		return 0, 0, fmt.Errorf("answer it: %w", err)
	}
	for got := 0; got < requestSize; {
		n, err := read(far, buf)
		if err != nil {
			return 0, 0, fmt.Errorf("answer to it: %w", err)
		}
		got += n
	}
	return there, time.Since(begun), nil
}
