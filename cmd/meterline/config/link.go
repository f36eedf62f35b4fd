package config

import (
	"time"

	"meterline/cmd/meterline/config/table"
	"meterline/relay"
)

// longestKeepalive bounds TCP_KEEPIDLE and TCP_KEEPINTVL, which count seconds up to 32767 (tcp(7)).
const longestKeepalive = 32767 * time.Second

// longestHeartbeat is how many bytes a heartbeat of ours may have; manuals of configurable modems stop at 80.
const longestHeartbeat = 256

// linkKeys say how a connection is kept.
var linkKeys = table.Keys[relay.Link]{
	{
		Name: "keepalive_idle", Form: table.Func("duration of whole seconds, or `off`", readKeepaliveIdle), Default: "60s",
		Doc: "Silence before the first TCP keepalive. A vanished modem is noticed within idle + interval × count.",
	}, {
		Name: "keepalive_interval", Form: seconds(func(l *relay.Link) *time.Duration { return &l.KeepaliveInterval }), Default: "20s",
		Doc: "Time between two TCP keepalives.",
	}, {
		Name: "keepalive_count", Form: table.Number(1, 127, func(l *relay.Link) *int { return &l.KeepaliveCount }), Default: "3",
		Doc: "How many unanswered TCP keepalives end the session.",
	}, {
		Name: "send_buffer", Form: table.Number(2048, 16<<20, func(l *relay.Link) *int { return &l.SendBuffer }), Default: "16384",
		Doc: "Bytes that may be on their way unacknowledged, and are lost unseen when a line dies.",
	}, {
		Name: "heartbeat", Form: table.Literal(table.Func("bytes", func(t *table.Table, key string, l *relay.Link) {
			l.Heartbeat = string(t.Bytes(key, longestHeartbeat))
		})),
		Doc: "Bytes to send in a pause, for modems that end a quiet session themselves. Goes with `heartbeat_every`.",
	}, {
		Name: "heartbeat_every", Form: table.Duration(time.Second, day, func(l *relay.Link) *time.Duration { return &l.HeartbeatEvery }),
		Doc: "The pause, without a byte to the modem, after which `heartbeat` is sent.",
	}, {
		Name: "silence", Form: table.Duration(time.Second, 30*day, func(l *relay.Link) *time.Duration { return &l.Silence }), Otherwise: "never",
		Doc: "End the session when the modem has sent nothing for so long.",
	},
}

// seconds is a duration of whole seconds.
func seconds(field func(*relay.Link) *time.Duration) table.Form[relay.Link] {
	return table.Func("duration of whole seconds", func(t *table.Table, key string, l *relay.Link) {
		d, ok := t.Duration(key, time.Second, longestKeepalive)
		if !ok {
			return
		}
		if d != d.Truncate(time.Second) {
			t.Fault(key, table.Flawf("write whole seconds", "TCP counts in seconds"))
		}
		*field(l) = d
	})
}

func readKeepaliveIdle(t *table.Table, key string, l *relay.Link) {
	if t.Value(key).Raw == "off" {
		l.KeepaliveIdle = -1
		return
	}
	idle.Read(t, key, l)
}

var idle = seconds(func(l *relay.Link) *time.Duration { return &l.KeepaliveIdle })

// checkBeats checks that a heartbeat of ours has bytes and a pause.
func checkBeats(t *table.Table) {
	switch {
	case t.Has("heartbeat") && !t.Has("heartbeat_every"):
		t.Fault("heartbeat", table.Flawf(`write heartbeat_every = "60s" too`, "it does not say how often"))
	case t.Has("heartbeat_every") && !t.Has("heartbeat"):
		t.Fault("heartbeat_every", table.Flawf(`write heartbeat = "…" too`, "it does not say what to send"))
	}
}
