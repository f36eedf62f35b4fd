package vporttest_test

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/vport"
	"meterline/vport/vporttest"
)

func TestContract(t *testing.T) {
	vporttest.Contract(t, func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
		p := vporttest.New("meter", presence)
		return p, func() io.ReadWriteCloser { return p.Open() }
	})
}

func TestDeadlinesInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := vporttest.New("meter", nil)
		var receiving sync.WaitGroup
		start := time.Now()
		receiving.Go(func() {
			err := p.Receive(func([]byte) bool { return true })
			if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Hour {
				t.Errorf("%v after %v, want os.ErrDeadlineExceeded after an hour", err, took)
			}
		})
		synctest.Wait()
		if err := p.SetReadDeadline(start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		receiving.Wait()
	})
}

func TestRack(t *testing.T) {
	var r vporttest.Rack
	broken := errors.New("no more of them")
	r.Fail("a", broken)
	if _, err := r.Open(vport.Spec{Address: "a"}, nil); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	r.Fail("a", nil)
	p, err := r.Open(vport.Spec{Address: "a"}, nil)
	if err != nil || r.Port("a") != p {
		t.Fatalf("%v, %v", p, err)
	}
	if _, err := r.Open(vport.Spec{Address: "a"}, nil); !errors.Is(err, vport.ErrInUse) {
		t.Errorf("%v, want ErrInUse", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(vport.Spec{Address: "a"}, nil); err != nil {
		t.Error(err)
	}
}
