package relay

import (
	"cmp"
	"net"
	"time"
)

// Defaults for cellular networks, whose address translation forgets a silent session after 30–300 s without telling anyone.
const (
	DefaultKeepaliveIdle     = 60 * time.Second
	DefaultKeepaliveInterval = 20 * time.Second
	DefaultKeepaliveCount    = 3
	DefaultSendBuffer        = 16 << 10
)

// Link says how a TCP connection with a modem is kept. The zero value has defaults for cellular networks.
type Link struct {
	KeepaliveIdle     time.Duration // silence before the first TCP keepalive, 0 means 60 s, negative: no keepalive
	KeepaliveInterval time.Duration // between unanswered keepalives, 0 means 20 s
	KeepaliveCount    int           // unanswered keepalives that end the session, 0 means 3
	SendBuffer        int           // bytes, SO_SNDBUF: bounds what is lost unseen when a link dies; 0 means 16384
	HeartbeatEvery    time.Duration // send Heartbeat after this much silence toward the modem, 0: never
	Heartbeat         string        // the bytes to send
	Silence           time.Duration // end the session when the modem has sent nothing for so long, 0: never
}

// DeadAfter is how long a peer that vanished without a word is believed in. Keepalives find it while the connection is
// idle, the user time-out (RFC 5482) while bytes are unacknowledged; neither finds it in the other case, so both are set to
// the same limit. Without keepalives only the second is left, at the default idle time; and only Linux and
// Windows, that in whole seconds, can be told of it: elsewhere the system decides how long it repeats what is not acknowledged.
func (l Link) DeadAfter() time.Duration {
	idle := cmp.Or(max(l.KeepaliveIdle, 0), DefaultKeepaliveIdle)
	interval := cmp.Or(l.KeepaliveInterval, DefaultKeepaliveInterval)
	return idle + interval*time.Duration(cmp.Or(l.KeepaliveCount, DefaultKeepaliveCount))
}

// apply sets the link's options. What the system refuses on a connection that just died shows at its first read.
// TCP_NODELAY is set on every connection by package net.
func (l Link) apply(conn *net.TCPConn) {
	_ = conn.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable:   l.KeepaliveIdle >= 0,
		Idle:     cmp.Or(max(l.KeepaliveIdle, 0), DefaultKeepaliveIdle),
		Interval: cmp.Or(l.KeepaliveInterval, DefaultKeepaliveInterval),
		Count:    cmp.Or(l.KeepaliveCount, DefaultKeepaliveCount),
	})
	_ = conn.SetWriteBuffer(cmp.Or(l.SendBuffer, DefaultSendBuffer))
	_ = setUserTimeout(conn, l.DeadAfter())
}
