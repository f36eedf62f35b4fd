package relay

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

func contractStop(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i := range 100 {
			_, _ = modem.Write([]byte{byte(i)})
		}
	})
	got := collect(t, s, 4)
	for len(got) < 104 {
		got = append(got, collect(t, s, 1)...)
	}
	for i, c := range got[4:] {
		if int(c) != i {
			t.Fatalf("byte %d is %d", i, c)
		}
	}
}

func contractBulk(t *testing.T, s *Session, modem net.Conn) {
	up, down := noise(1<<20), noise(1<<20)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = modem.Write(up) })
	wg.Go(func() {
		if n, err := s.Write(down); n != len(down) || err != nil {
			t.Errorf("wrote %d: %v", n, err)
		}
	})
	wg.Go(func() {
		got := make([]byte, len(down))
		if _, err := io.ReadFull(modem, got); err != nil || !bytes.Equal(got, down) {
			t.Errorf("the modem got something else (%v)", err)
		}
	})
	if got := collect(t, s, 4+len(up)); !bytes.Equal(got[4:], up) {
		t.Error("something else came from the modem")
	}
	wg.Wait()
}
