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
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
	"meterline/relay"
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

// route is one request of the API: where it is sent, its bodies In and Out, and what answers it. struct{} is no body.
type route[In, Out any] struct {
	method, path string
	within       time.Duration // the answer's time at most; 0: callTimeout
	answer       func(ctx context.Context, s *Server, in In) (Out, error)
}

// served is a route as the server knows it.
type served interface {
	pattern() string
	handler(s *Server) http.HandlerFunc
}

func (r *route[In, Out]) pattern() string { return r.method + " " + r.path }

// handler answers 400 if the request is wrong, 422 if what it is about is (a faulty configuration), and 409 if the daemon cannot do it.
func (r *route[In, Out]) handler(s *Server) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		var in In
		if !isNone(in) && !read(w, request, &in) {
			return
		}
		if r.within > maxProbeTime { // than what bounded allows
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(r.within + callTimeout)); err != nil {
				refuse(w, http.StatusInternalServerError, err)
				return
			}
		}
		out, err := r.answer(request.Context(), s, in)
		switch _, wrong := errors.AsType[*requestError](err); {
		case err == nil:
			reply(w, out)
		case wrong:
			refuse(w, http.StatusBadRequest, err)
		case exit.Code(err) == exit.Usage && exit.IsCoded(err):
			refuse(w, http.StatusUnprocessableEntity, err)
		default:
			refuse(w, http.StatusConflict, err)
		}
	}
}

// ask sends the request. The answer may take extra longer than the route says.
func (r *route[In, Out]) ask(ctx context.Context, c *Client, in In, extra time.Duration) (out Out, err error) {
	var into any = &out
	if isNone(out) {
		into = nil
	}
	var body any = in
	if r.method == http.MethodGet {
		body = nil
	}
	return out, c.call(ctx, r.method, r.path, body, into, max(r.within+extra, callTimeout))
}

// isNone reports whether a body is none.
func isNone(body any) bool {
	_, none := body.(struct{})
	return none
}

// requestError is the error of a request that no daemon accepts.
type requestError struct{ error }

// routes are all requests but the watch, which is a stream. A new one is a block below and a line here.
var routes = []served{&getStatus, &getUnknown, &getRawUnknown, &kick, &reload, &wake, &forgetPIN, &probe}

var getStatus = route[struct{}, status.Status]{
	method: http.MethodGet, path: "/v1/status",
	answer: func(_ context.Context, s *Server, _ struct{}) (status.Status, error) { return s.viewer.Status(), nil },
}

// Status returns the daemon's status.
func (c *Client) Status(ctx context.Context) (status.Status, error) {
	return getStatus.ask(ctx, c, struct{}{}, 0)
}

var getUnknown = route[struct{}, []relay.UnknownCaller]{
	method: http.MethodGet, path: "/v1/unknown",
	answer: func(_ context.Context, s *Server, _ struct{}) ([]relay.UnknownCaller, error) {
		return s.viewer.Unknown(false), nil
	},
}

// getRawUnknown is a path of its own, so that whoever may not see credentials can be kept from it.
var getRawUnknown = route[struct{}, []relay.UnknownCaller]{
	method: http.MethodGet, path: "/v1/unknown/raw",
	answer: func(_ context.Context, s *Server, _ struct{}) ([]relay.UnknownCaller, error) {
		return s.viewer.Unknown(true), nil
	},
}

// Unknown returns the callers that no modem's identity matched, the latest first. Their credentials are masked unless raw is set.
func (c *Client) Unknown(ctx context.Context, raw bool) ([]relay.UnknownCaller, error) {
	if raw {
		return getRawUnknown.ask(ctx, c, struct{}{}, 0)
	}
	return getUnknown.ask(ctx, c, struct{}{}, 0)
}

type kickRequest struct {
	Name string `json:"name"`
}

var kick = route[kickRequest, struct{}]{
	method: http.MethodPost, path: "/v1/kick",
	answer: func(_ context.Context, s *Server, in kickRequest) (struct{}, error) {
		return struct{}{}, s.operator.Kick(in.Name)
	},
}

