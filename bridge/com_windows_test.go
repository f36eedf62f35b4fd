package bridge

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/vport"
	"meterline/vport/com"
)

// TestCOMPairToModem asks a meter over TCP through a pair of COM ports that the environment lends, on Windows or on Wine.
func TestCOMPairToModem(t *testing.T) {
	program, ours, both := strings.Cut(os.Getenv("METERLINE_COM_PAIR"), ",")
	if !both {
		t.Skip("METERLINE_COM_PAIR names no pair of COM ports, like COM15,COM115")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer ln.Close()
	running.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			io.Copy(conn, conn)
			conn.Close()
		}
	})
	b := New(Config{
		Modems: []modem.Config{{Name: "m", Dial: []string{ln.Addr().String()}}},
		Ports:  []PortConfig{{Name: "m", Own: true, Modem: "m", Spec: vport.Spec{Address: program, Pair: ours}}},
	}, Options{Kinds: machinePorts})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Errorf("bridge: %v", err)
		}
	})
	until := time.Now().Add(20 * time.Second)
	for ; b.Status().Modems[0].State != string(modem.Up) || b.Status().Ports[0].State == string(port.Down); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("no session: %+v", b.Status())
		}
	}
	// The program's end is opened as if it were ours: what is at the other one does not matter for bytes.
	g, err := com.Kind(nil).Open(vport.Spec{Address: "COM999", Pair: program}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1000)
	running.Go(func() {
		g.Receive(func(p []byte) bool {
			got <- string(p)
			return true
		})
	})
	defer g.Close()
	want, have := "a question to the meter", ""
	for asked := time.Now(); !strings.HasPrefix(have, want); {
		if have == "" { // the far end of the pair may have to be told of first
			if _, err := g.Write([]byte(want)); err == nil {
				asked = time.Now()
			}
		}
		select {
		case text := <-got:
			have += text
		case <-time.After(time.Second):
		}
		if time.Since(asked) > 20*time.Second || time.Now().After(until.Add(time.Minute)) {
			t.Fatalf("%q has come back, want %q", have, want)
		}
	}
	st := b.Status().Ports[0]
	t.Logf("%s %s, open %v by %v, %d bytes from the program, %d to it", st.Path, st.State, st.Open, st.OpenedBy, st.FromDTE, st.ToDTE)
}
