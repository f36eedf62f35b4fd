package pty

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/creack/pty"

	"meterline/vport"
)

var request, answer = bytes.Repeat([]byte("q"), 20), bytes.Repeat([]byte("a"), 60)

// trips is how many round trips the program makes at a word.
const trips = 500

// ask is the program's side of BenchmarkRoundTrip: at each byte on its input it makes its round trips, and says so.
func ask(f *os.File) error {
	got, word := make([]byte, len(answer)), make([]byte, 1)
	for {
		if n, _ := os.Stdin.Read(word); n == 0 {
			return nil // the benchmark is over
		}
		for range trips {
			if _, err := f.Write(request); err != nil {
				return err
			}
			if _, err := io.ReadFull(f, got); err != nil {
				return err
			}
		}
		if _, err := os.Stdout.Write(word); err != nil {
			return err
		}
	}
}

// roundTrips lets a program in another process ask at path, and reports what one round trip takes, and costs this process.
func roundTrips(b *testing.B, path string) {
	b.Helper()
	p, _ := startChild(b, path, "ask", nil)
	word := []byte("!")
	used := cpu(b)
	for b.Loop() {
		if _, err := p.in.Write(word); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(p.out, word); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-used)/float64(b.N*trips), "cpu-ns/trip")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N*trips), "ns/trip")
}

// BenchmarkRoundTrip compares a port with the simplest thing that could be in its place, a file on the same terminal.
func BenchmarkRoundTrip(b *testing.B) {
	for name, signal := range map[string]func(vport.Signal){"port": nil, "packet mode": func(vport.Signal) {}} {
		b.Run(name, func(b *testing.B) { portRoundTrips(b, signal) })
	}
	b.Run("file", func(b *testing.B) {
		master, slave, err := pty.Open()
		if err != nil {
			b.Fatal(err)
		}
		l, err := adopt(master, slave.Name())
		if err := errors.Join(err, master.Close()); err != nil {
			b.Fatal(err)
		}
		join(b, func() { echoAnswers(l.file) }, func() { _ = errors.Join(slave.Close(), l.file.Close()) })
		roundTrips(b, l.device)
	})
}

func portRoundTrips(b *testing.B, signal func(vport.Signal)) {
	b.Helper()
	opened, err := openPort(vport.Spec{Address: b.TempDir() + "/meter"}, startWatcher(b), nil)
	if err != nil {
		b.Fatal(err)
	}
	opened.(vport.Signaller).SetSignal(signal)
	join(b, func() {
		n := 0
		_ = opened.Receive(func(p []byte) bool {
			if n += len(p); n < len(request) {
				return true
			}
			n = 0
			_, err := opened.Write(answer)
			return err == nil
		})
	}, func() { _ = opened.Close() })
	roundTrips(b, fmt.Sprint(opened))
}

func echoAnswers(f *os.File) {
	p := make([]byte, 1<<16)
	for n := 0; ; {
		m, err := f.Read(p)
		if err != nil {
			return
		}
		if n += m; n < len(request) {
			continue
		}
		n = 0
		if _, err := f.Write(answer); err != nil {
			return
		}
	}
}

// BenchmarkBulk moves pieces from the program, and toward it.
func BenchmarkBulk(b *testing.B) {
	for _, size := range []int{64, 4096} {
		name := map[int]string{64: "64B", 4096: "4KiB"}[size]
		b.Run("receive/"+name, func(b *testing.B) {
			opened, err := openPort(vport.Spec{Address: b.TempDir() + "/meter"}, startWatcher(b), nil)
			if err != nil {
				b.Fatal(err)
			}
			join(b, func() { _ = opened.Receive(func([]byte) bool { return true }) }, func() { _ = opened.Close() })
			f := program(b, fmt.Sprint(opened))
			piece := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := f.Write(piece); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("write/"+name, func(b *testing.B) {
			open := make(chan bool, 16)
			opened, err := openPort(vport.Spec{Address: b.TempDir() + "/meter"}, startWatcher(b), func(o bool) { open <- o })
			if err != nil {
				b.Fatal(err)
			}
			f := program(b, fmt.Sprint(opened))
			join(b, func() { _, _ = io.Copy(io.Discard, f) }, func() { _ = opened.Close() })
			<-open
			piece := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := opened.Write(piece); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenClose says what making a port costs.
func BenchmarkOpenClose(b *testing.B) {
	folder, w := b.TempDir(), startWatcher(b)
	for b.Loop() {
		opened, err := openPort(vport.Spec{Address: folder + "/meter"}, w, nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := opened.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
