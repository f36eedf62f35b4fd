// Package control is how the verbs talk to the daemon: the types of the API, its server and its client, over a Unix socket or a named pipe of
// Windows. It is not the daemon: what is asked for is done behind the interfaces Viewer and Operator.
//
// The way of a verb to the daemon:
//
//  1. The verb calls a method of Client, such as Client.Kick, whose Client.call sends one HTTP request over a new connection.
//  2. Listen has made the socket or pipe, whose permissions decide who may connect. Too many connections are closed at once.
//  3. Server.Serve reads the request, and Server.handler finds the handler of its path, such as Server.kick.
//  4. The handler calls the daemon, and answers with JSON; an error becomes a status code and an errorBody.
//  5. Client.do turns an answer that is no success into an exit.Error, which carries the exit code of the verb.
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

// Limits of the size of requests, and of the time that one takes.
const (
	maxRequestBody  = 64 << 10
	maxProbeRequest = 2 << 10
	maxProbeTime    = 2 * time.Minute
	maxWakeTime     = maxProbeTime + MaxWakeWait
	callTimeout     = 15 * time.Second // enough for a reload of thousands of ports
)

// MaxWakeWait is how long the session of a woken modem may be awaited at most.
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

// ProbeRequest asks a modem's meter once; see Check for its limits.
type ProbeRequest struct {
	Modem   string        `json:"modem"`
	Request []byte        `json:"request"`
	Timeout time.Duration `json:"timeout_ns"`
	Pause   time.Duration `json:"pause_ns"` // the silence that ends the answer
}

// ProbeAnswer is what came back, and how long after the request that was complete.
type ProbeAnswer struct {
	Answer []byte        `json:"answer"`
	Took   time.Duration `json:"took_ns"`
}

// ReloadReport says what a reload has changed, which changes need a restart (Notes), and what an operator should look at (Warnings).
type ReloadReport struct {
	status.Changes
	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// errorBody is the body of every answer that reports an error.
type errorBody struct {
	Error string `json:"error"`
}

// Caller is a bridge.UnknownCaller with names for JSON.
type Caller struct {
	Exchange string    `json:"exchange"`
	Peer     string    `json:"peer"`
	ID       string    `json:"id,omitempty"`
	Reason   string    `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int64     `json:"count"`
}
