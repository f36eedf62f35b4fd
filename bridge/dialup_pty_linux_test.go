package bridge

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/dialup"
	"meterline/vport"
)

// ptyPhone is a dial-up port on a real pseudo-terminal, and a program that has written to it without reading until it was stopped.
func ptyPhone(t *testing.T) (b *Bridge, stop func(), path string, f *os.File, lines int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "t1")
	cfg := Config{Ports: []PortConfig{{Name: "phones", Spec: vport.Spec{Address: path}, Dialup: &dialup.Emulation{}}}}
	b, stop = serveUntil(t.Context(), cfg)
	t.Cleanup(stop)
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	const line = "AT\r"
	written := 0
	for {
		if err := f.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := f.Write([]byte(strings.Repeat(line, 1000)))
		if written += n; errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil || written > 1<<20 {
			t.Fatalf("%d bytes were taken: %v", written, err)
		}
	}
	_ = f.SetWriteDeadline(time.Time{})
	if rest := written % len(line); rest > 0 {
		go func() { _, _ = f.Write([]byte(line[rest:])) }() // goes as soon as there is room, if the program stays
	}
	return b, stop, path, f, (written + len(line) - 1) / len(line)
}

func TestAnswersNotReadOnAPseudoTerminal(t *testing.T) {
	t.Parallel()
	_, _, _, f, lines := ptyPhone(t)
	const answer = "AT\r\r\nOK\r\n"
	got := make([]byte, lines*len(answer))
	_ = f.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := io.ReadFull(f, got); err != nil || string(got) != strings.Repeat(answer, lines) {
		t.Errorf("%d bytes of %d came, or others: %v", n, len(got), err)
	}
}

func TestLastCloseWhileNotReadOnAPseudoTerminal(t *testing.T) {
	t.Parallel()
	b, _, path, f, _ := ptyPhone(t)
	start := time.Now()
	_ = f.Close()
	for b.Status().Ports[0].Open {
		if time.Since(start) > 5*time.Second {
			t.Fatal("the program's leaving is not noticed")
		}
		time.Sleep(time.Millisecond)
	}
	g, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.WriteString("ATE0\r"); err != nil {
		t.Fatal(err)
	}
	want := "ATE0\r\r\nOK\r\n"
	got := make([]byte, len(want))
	_ = g.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(g, got); err != nil || string(got) != want {
		t.Errorf("the next program reads %q, %v", got, err)
	}
}

func TestPortEndsWhileNotReadOnAPseudoTerminal(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, b *Bridge, stop func()){
		"reload": func(t *testing.T, b *Bridge, _ func()) {
			if _, err := b.Reload(Config{}); err != nil {
				t.Error(err)
			}
		},
		"shutdown": func(_ *testing.T, _ *Bridge, stop func()) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, stop, path, _, _ := ptyPhone(t)
			start := time.Now()
			end(t, b, stop)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the link is still there: %v", err)
			}
		})
	}
}
