// Package status defines what the bridge shows of itself: the state of its parts, the counters of dropped bytes, and what watchers see.
// It has no locks, and collects nothing: the parts fill in its structs.
package status

import (
	"errors"
	"maps"
	"os"
	"time"

	"meterline/bridge/frame"
	"meterline/vport"
)

// Status is the state of the whole bridge at one moment, in the configuration's order.
type Status struct {
	At        time.Time  `json:"at"`
	Since     time.Time  `json:"since"` // start of the daemon
	Ports     []Port     `json:"ports"`
	Modems    []Modem    `json:"modems"`
	Exchanges []Exchange `json:"exchanges"`
	USB       []USB      `json:"usb,omitempty"`
	Log       *Log       `json:"log,omitempty"` // filled in by the daemon, which has the log
}

// Log is the state of the log.
type Log struct {
	To      string    `json:"to"`              // a file, or "standard error"
	Since   time.Time `json:"since,omitzero"`  // when the problem began
	Waiting int       `json:"waiting_records"` // not written yet
	Dropped int64     `json:"dropped_records"` // since the start, because nothing could be written
	Problem string    `json:"problem,omitempty"`
}

// Port is one port: its state, and what it has moved since the daemon started.
type Port struct {
	Name        string           `json:"name"`
	Path        string           `json:"path"`
	Device      string           `json:"device,omitempty"` // /dev/pts/7
	Modem       string           `json:"modem"`
	Own         bool             `json:"own"` // the modem's own port
	Dialup      bool             `json:"dialup,omitempty"`
	State       string           `json:"state"` // down idle waiting joined clearing
	Since       time.Time        `json:"since"` // when the state began
	Open        bool             `json:"open"`  // a program has it open
	OpenSince   time.Time        `json:"open_since,omitzero"`
	OpenedBy    []vport.Program  `json:"opened_by,omitempty"`
	Opens       int64            `json:"opens"`
	HeldBy      string           `json:"held_by,omitempty"` // another port has the modem: its path
	FromDTE     int64            `json:"from_program_bytes"`
	ToDTE       int64            `json:"to_program_bytes"`
	Dropped     map[string]int64 `json:"dropped_bytes,omitempty"` // by reason
	LastError   string           `json:"last_error,omitempty"`
	LastErrorAt time.Time        `json:"last_error_at,omitzero"`
	Replaced    int64            `json:"replaced,omitempty"` // how often another pseudo-terminal was put behind the path
	Simulated   bool             `json:"simulated,omitempty"`

	Telephone      string    `json:"telephone,omitempty"` // of a dial-up port: what its emulated modem does, and with which modem
	TelephoneSince time.Time `json:"telephone_since,omitzero"`
	Calls          []Call    `json:"calls,omitempty"` // that are over, the latest last: at most 16

	Problem string `json:"problem,omitempty"` // why status --problems lists it, empty if nothing is wrong
}

// Call is one call of a dial-up port that is over.
type Call struct {
	At        time.Time `json:"at"`     // when it was dialled, or rang first
	Number    string    `json:"number"` // as the program wrote it, without secrets, or the caller's
	Incoming  bool      `json:"incoming,omitempty"`
	Voice     bool      `json:"voice,omitempty"`             // only to wake the modem
	Modem     string    `json:"modem,omitempty"`             // that has the number, empty if nobody has it
	Result    string    `json:"result,omitempty"`            // what the program was told: "CONNECT 9600", "BUSY", "RING"; empty if it gave up before
	Why       string    `json:"why,omitempty"`               // why it failed or ended
	Waited    float64   `json:"waited_seconds"`              // until CONNECT, or until it failed
	Connected float64   `json:"connected_seconds,omitempty"` // from CONNECT to the end
}

// Modem is one modem: its state, its present session and its counters.
type Modem struct {
	Name        string           `json:"name"`
	Note        string           `json:"note,omitempty"`
	Disabled    bool             `json:"disabled,omitempty"`
	Simulated   bool             `json:"simulated,omitempty"`
	Exchange    string           `json:"exchange,omitempty"`
	ID          string           `json:"id,omitempty"`
	Lines       []string         `json:"lines"`                // how a session can be had, in order of preference
	State       string           `json:"state"`                // away calling up ending
	Since       time.Time        `json:"since"`                // when the state began
	Peer        string           `json:"peer,omitempty"`       // far address of the session
	Line        string           `json:"line,omitempty"`       // by which it is had: "exchange gprs", "dial 10.8.0.12:4001", "telephone gsm1"
	Why         []LineFault      `json:"why,omitempty"`        // why the session does not use a better line, or there is none
	Telephone   string           `json:"telephone,omitempty"`  // name of the plugged-in modem, if the session is a telephone call
	Fallback    string           `json:"fallback,omitempty"`   // what the fallback does while there is no session, in words
	Lease       string           `json:"lease,omitempty"`      // path of the port that has the lease
	LastSeen    time.Time        `json:"last_seen,omitzero"`   // when the latest byte or registration came
	Sessions    int64            `json:"sessions"`             // since the state file was begun
	Displaced   int64            `json:"displaced"`            // since the daemon started
	Contested   bool             `json:"contested,omitempty"`  // more than one modem registers with its identity
	Contenders  []string         `json:"contenders,omitempty"` // from these addresses, which take turns
	NextCall    time.Time        `json:"next_call,omitzero"`   // when it is called again
	Today       Volume           `json:"today"`
	Month       Volume           `json:"month"`
	Dropped     map[string]int64 `json:"dropped_bytes,omitempty"` // by reason
	Protocol    string           `json:"protocol,omitempty"`      // of the meter, if messages are delivered whole
	Messages    *frame.Stats     `json:"messages,omitempty"`      // since the daemon started or the modem was changed
	Facts       map[string]Fact  `json:"facts,omitempty"`         // what it has told of itself, by name
	Events      []Event          `json:"events,omitempty"`        // what it has reported, the latest last
	LastError   string           `json:"last_error,omitempty"`
	LastErrorAt time.Time        `json:"last_error_at,omitzero"`
	Problem     string           `json:"problem,omitempty"`

	PassedHeartbeats int64 `json:"passed_heartbeats,omitempty"` // handed to programs as data, since the daemon started
}

