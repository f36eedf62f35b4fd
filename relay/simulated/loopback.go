package simulated

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// loopbackAddress refuses an address that is not written as one of this machine's loopback.
func loopbackAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w: write host:port", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.Unmap().IsLoopback() {
		return fmt.Errorf("address %s is not on loopback: write 127.0.0.1, [::1] or localhost; simulated readings stay in this machine", address)
	}
	return nil
}

// loopbackPeer refuses an IP address that is not loopback. Other networks, such as pipes in memory, are always local.
func loopbackPeer(addr net.Addr) error {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		return fmt.Errorf("address %s is not on loopback; simulated readings stay in this machine", addr)
	}
	return nil
}

// dialLoopback also refuses a localhost that the system resolves to something else.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, resolved string, _ syscall.RawConn) error { return loopbackAddress(resolved) },
	}
	return dialer.DialContext(ctx, network, address)
}