// Kick ends the session of the modem of that name, or of the modem that has the port of that name.
func (c *Client) Kick(ctx context.Context, name string) error {
	_, err := kick.ask(ctx, c, kickRequest{Name: name}, 0)
	return err
}

// ReloadReport says what a reload has changed, which changes need a restart (Notes), and what an operator should look at (Warnings).
type ReloadReport struct {
	status.Changes
	Notes    []string `json:"notes,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

var reload = route[struct{}, ReloadReport]{
	method: http.MethodPost, path: "/v1/reload", within: maxProbeTime,
	answer: func(ctx context.Context, s *Server, _ struct{}) (ReloadReport, error) { return s.operator.Reload(ctx) },
}

// Reload makes the daemon read its configuration again. If that is faulty, the error has one line for each fault.
func (c *Client) Reload(ctx context.Context) (ReloadReport, error) {
	return reload.ask(ctx, c, struct{}{}, 0)
}

type wakeRequest struct {
	Modem string `json:"modem"`
}

var wake = route[wakeRequest, fallback.WakeResult]{
	method: http.MethodPost, path: "/v1/wake", within: maxWakeTime, // by telephone, which may take several minutes
	answer: func(ctx context.Context, s *Server, in wakeRequest) (fallback.WakeResult, error) {
		return s.operator.Wake(ctx, in.Modem)
	},
}

// Wake makes the daemon wake a modem by telephone, and returns when the modem's session is there or does not come.
func (c *Client) Wake(ctx context.Context, modem string) (fallback.WakeResult, error) {
	return wake.ask(ctx, c, wakeRequest{modem}, callTimeout)
}

type pinRequest struct {
	USB string `json:"usb"`
}

var forgetPIN = route[pinRequest, struct{}]{
	method: http.MethodPost, path: "/v1/forget-pin",
	answer: func(_ context.Context, s *Server, in pinRequest) (struct{}, error) {
		return struct{}{}, s.operator.ForgetPIN(in.USB)
	},
}

// ForgetPIN allows the PIN of [usb.NAME] to be tried again after its SIM has refused it.
func (c *Client) ForgetPIN(ctx context.Context, usb string) error {
	_, err := forgetPIN.ask(ctx, c, pinRequest{usb}, 0)
	return err
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

// Check returns what is wrong with the request, nil if a daemon accepts it.
func (p *ProbeRequest) Check() error {
	switch {
	case len(p.Request) == 0:
		return errors.New("probe: there is nothing to send")
	case len(p.Request) > maxProbeRequest:
		return fmt.Errorf("probe: %d bytes to send; at most %d", len(p.Request), maxProbeRequest)
	case p.Timeout <= 0 || p.Timeout > maxProbeTime:
		return fmt.Errorf("probe: a timeout of %v; more than nothing, at most %v", p.Timeout, maxProbeTime)
	case p.Pause <= 0 || p.Pause > p.Timeout:
		return fmt.Errorf("probe: a pause of %v; more than nothing, at most the timeout of %v", p.Pause, p.Timeout)
	}
	return nil
}

var probe = route[ProbeRequest, ProbeAnswer]{
	method: http.MethodPost, path: "/v1/probe",
	answer: func(ctx context.Context, s *Server, in ProbeRequest) (ProbeAnswer, error) {
		if err := in.Check(); err != nil {
			return ProbeAnswer{}, &requestError{err}
		}
		begin := time.Now()
		answer, err := s.operator.Probe(ctx, in.Modem, in.Request, in.Timeout, in.Pause)
		return ProbeAnswer{Answer: answer, Took: time.Since(begin)}, err
	},
}

// Probe asks a modem's meter once.
func (c *Client) Probe(ctx context.Context, request ProbeRequest) (ProbeAnswer, error) {
	return probe.ask(ctx, c, request, request.Timeout+callTimeout)
}
