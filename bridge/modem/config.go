package modem

import (
	"cmp"
	"net/netip"
	"time"

	"meterline/bridge/frame"
	"meterline/relay"
	"meterline/relay/profile"
	"meterline/relay/wire"
	"meterline/vport"
)

// Takeover says whether a new session may displace the one that a modem has.
type Takeover string

// The policies of takeover.
const (
	TakeoverNewest      Takeover = "newest"       // always
	TakeoverSameAddress Takeover = "same-address" // only from the same source address
	TakeoverSamePrefix  Takeover = "same-prefix"  // only from the same /24 (IPv6: /64)
	TakeoverNever       Takeover = "never"        // the present session is kept
)

// Config is one remote modem. It has at least one of Exchange, Listen and Dial.
type Config struct {
	Name      string
	Note      string
	Disabled  bool
	Simulated bool // a simulated modem answers; every display says so

	Exchange string // name of the exchange it calls in at
	ID       string // its identity there; under profile address its source address

	Credentials wire.Credentials // what it gives when it registers at Exchange, or is given by the greeting of Profile

	Numbers []string // telephone numbers by which it can be dialled from dial-up ports
	Ring    string   // name of a group of dial-up ports, one of which rings when the modem begins a session; empty: none rings

	Listen   string         // a listening address of its own
	Allow    []netip.Prefix // who may call in at Listen
	Takeover Takeover       // at Listen

	Dial     []string       // addresses that we call, in order
	OnOpen   bool           // call only while a program has a port of the modem open; else always
	Linger   time.Duration  // under OnOpen: how long the session is kept after the program left, 0 means 30 s
	RetryMin time.Duration  // first pause between attempts, 0 means 2 s
	RetryMax time.Duration  // longest pause, 0 means 60 s
	Serial   vport.Settings // how the far serial port is to be set, under rfc2217:// in Dial; zero is left as it is

	Fallback FallbackConfig // how it is reached by telephone when nothing else helps

	HeartbeatAnywhere bool // its meters never send what is a heartbeat of the modem's

	LeaseIdle time.Duration // after so long without a byte another port may take the modem, 0 means 60 s
	Link      relay.Link
	Profile   profile.Profile // under Listen and Dial: of a kind that does not register; the zero value: the modem adds nothing
	Frame     frame.Config    // what stands between the modem and its programs
}

// WithDefaults returns the configuration with defaults in the place of zero values.
func (c Config) WithDefaults() Config {
	c.LeaseIdle = cmp.Or(c.LeaseIdle, 60*time.Second)
	c.Fallback.After = cmp.Or(c.Fallback.After, 2*time.Minute)
	c.Fallback.WakeWait = cmp.Or(c.Fallback.WakeWait, 90*time.Second)
	c.Fallback.Idle = cmp.Or(c.Fallback.Idle, time.Minute)
	c.Linger = cmp.Or(c.Linger, 30*time.Second)
	c.RetryMin = cmp.Or(c.RetryMin, 2*time.Second)
	c.RetryMax = max(cmp.Or(c.RetryMax, 60*time.Second), c.RetryMin)
	return c
}

// FallbackConfig says how a modem is reached by telephone when its TCP session cannot be had.
type FallbackConfig struct {
	USB      string        // Name of the plugged-in modem; empty: there is no fallback
	After    time.Duration // how long the modem must have been away, 0 means 120 s
	Wake     Wake          // how it is made to call in before a data call is tried; empty: it is not
	WakeText string        // of a text message
	Answers  []string      // replies that mean success, see CheckAnswer; none: any reply, and what the plugged-in modem calls a success
	WakeWait time.Duration // how long its session is awaited then, 0 means 90 s
	Call     bool          // it takes data calls
	Idle     time.Duration // a data call ends after so long without a byte, 0 means 60 s
}

// Wake is a way to make a modem open its TCP session.
type Wake string

// The ways.
const (
	WakeCall Wake = "call" // a missed call
	WakeSMS  Wake = "sms"  // a text message
)
