// Package control is how the verbs talk to the daemon: the types of the API, its server and its client, over a Unix socket or a named pipe of
// Windows. It is not the daemon: what is asked for is done behind the interfaces Viewer and Operator.
//
// The way of a verb to the daemon:
//
//  1. The verb calls a method of Client, such as Client.Kick. That is route.ask, whose Client.call sends one HTTP request over a new connection.
//  2. Listen has made the socket or pipe, whose permissions decide who may connect. Too many connections are closed at once.
//  3. Server.Serve reads the request, and Server.handler finds the route of its path, such as kick.
//  4. route.answer calls the daemon. What it returns goes back as JSON; an error becomes a status code and an errorBody.
//  5. Client.do turns an answer that is no success into an exit.Error, which carries the exit code of the verb.
package control

import (
	"time"
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

// errorBody is the body of every answer that reports an error.
type errorBody struct {
	Error string `json:"error"`
}
