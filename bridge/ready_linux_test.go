package bridge

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/relay/profile"
	"meterline/vport"
)

// manyListeners is a configuration with n exchanges, n modems with an address of their own, and n ports over the network, and all
// their addresses. Each listens on a loopback address of its own, from 127.A.0.1 on.
func manyListeners(a, n int) (cfg Config, addresses []string) {
	at := func(kind, i int) string {
		address := fmt.Sprintf("127.%d.%d.%d:17930", a, kind, i+1)
		addresses = append(addresses, address)
		return address
	}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for i := range n {
		cfg.Exchanges = append(cfg.Exchanges, ExchangeConfig{
			Name: fmt.Sprint("x", i), Listen: at(0, i), Profile: profile.Profile{Kind: profile.IMEI},
		})
		name := fmt.Sprint("m", i)
		cfg.Modems = append(cfg.Modems, modem.Config{Name: name, Listen: at(1, i), Allow: loopback})
		cfg.Ports = append(cfg.Ports, PortConfig{Name: fmt.Sprint("p", i), Modem: name, Spec: vport.Spec{Address: "tcp://" + at(2, i)}})
	}
	return cfg, addresses
}

// Ready is called, and Reload returns, when everybody can connect who shall be able to, and what cannot listen has failed once.
func TestReadyWhenAllListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg, addresses := manyListeners(11, 20)
	cfg.Exchanges = append(cfg.Exchanges, ExchangeConfig{Name: "taken", Listen: taken.Addr().String(), Profile: profile.Profile{Kind: profile.IMEI}})
	ready := make(chan struct{})
	b := New(cfg, Options{Kinds: machinePorts, Ready: func() { close(ready) }})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	<-ready
	wantListening(t, addresses)
	for _, e := range b.Status().Exchanges {
		if e.Name == "taken" && e.LastError == "" {
			t.Error("the exchange whose address is taken has not been tried")
		}
	}
	cfg, addresses = manyListeners(12, 20)
	if _, err := b.Reload(cfg); err != nil {
		t.Fatal(err)
	}
	wantListening(t, addresses)
}

// wantListening connects to each address at once, without a second attempt.
func wantListening(t *testing.T, addresses []string) {
	t.Helper()
	for _, address := range addresses {
		conn, err := net.DialTimeout("tcp", address, 10*time.Second)
		if err != nil {
			t.Error(err)
			continue
		}
		_ = conn.Close()
	}
}
