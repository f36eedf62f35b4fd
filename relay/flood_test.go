package relay

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"meterline/relay/profile"
)

// callers are n modems of one exchange.
func callers(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("86000000%07d", i)
	}
	return ids
}

// flood lets all modems call in at once, and answers how long it took until the last had its session.
func (o *opened) flood(t testing.TB, ids []string) time.Duration {
	t.Helper()
	conns := make([]net.Conn, len(ids))
	var wg sync.WaitGroup
	start := time.Now()
	for i, id := range ids {
		wg.Go(func() {
			conn, err := net.Dial("tcp", o.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			conns[i] = conn
			if _, err := io.WriteString(conn, "IMEI:"+id+"\r\n"); err != nil {
				t.Error(err)
			}
		})
	}
	var sessions []*Session
	for range ids {
		select {
		case s := <-o.sessions:
			sessions = append(sessions, s)
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d have a session, counts %v", len(sessions), len(ids), o.Counts())
		}
	}
	took := time.Since(start)
	wg.Wait()
	for i := range ids {
		sessions[i].End(nil)
		_ = conns[i].Close()
	}
	return took
}

// With default settings, and to an exchange that has never seen their address.
func TestThousandModemsAtOnce(t *testing.T) {
	ids := callers(1000)
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}}, ids...)
	for range 2 {
		t.Logf("%d modems on line after %v", len(ids), o.flood(t, ids))
	}
	if n := o.Counts(); n["registered"] != 2000 || len(n) != 2 {
		t.Errorf("counts are %v", n)
	}
}

func BenchmarkThousandModemsAtOnce(b *testing.B) {
	ids := callers(1000)
	o := open(b, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}}, ids...)
	var all time.Duration
	for b.Loop() {
		all += o.flood(b, ids)
	}
	b.ReportMetric(all.Seconds()*1000/float64(b.N), "ms/all-on-line")
}

func BenchmarkRoundTrip(b *testing.B) {
	for kind, pair := range pairs {
		b.Run(kind, func(b *testing.B) {
			conn, modem := pair(b)
			defer modem.Close()
			s := NewSession(conn, Link{}, nil, nil)
			defer s.End(nil)
			var wg sync.WaitGroup
			wg.Go(func() { _ = s.Receive(func(p []byte) bool { _, err := s.Write(p); return err == nil }) })
			p := make([]byte, 60)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := modem.Write(p); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(modem, p); err != nil {
					b.Fatal(err)
				}
			}
			s.End(nil)
			wg.Wait()
		})
	}
}
