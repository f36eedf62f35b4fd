package main

import (
	"time"

	"meterline/bridge"
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
	maxWakeTime     = maxProbeTime + maxWakeWait
	callTimeout     = 15 * time.Second // a reload of thousands of ports included
)

// maxWakeWait is the longest that the session of a modem that was woken may be awaited.
const maxWakeWait = time.Hour

type kickRequest struct {
	Name string `json:"name"`
}

type wakeRequest struct {
	Modem string `json:"modem"`
}

type pinRequest struct {
	USB string `json:"usb"`
}

type probeRequest struct {
	Modem   string        `json:"modem"`
	Request []byte        `json:"request"`
	Timeout time.Duration `json:"timeout_ns"`
	Pause   time.Duration `json:"pause_ns"` // of silence that ends the answer
}

type probeAnswer struct {
	Answer []byte        `json:"answer"`
	Took   time.Duration `json:"took_ns"`
}

// reloadReport says what a reload did, and what it left for a restart or somebody's eyes.
type reloadReport struct {
	bridge.Changes
	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// wireError is the body of every answer that is not a success.
type wireError struct {
	Error string `json:"error"`
}

// wireCaller is a bridge.UnknownCaller with the names that it has in JSON.
type wireCaller struct {
	Exchange string    `json:"exchange"`
	Peer     string    `json:"peer"`
	ID       string    `json:"id,omitempty"`
	Reason   string    `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int64     `json:"count"`
}
