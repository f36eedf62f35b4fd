// Package bridge joins local ports and modems: it keeps the line to every modem, gives a modem's session to one port at a
// time, and moves the bytes.
package bridge

import (
	"cmp"
	"net/netip"
	"time"

	"meterline/bridge/frame"
	"meterline/relay"
	"meterline/relay/profile"
	"meterline/vport"
)

// Config is what a bridge serves, checked. It holds plain values only, so that two configurations can be compared; the
// order of its lists is the order of status.
type Config struct {
	Exchanges []ExchangeConfig
	Modems    []ModemConfig
	Ports     []PortConfig
	USB       []USBConfig
}

// ExchangeConfig is one listening address where modems call in.
type ExchangeConfig struct {
	Name                string
	Listen              string
	Profile             profile.Profile
	Allow               []netip.Prefix
	Takeover            Takeover
	RegistrationTimeout time.Duration
	MaxUnregistered     int
	Outage              int // percent of its modems away at which fallback pauses, five at least; 0 means 20
}

// Takeover says whether a new session may displace the one that a modem has.
type Takeover string

// The policies of takeover.
const (
	TakeoverNewest      Takeover = "newest"       // always
	TakeoverSameAddress Takeover = "same-address" // only from the same source address
	TakeoverSamePrefix  Takeover = "same-prefix"  // only from the same /24 (IPv6: /64)
	TakeoverNever       Takeover = "never"        // the session that stands is kept
)

// ModemConfig is one remote modem. It has at least one of Exchange, Listen and Dial.
type ModemConfig struct {
	Name      string
	Note      string
	Disabled  bool
	Simulated bool // a simulated modem answers: shown everywhere

	Exchange string // name of the exchange it calls in at
	ID       string // its identity there; under profile address its source address

	Numbers []string // telephone numbers by which it can be dialled from dial-up ports
	Ring    string   // Name of the dial-up ports of which one rings when it begins a session; empty: none does

	Listen   string         // a listening address of its own
	Allow    []netip.Prefix // who may call in at Listen
	Takeover Takeover       // at Listen

	Dial     []string       // addresses that we call, in order
	OnOpen   bool           // call only while a program has a port of the modem open; else always
	Linger   time.Duration  // under OnOpen: how long the session is kept after the program left, 0 means 30 s
	RetryMin time.Duration  // first pause between attempts, 0 means 2 s
	RetryMax time.Duration  // longest pause, 0 means 60 s
	Serial   vport.Settings // how the far serial port is to be set, under rfc2217:// in Dial; zero is left as it is

	Fallback Fallback // how it is reached by telephone when nothing else helps

	LeaseIdle time.Duration // after so long without a byte another port may take the modem, 0 means 60 s
	Link      relay.Link
	Profile   profile.Profile // under Listen and Dial: of a kind that does not register; the zero value: the modem adds nothing
	Frame     frame.Config    // what stands between the modem and its programs
}

// PortConfig is one local port, leased to one modem, or one from which any modem can be dialled.
type PortConfig struct {
	Name  string // [port.NAME]; for a modem's own port the modem's name
	Own   bool   // the modem's own `port`: what it sends without a lease goes here
	Modem string // empty for a dial-up port
	Spec  vport.Spec

	Dialup *Dialup // nil: the port is leased
}

// Specs are those of all ports.
func (c Config) Specs() []vport.Spec {
	specs := make([]vport.Spec, 0, len(c.Ports))
	for _, p := range c.Ports {
		specs = append(specs, p.Spec)
	}
	return specs
}

// withDefaults is the configuration with what it leaves open filled in.
func (c ModemConfig) withDefaults() ModemConfig {
	c.LeaseIdle = cmp.Or(c.LeaseIdle, 60*time.Second)
	c.Fallback.After = cmp.Or(c.Fallback.After, 2*time.Minute)
	c.Fallback.WakeWait = cmp.Or(c.Fallback.WakeWait, 90*time.Second)
	c.Fallback.Idle = cmp.Or(c.Fallback.Idle, time.Minute)
	c.Linger = cmp.Or(c.Linger, 30*time.Second)
	c.RetryMin = cmp.Or(c.RetryMin, 2*time.Second)
	c.RetryMax = max(cmp.Or(c.RetryMax, 60*time.Second), c.RetryMin)
	return c
}
