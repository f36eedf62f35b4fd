package com

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport"
)

// comPair are the names of a pair of COM ports that the environment lends: the program's end, and ours.
func comPair(t *testing.T) (program, ours string) {
	program, ours, both := strings.Cut(os.Getenv("METERLINE_COM_PAIR"), ",")
	if !both {
		t.Skip("METERLINE_COM_PAIR names no pair of COM ports, like COM15,COM115")
	}
	return program, ours
}

func openEnd(t *testing.T, name string) End {
	t.Helper()
	end, err := openPairEnd(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end.Close() })
	return end
}

// within fails the test when f does not end.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
		running.Wait()
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not end", what)
	}
}

// emptied reads what a pair keeps that does not forget when nobody is there.
func emptied(t *testing.T, name string) {
	t.Helper()
	end, err := openPairEnd(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = end.Close() }()
	if _, err := end.Status(); err == nil {
		return // a driver that tells of programs keeps nothing for the next one
	}
	buf := make([]byte, 4096)
	for quiet := 0; quiet < 3; {
		n, err := end.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		quiet++
		if n > 0 {
			quiet = 0
		}
	}
}

// openPair opens the port, and a channel that is told when a program has it open.
func openPair(t *testing.T) (p vport.Port, program string, there chan bool) {
	t.Helper()
	program, ours := comPair(t)
	emptied(t, program)
	emptied(t, ours)
	there = make(chan bool, 100)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	p, err := Kind(log).Open(vport.Spec{Address: program, Pair: ours}, func(open bool) { there <- open })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, program, there
}

func TestCOMPairPassesBytes(t *testing.T) {
	p, name, there := openPair(t)
	program := openEnd(t, name)
	const size = 32 << 10
	all := make([]byte, size)
	for i := range all {
		all[i] = byte(i + i>>8)
	}
	got := make(chan byte, 2*size)
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Receive(func(b []byte) bool {
			for _, c := range b {
				got <- c
			}
			return true
		}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Receive: %v", err)
		}
	})
	within(t, "the news of the program", func() { <-there })
	within(t, "the program's writes", func() {
		for n := 0; n < size; {
			m, err := program.Write(all[n:min(n+1000, size)])
			if n += m; err != nil {
				t.Error(err)
				return
			}
		}
	})
	within(t, "what it wrote", func() {
		for i, want := range all {
			if c := <-got; c != want {
				t.Errorf("byte %d: %02x, want %02x", i, c, want)
				return
			}
		}
	})
	var writing sync.WaitGroup
	writing.Go(func() {
		if n, err := p.Write(all); n != size || err != nil {
			t.Errorf("write: %d, %v", n, err)
		}
	})
	within(t, "the program's reads", func() {
		back, buf := make([]byte, 0, size), make([]byte, 4096)
		for len(back) < size {
			n, err := program.Read(buf)
			if back = append(back, buf[:n]...); err != nil {
				t.Error(err)
				return
			}
		}
		if string(back) != string(all) {
			t.Error("the program reads something else")
		}
	})
	writing.Wait()
	start := time.Now()
	within(t, "Close", func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Close takes %v", took)
	}
}

func TestCOMPairWriteCannotHang(t *testing.T) {
	p, name, there := openPair(t)
	openEnd(t, name) // and does not read
	var running sync.WaitGroup
	running.Go(func() { _ = p.Receive(func([]byte) bool { return true }) })
	within(t, "the news of the program", func() { <-there })
	if err := p.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	within(t, "a write until its deadline", func() {
		start := time.Now()
		n, err := p.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %d, %v, want os.ErrDeadlineExceeded", n, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
	if err := p.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	writing.Go(func() {
		if _, err := p.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("write: %v, want os.ErrClosed", err)
		}
	})
	within(t, "Close", func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		writing.Wait()
		running.Wait()
	})
}

func TestCOMPairOpensAgain(t *testing.T) {
	program, ours := comPair(t)
	for range 50 {
		p, err := Kind(nil).Open(vport.Spec{Address: program, Pair: ours}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		running.Go(func() {
			if err := p.Receive(func([]byte) bool { return true }); !errors.Is(err, os.ErrClosed) {
				t.Errorf("Receive: %v", err)
			}
		})
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		running.Wait()
	}
}

func TestCOMPairThatIsNot(t *testing.T) {
	for _, spec := range []vport.Spec{{Address: "COM97"}, {Address: "COM97", Pair: "NOSUCH"}} {
		if p, err := Kind(nil).Open(spec, nil); !errors.Is(err, ErrNoPair) {
			t.Errorf("%v: %v, %v, want ErrNoPair", spec, p, err)
		}
		if err := Kind(nil).Check(spec); !errors.Is(err, ErrNoPair) {
			t.Errorf("%v: %v, want ErrNoPair", spec, err)
		}
	}
}

var _ io.ReadWriteCloser = (*pairEnd)(nil)

// TestAskNullModem wants an answer, whichever it is.
func TestAskNullModem(t *testing.T) {
	d, err := AskDriver()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", d)
	for _, fault := range d.Faults() {
		t.Log(fault)
	}
	pairs, err := Pairs()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", pairs)
}
