package main_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkIdle looks at what many ports occupy that nothing happens on: a program has every port open and every modem has
// a session, over which one request has gone.
func BenchmarkIdle(b *testing.B) {
	const most, fewer = 4000, 3000
	have := terminalsToBeHad(most)
	sizes := []int{1000, most}
	if have < most && have >= fewer {
		sizes = append(sizes, fewer)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("%d_ports", n), func(b *testing.B) {
			if n > have {
				b.Skipf("%d pseudo-terminals can be had here, this needs %d: raise kernel.pty.max, or run outside of a container", have, n)
			}
			skipShort(b, n)
			idle(b, n)
		})
	}
}

// terminalsToBeHad tries, as kernel.pty.reserve does not apply to everybody.
func terminalsToBeHad(want int) (n int) {
	for ; n < want; n++ {
		fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		defer func() { _ = unix.Close(fd) }()
	}
	return n
}

// skipShort skips where a process may not have two descriptors a port, the daemon and the benchmark alike.
func skipShort(b *testing.B, ports int) {
	const spare = 256
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	if need := uint64(2*ports + spare); limit.Max < need {
		b.Skipf("a process may have %d open files here, this needs %d: ulimit -Hn", limit.Max, need)
	}
}

func idle(b *testing.B, ports int) {
	const watched = 10 * time.Second
	one := footprintAfterUse(b, 1)
	many := footprintAfterUse(b, ports)
	for b.Loop() {
		time.Sleep(time.Second) // the last of the coming and going
		cpu := cpuTime(many.pids)
		time.Sleep(watched)
		used := cpuTime(many.pids) - cpu
		f, err := footprintOf(many.pids[0])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(100*used.Seconds()/watched.Seconds(), "%cpu")
		b.ReportMetric(f.resident/1024, "MiB-rss")
		b.ReportMetric(f.proportional/1024, "MiB-pss")
		b.ReportMetric((f.resident-one.resident)/float64(ports-1), "KiB-rss/port")
		b.ReportMetric(float64(f.descriptors-one.descriptors)/float64(ports-1), "fds/port")
		b.ReportMetric(float64(f.threads), "threads")
	}
}

// used is a daemon whose ports have all been used.
type used struct {
	*rival
	footprint
}

func footprintAfterUse(b *testing.B, ports int) used {
	r, err := newMeterline(b, ports)
	if err == nil {
		_, err = load{lasts: time.Second, every: time.Second / time.Duration(ports)}.run(r)
	}
	if err != nil {
		b.Fatal(err)
	}
	f, err := footprintOf(r.pids[0])
	if err != nil {
		b.Fatal(err)
	}
	return used{r, f}
}

// BenchmarkIdlePeers is what the others occupy a port; there are fewer of them, as they take more.
func BenchmarkIdlePeers(b *testing.B) {
	for _, k := range kinds {
		if k.name != baseline && k.name != "ser2net" {
			continue
		}
		b.Run(k.name, func(b *testing.B) {
			const ports = 100
			r, err := k.make(b, ports)
			if err != nil {
				b.Skipf("not measured: %v", err)
			}
			var resident, proportional float64
			for _, pid := range r.pids {
				f, err := footprintOf(pid)
				if err != nil {
					b.Fatal(err)
				}
				resident, proportional = resident+f.resident, proportional+f.proportional
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(resident/ports, "KiB-rss/port")
			b.ReportMetric(proportional/ports, "KiB-pss/port")
		})
	}
}
