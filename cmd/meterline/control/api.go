// Package control is how the verbs talk to the daemon: the types of the API, its server and its client, over a
// socket or Windows' named pipe. It is not the daemon: what is asked for is done behind the interface Daemon.
package control

import (
	"time"

	"meterline/bridge/status"
)

// The control socket speaks HTTP with JSON bodies. These are the paths, and the bodies that are not bridge's own types.
const (
	pathStatus  = "/v1/status"
	pathUnknown = "/v1/unknown"
	pathKick    = "/v1/kick"
	pathReload  = "/v1/reload"
	pathWatch   = "/v1/watch"
	pathProbe   = "/v1/probe"
	pathWake    = "/v1/wake"
	pathPIN     = "/v1/forget-pin"
)

// Bounds of what the socket takes and of how long it works for one request.
const (
	maxRequestBody  = 64 << 10
	maxProbeRequest = 2 << 10
	maxProbeTime    = 2 * time.Minute
	maxWakeTime     = maxProbeTime + MaxWakeWait
	callTimeout     = 15 * time.Second // a reload of thousands of ports included
)

// MaxWakeWait is the longest that the session of a modem that was woken may be awaited.
const MaxWakeWait = time.Hour

type kickRequest struct {
	Name string `json:"name"`
}

type wakeRequest struct {
	Modem string `json:"modem"`
}

type pinRequest struct {
	USB string `json:"usb"`
}

// ProbeRequest asks a modem's meter once; see Check for its bounds.
type ProbeRequest struct {
	Modem   string        `json:"modem"`
	Request []byte        `json:"request"`
	Timeout time.Duration `json:"timeout_ns"`
	Pause   time.Duration `json:"pause_ns"` // of silence that ends the answer
}

// ProbeAnswer is what came back, and how long that took from the request on.
type ProbeAnswer struct {
	Answer []byte        `json:"answer"`
	Took   time.Duration `json:"took_ns"`
}

// ReloadReport says what a reload did, and what it left for a restart or somebody's eyes.
type ReloadReport struct {
	status.Changes
	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// errorBody is the body of every answer that is not a success.
type errorBody struct {
	Error string `json:"error"`
}

// Caller is a bridge.UnknownCaller with the names that it has in JSON.
type Caller struct {
	Exchange string    `json:"exchange"`
	Peer     string    `json:"peer"`
	ID       string    `json:"id,omitempty"`
	Reason   string    `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int64     `json:"count"`
}
