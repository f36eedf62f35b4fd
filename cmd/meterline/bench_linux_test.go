// Package main_test measures the command beside the other ways to join a serial port to a connection, all in the same
// run and in turn, so that what disturbs one disturbs all:
//
//	go test -run '^$' -bench . -benchtime 1x ./cmd/meterline
//
// Every number is found once for each benchmark, whatever -benchtime says; 1x keeps the column of repetitions short. What
// is not installed is skipped by name.
package main_test

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"time"
)

const (
	rounds   = 9       // times that each rival is measured; the rivals take turns
	baseline = "socat" // what ratios are to
)

// rival is one way to join ports and far ends, with so many circuits through it.
type rival struct {
	name     string
	circuits []circuit
	pids     []int // the processes between the ends, none for the system alone
}

type kind struct {
	name string
	make func(b *testing.B, ports int) (*rival, error)
}

// kinds of rivals. What make starts ends with the benchmark; an error that is exec.ErrNotFound says that it is not installed.
var kinds = []kind{
	{"meterline", newMeterline},
	{baseline, newSocat},
	{"ser2net", newSer2net},
	{"tcp_alone", newTCP},
	{"pty_alone", newPTY},
}

// finding is what one run has found. Each number is compared with the baseline's of the same round.
type finding struct {
	speed float64 // a time or a rate
	cpu   float64 // of the processes between the ends
	rate  float64 // how much was done in a second, where speed does not say it
}

// units name the numbers of a finding.
type units struct{ ratio, speed, cpu, rate string }

// BenchmarkRoundTrip sends requests of 20 bytes from the programs, which far ends answer with 60 bytes. The time is the
// median of all round trips.
func BenchmarkRoundTrip(b *testing.B) {
	u := units{ratio: "rtt", speed: "µs/rtt", cpu: "cpu-µs/rtt", rate: "rtt/s"}
	for _, l := range []load{
		{name: "1_port", ports: 1, lasts: 400 * time.Millisecond},
		{name: "1_port_50_a_second", ports: 1, lasts: time.Second, every: 20 * time.Millisecond},
		{name: "500_ports_2500_a_second", ports: 500, lasts: 600 * time.Millisecond, every: 400 * time.Microsecond},
		{name: "500_ports_saturated", ports: 500, lasts: 600 * time.Millisecond},
	} {
		b.Run(l.name, func(b *testing.B) { compare(b, l.ports, u, l.run) })
	}
}

// BenchmarkBulk sends as fast as it goes, in one direction, over one port.
func BenchmarkBulk(b *testing.B) {
	u := units{ratio: "speed", speed: "MB/s", cpu: "cpu-µs/MB"}
	for _, piece := range []int{64, 256, 4096} {
		for _, inward := range []bool{false, true} {
			t := transfer{piece: piece, inward: inward, lasts: 250 * time.Millisecond}
			b.Run(t.String(), func(b *testing.B) { compare(b, 1, u, t.run) })
		}
	}
}

// BenchmarkFrames is what handing answers over whole, and the guard against late ones, cost beside passing bytes as they
// come.
func BenchmarkFrames(b *testing.B) {
	u := units{ratio: "rtt", speed: "µs/rtt", cpu: "cpu-µs/rtt", rate: "rtt/s"}
	kinds := []kind{
		{"none", newMeterline},
		{"dlms-hdlc", func(b *testing.B, ports int) (*rival, error) {
			return newMeterlineWith(b, ports, `protocol = "dlms-hdlc"`)
		}},
	}
	for _, l := range []load{
		{name: "1_port", ports: 1, lasts: 400 * time.Millisecond},
		{name: "500_ports_saturated", ports: 500, lasts: 600 * time.Millisecond},
	} {
		b.Run(l.name, func(b *testing.B) { compareTo(b, "none", kinds, l.ports, u, l.run) })
	}
}

// compare holds all that join a port to a connection against the baseline.
func compare(b *testing.B, ports int, u units, run func(*rival) (finding, error)) {
	compareTo(b, baseline, kinds, ports, u, run)
}

// compareTo makes all rivals, lets them run in turn, and reports each.
func compareTo(b *testing.B, base string, kinds []kind, ports int, u units, run func(*rival) (finding, error)) {
	var rivals []*rival
	missing := make(map[string]error)
	for _, k := range kinds {
		r, err := k.make(b, ports)
		switch {
		case errors.Is(err, exec.ErrNotFound):
			missing[k.name] = err
			continue
		case err != nil:
			b.Fatalf("%s: %v", k.name, err)
		}
		r.name = k.name
		rivals = append(rivals, r)
	}
	found := make(map[string][]finding)
	for round := range rounds + 1 {
		for i := range rivals {
			r := rivals[(round+i)%len(rivals)] // nobody is always the first
			f, err := run(r)
			if err != nil {
				b.Fatalf("%s: %v", r.name, err)
			}
			if round > 0 { // the first one warms up
				found[r.name] = append(found[r.name], f)
			}
		}
	}
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			if err := missing[k.name]; err != nil {
				b.Skipf("not measured: %v", err)
			}
			u.report(b, base, found[k.name], found[base])
		})
	}
}

// report gives medians, and behind ± half the distance between the quartiles of the ratios.
func (u units) report(b *testing.B, to string, found, base []finding) {
	b.ReportMetric(0, "ns/op") // the time that reporting took
	speed := func(f finding) float64 { return f.speed }
	cpu := func(f finding) float64 { return f.cpu }
	hasCPU := found[0].cpu > 0
	b.ReportMetric(middle(each(found, speed)), u.speed)
	if hasCPU {
		b.ReportMetric(middle(each(found, cpu)), u.cpu)
	}
	if u.rate != "" {
		b.ReportMetric(middle(each(found, func(f finding) float64 { return f.rate })), u.rate)
	}
	if len(base) == 0 {
		return
	}
	reportRatio(b, u.ratio, to, each(found, speed), each(base, speed))
	if hasCPU {
		reportRatio(b, "cpu", to, each(found, cpu), each(base, cpu))
	}
}

func reportRatio(b *testing.B, name, to string, found, base []float64) {
	ratios := make([]float64, len(found))
	for i := range found {
		ratios[i] = found[i] / base[i]
	}
	b.ReportMetric(middle(ratios), fmt.Sprintf("%s/%s", name, to))
	b.ReportMetric(spread(ratios), fmt.Sprintf("±%s/%s", name, to))
}

func each(found []finding, number func(finding) float64) []float64 {
	var all []float64
	for _, f := range found {
		all = append(all, number(f))
	}
	return all
}

func middle(v []float64) float64 { return quantile(v, 0.5) }

func spread(v []float64) float64 { return (quantile(v, 0.75) - quantile(v, 0.25)) / 2 }

// quantile lies between its two neighbours, as they stand to it.
func quantile(v []float64, q float64) float64 {
	v = slices.Sorted(slices.Values(v))
	at := q * float64(len(v)-1)
	i := int(at)
	if i+1 >= len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}