// USB is one modem plugged into this machine.
type USB struct {
	Name    string   `json:"name"`
	State   string   `json:"state"`             // in words: absent, ready, in a call
	Modem   string   `json:"modem,omitempty"`   // the modem that it is in use for
	Waiting []string `json:"waiting,omitempty"` // modems that wait for it, in the order of their coming
	Awaited []string `json:"awaited,omitempty"` // modems whose session or reply is awaited, and how long: "boiler: its session, for 1m18s more"
	Calls   int      `json:"calls_today"`       // wake-ups and data calls
	Talked  string   `json:"talked_today"`      // time of data calls
	About   []string `json:"about,omitempty"`   // maker, model, operator, signal: "signal: -79 dBm"
	Problem string   `json:"problem,omitempty"` // why it can reach nobody
}

// Volume counts bytes between us and a modem.
type Volume struct {
	Up       int64 `json:"from_modem_bytes"`
	Down     int64 `json:"to_modem_bytes"`
	Overhead int64 `json:"overhead_estimate_bytes"` // IP and TCP headers, acknowledgements, keepalives: an estimate
}

// Exchange is one listening address.
type Exchange struct {
	Name      string           `json:"name"`
	Listen    string           `json:"listen"`
	Up        bool             `json:"up"`
	Modems    int              `json:"modems"`           // configured
	Online    int              `json:"online"`           // with a session
	Counts    map[string]int64 `json:"counts,omitempty"` // connections by outcome
	LastError string           `json:"last_error,omitempty"`
}

// Changes names the parts that a reload has changed.
type Changes struct {
	Added   []string `json:"added,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// Direction is the way that bytes go.
type Direction string

// The two ways.
const (
	ToModem   Direction = "to-modem"
	FromModem Direction = "from-modem"
)

// Traffic is a piece of what passes a port or an exchange, or a Note of something that happened there.
type Traffic struct {
	At   time.Time `json:"at"`
	Peer string    `json:"peer,omitempty"` // at an exchange: who calls
	Port string    `json:"port,omitempty"`
	Dir  Direction `json:"dir,omitempty"`
	Data []byte    `json:"data,omitempty"`
	Drop string    `json:"dropped,omitempty"` // why the bytes were dropped, empty if they were delivered
	Note string    `json:"note,omitempty"`
}

// Fact is something that a modem has told of itself.
type Fact struct {
	Value string    `json:"value"` // for operators, with its unit
	At    time.Time `json:"at"`    // when it told so last
}

// Event is something that a modem, or the meter behind it, has reported by itself.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Text string    `json:"text,omitempty"`
	Data []byte    `json:"data,omitempty"` // as it came
}

// LineFault is why a modem's session does not use this line.
type LineFault struct {
	Line  string    `json:"line"` // as in Modem.Line
	Why   string    `json:"why"`
	Since time.Time `json:"since,omitzero"` // when that began
	Tried time.Time `json:"tried,omitzero"` // when the line was tried last
}

// Reasons for which bytes are dropped: the words of status.
const (
	DropNoSession = "no session"                       // written while the modem was away, and not to be kept
	DropEnded     = "session ended"                    // not sent when the session ended
	DropHeld      = "another port has the modem"       // written by a second port's program
	DropTakenOver = "lease taken over"                 // not sent when another port took the modem
	DropLeft      = "program left"                     // its tail was not sent within the time for that
	DropNobody    = "no program had the port open"     // came from the modem
	DropNotRead   = "program did not read"             // came from the modem, not taken within the time for that
	DropNewer     = "a newer request took its place"   // kept for a session, until the program wrote another request
	DropTooLong   = "too long to keep"                 // kept for a session, beyond what is kept
	DropTooOld    = "session came too late"            // kept for a session that came too late
	DropMisframed = "not of the modem's protocol"      // came from the modem outside of its packets
	DropGone      = "port or modem left configuration" // on its way at a reload
)

// Drops counts dropped bytes by reason. Its owner guards it by a mutex.
type Drops map[string]int64

// Add counts n more bytes that were dropped for that reason.
func (d *Drops) Add(reason string, n int) {
	if n == 0 {
		return
	}
	if *d == nil {
		*d = make(Drops)
	}
	(*d)[reason] += int64(n)
}

// Snapshot returns a copy.
func (d Drops) Snapshot() map[string]int64 { return maps.Clone(d) }

// NotDelivered returns the reason for bytes that a port did not take, given the error of its Write.
func NotDelivered(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, vport.ErrNobody):
		return DropNobody
	case errors.Is(err, os.ErrDeadlineExceeded):
		return DropNotRead
	}
	return DropGone
}
