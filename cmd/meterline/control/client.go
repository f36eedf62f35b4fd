package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
)

// maxAnswer bounds what is taken from a daemon: a status of 10,000 ports is about 10 MB.
const maxAnswer = 64 << 20

// Client talks to the daemon over its control socket.
type Client struct {
	socket string
	wait   time.Duration // how long to wait for a daemon that does not answer yet
	http   *http.Client
}

// NewClient is a client of the daemon at socket, as a configuration writes it. It connects at each call, and waits up to
// wait for a daemon that is just starting. Its errors carry the exit code of a verb that fails with them.
func NewClient(socket string, wait time.Duration) *Client {
	socket = Address(socket)
	return &Client{socket: socket, wait: wait, http: &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, socket) },
		DisableKeepAlives: true,
	}}}
}

// Status is the daemon's picture of everything.
func (c *Client) Status(ctx context.Context) (status.Status, error) {
	var st status.Status
	err := c.call(ctx, http.MethodGet, pathStatus, nil, &st, callTimeout)
	return st, err
}

// Unknown are the callers that matched no modem, in no particular order.
func (c *Client) Unknown(ctx context.Context) ([]Caller, error) {
	var callers []Caller
	err := c.call(ctx, http.MethodGet, pathUnknown, nil, &callers, callTimeout)
	return callers, err
}

// Kick ends the session of the modem, or the call of the port, of that name.
func (c *Client) Kick(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, pathKick, kickRequest{Name: name}, nil, callTimeout)
}

// Reload has the daemon read its configuration again. Faults of that are one error with a line each.
func (c *Client) Reload(ctx context.Context) (ReloadReport, error) {
	var report ReloadReport
	err := c.call(ctx, http.MethodPost, pathReload, struct{}{}, &report, maxProbeTime)
	return report, err
}

// Wake has the daemon wake a modem by telephone, and returns when that has had its effect or has failed.
func (c *Client) Wake(ctx context.Context, modem string) (fallback.WakeResult, error) {
	var woken fallback.WakeResult
	err := c.call(ctx, http.MethodPost, pathWake, wakeRequest{modem}, &woken, maxWakeTime+callTimeout)
	return woken, err
}

// ForgetPIN lets the modem of [usb.NAME] be given its PIN once more, after it was refused.
func (c *Client) ForgetPIN(ctx context.Context, usb string) error {
	return c.call(ctx, http.MethodPost, pathPIN, pinRequest{usb}, nil, callTimeout)
}

// Probe asks a modem's meter once.
func (c *Client) Probe(ctx context.Context, request ProbeRequest) (ProbeAnswer, error) {
	var answer ProbeAnswer
	err := c.call(ctx, http.MethodPost, pathProbe, request, &answer, request.Timeout+callTimeout)
	return answer, err
}

// Watch gives f the lines of a watch until ctx ends or the daemon does.
func (c *Client) Watch(ctx context.Context, name string, f func(line []byte) error) error {
	answer, err := c.do(ctx, http.MethodGet, pathWatch+"?"+url.Values{"name": {name}}.Encode(), nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return c.unreachable(fmt.Errorf("the daemon has ended the watch: %w", err))
		}
		if err := f(line); err != nil {
			return err
		}
	}
}

// call asks once, and takes the answer apart into out unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout+c.wait)
	defer cancel()
	answer, err := c.do(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.unreachable(fmt.Errorf("the daemon's answer: %w", err))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("the daemon's answer is not understood (is it of another version?): %w", err)
	}
	return nil
}

// do sends one request, and turns whatever is no success into an error with its exit code.
func (c *Client) do(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("request to the daemon: %w", err)
		}
	}
	answer, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, refusal(answer)
}

// send repeats the request until somebody listens, for as long as the client is willing to wait.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	deadline := time.Now().Add(c.wait)
	for {
		request, err := http.NewRequestWithContext(ctx, method, "http://meterline"+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		answer, err := c.http.Do(request)
		if err == nil || !absent(err) || time.Now().After(deadline) {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// absent reports whether nobody listens yet.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || refused(err) }

// unreachable says why the daemon does not answer, and what may help.
func (c *Client) unreachable(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint := "permission denied"
		if who := whoMay(c.socket); who != "" {
			hint += ": " + who
		}
		err = fmt.Errorf("control socket %s: %s", c.socket, hint)
	case absent(err):
		err = fmt.Errorf("no daemon answers at %s: is meterline run running? Another socket is named with --control or -c", c.socket)
	default:
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // without the address, which is made up
		}
		err = fmt.Errorf("control socket %s: %w", c.socket, err)
	}
	return &exit.Error{Code: exit.Unreachable, Err: err}
}

// refusal is what the daemon said instead of a success.
func refusal(answer *http.Response) error {
	var said errorBody
	err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&said)
	if err != nil || said.Error == "" {
		said.Error = "the daemon answers " + answer.Status
	}
	code := exit.Failed
	switch answer.StatusCode {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		code = exit.Usage
	}
	return &exit.Error{Code: code, Err: errors.New(said.Error)}
}
