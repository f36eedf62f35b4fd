package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"meterline/bridge/status"
)

// watchPatience is how long a watcher may take to read one piece.
const watchPatience = 10 * time.Second

// watch streams what passes a port or modem, one JSON object a line, until the client leaves.
func (c *Server) watch(w http.ResponseWriter, r *http.Request) {
	select {
	case c.watchers <- struct{}{}:
		defer func() { <-c.watchers }()
	default:
		refuse(w, http.StatusServiceUnavailable, fmt.Errorf("%d watch already, and no more may", maxWatchers))
		return
	}
	name := r.URL.Query().Get("name")
	if !known(c.viewer.Status(), name) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no modem or port is called %q; see meterline status", name))
		return
	}
	// The server notices that the client leaves only after it has read the request's body.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("body of %s: %w", r.URL.Path, err))
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	out := &stream{w: w, control: http.NewResponseController(w), cancel: cancel}
	out.begin()
	err := c.viewer.Watch(ctx, name, out.send)
	if err != nil && ctx.Err() == nil {
		out.send(status.Traffic{At: time.Now(), Note: err.Error()})
	}
}

// stream writes to one watcher, and ends the watch at the first error.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	cancel  context.CancelCauseFunc
}

// begin sends the header, so that the watcher knows that its watch has begun.
func (s *stream) begin() {
	s.w.Header().Set("Content-Type", "application/x-ndjson")
	if err := s.control.Flush(); err != nil {
		s.cancel(err)
	}
}

func (s *stream) send(t status.Traffic) {
	err := cmp.Or(
		s.control.SetWriteDeadline(time.Now().Add(watchPatience)),
		json.NewEncoder(s.w).Encode(t),
		s.control.Flush(),
	)
	if err != nil {
		s.cancel(err)
	}
}

// probe asks a modem's meter once.
func (c *Server) probe(w http.ResponseWriter, r *http.Request) {
	var body ProbeRequest
	if !read(w, r, &body) {
		return
	}
	if err := body.Check(); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	begin := time.Now()
	answer, err := c.operator.Probe(r.Context(), body.Modem, body.Request, body.Timeout, body.Pause)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, ProbeAnswer{Answer: answer, Took: time.Since(begin)})
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
