package dialer

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// lentPair are the names of a pair of COM ports that the environment lends: the program's end, and ours.
func lentPair(t *testing.T) (program, ours string) {
	t.Helper()
	program, ours, both := strings.Cut(os.Getenv("METERLINE_COM_PAIR"), ",")
	if !both {
		t.Skip("METERLINE_COM_PAIR names no pair of COM ports, like COM15,COM115")
	}
	return program, ours
}

// openLent opens a COM port until the test ends.
func openLent(t *testing.T, name string) Port {
	t.Helper()
	f, err := OpenSerial(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestCOMPortHasDeadlines(t *testing.T) {
	one, other := lentPair(t)
	a, b := openLent(t, one), openLent(t, devicePrefix+other)
	if err := a.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Read(make([]byte, 10)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent port reads %d, %v", n, err)
	}
	for _, text := range []string{"x", "a request", strings.Repeat("an answer ", 100)} {
		if _, err := b.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := a.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		for got := ""; got != text; {
			n, err := a.Read(buf)
			if got += string(buf[:n]); err != nil {
				t.Fatalf("got %q, %v, want %q", got, err, text)
			}
		}
	}
}

func TestCOMPortCannotBeOpened(t *testing.T) {
	if f, err := OpenSerial("COM98"); err == nil || !strings.Contains(err.Error(), "no COM port") {
		t.Errorf("%v, %v", f, err)
	}
	if f, err := OpenSerial("NUL"); err == nil || !strings.Contains(err.Error(), "no serial port") {
		t.Errorf("%v, %v", f, err)
	}
}
