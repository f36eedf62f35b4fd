package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/relay"
)

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
