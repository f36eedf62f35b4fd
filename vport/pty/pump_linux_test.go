package pty

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"meterline/vport"
)

// A short read parks without the read that would answer EAGAIN. If that ever lost an edge, a round would not end.
func TestNoEdgeIsLost(t *testing.T) {
	for name, w := range map[string]*watcher{"watched": startWatcher(t), "unwatched": nil} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, vport.Spec{}, w)
			f := program(t, d.port.path)
			random := rand.New(rand.NewPCG(1, 2))
			for range 3000 {
				// Around the sizes at which the kernel's buffers end.
				size := []int{1, 2, 64, 255, 256, 1000, 4095, 4096, 4097, 9000}[random.IntN(10)]
				piece := strings.Repeat(string(rune('a'+random.IntN(26))), size)
				write(t, f, piece)
				d.expectBytes(piece)
			}
		})
	}
}

// A program that is slow, or does not read at all for a while, loses nothing.
func TestNothingIsLostTowardASlowProgram(t *testing.T) {
	d := newDesk(t, vport.Spec{}, startWatcher(t))
	f := program(t, d.port.path)
	d.expect(true)
	all := make([]byte, 300<<10)
	for i := range all {
		all[i] = byte(i * 7 >> 3)
	}
	join(t, func() { write(t, d.port, string(all)) }, func() {})
	var got []byte
	piece := make([]byte, 5000)
	for len(got) < len(all) {
		if err := f.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, err := f.Read(piece[:1+len(got)%len(piece)])
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		got = append(got, piece[:n]...)
	}
	if !bytes.Equal(got, all) {
		t.Error("the bytes are not those that were written")
	}
}

func TestEverythingIsGivenBack(t *testing.T) {
	before := descriptors(t)
	running := goleak.IgnoreCurrent()
	t.Run("ports", func(t *testing.T) {
		w := startWatcher(t)
		for range 50 {
			d := newDesk(t, vport.Spec{}, w)
			f := program(t, d.port.path)
			write(t, f, "x")
			d.expect(true)
			d.expectBytes("x")
			if _, err := openPort(vport.Spec{Address: d.port.path}, w, nil); !errors.Is(err, vport.ErrInUse) {
				t.Errorf("%v, want ErrInUse", err)
			}
			closeFile(t, f)
		}
	})
	t.Run("a watcher that is never run", func(t *testing.T) { newDesk(t, vport.Spec{}, newWatcher(nil, nil)) })
	goleak.VerifyNone(t, running)
	after := descriptors(t)
	count := func(all []string) (n int) {
		for _, d := range all {
			if strings.Contains(d, "pt") || strings.Contains(d, "inotify") {
				n++
			}
		}
		return n
	}
	if count(before) != count(after) {
		t.Errorf("descriptors before: %v\nafter: %v", before, after)
	}
}

// FuzzParse: whatever is read, and wherever it is cut, nothing panics and nothing is invented.
func FuzzParse(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 'a', 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, p []byte) {
		all := parse(p)
		if len(all)*unix.SizeofInotifyEvent > len(p) {
			t.Fatalf("%d events in %d bytes", len(all), len(p))
		}
		for i := range p {
			some := parse(p[:i])
			if len(some) > len(all) {
				t.Fatalf("%d events in the first %d bytes of %d, which have %d", len(some), i, len(p), len(all))
			}
			for j := range some {
				if some[j] != all[j] {
					t.Fatalf("event %d: %v, cut at %d: %v", j, all[j], i, some[j])
				}
			}
		}
	})
}
