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
	"strconv"
	"time"

	"meterline/cmd/meterline/exit"
)

// maxAnswer is how large an answer may be: a status of 10,000 ports has about 10 MB.
const maxAnswer = 64 << 20

// Client talks to the daemon over its control socket.
type Client struct {
	socket string
	wait   time.Duration // how long to wait for a daemon that does not answer yet
	http   *http.Client
}

// NewClient returns a client of the daemon at socket, which is written as in a configuration. Each call makes a new connection, and waits up
// to wait for a daemon that is just starting. Errors carry the exit code for the verb.
func NewClient(socket string, wait time.Duration) *Client {
	socket = Address(socket)
	return &Client{socket: socket, wait: wait, http: &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, socket) },
		DisableKeepAlives: true,
	}}}
}

// Watch calls f with each line of a watch until ctx ends, f returns an error, or the daemon ends.
func (c *Client) Watch(ctx context.Context, name string, raw bool, f func(line []byte) error) error {
	answer, err := c.do(ctx, http.MethodGet, pathWatch+"?"+url.Values{"name": {name}, "raw": {strconv.FormatBool(raw)}}.Encode(), nil)
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

// call sends one request, and decodes the answer into out unless that is nil.
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

// do sends one request. Any answer but a success becomes an error with an exit code.
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

// send sends a request, and repeats it while nobody listens, for as long as the client waits for a daemon.
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

// absent reports whether err means that nobody listens.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || refused(err) }

// unreachable returns an error that says why the daemon does not answer, and what may help.
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
			err = inner.Err // without the URL, whose host is made up
		}
		err = fmt.Errorf("control socket %s: %w", c.socket, err)
	}
	return &exit.Error{Code: exit.Unreachable, Err: err}
}

// refusal returns the error that an answer reports.
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
