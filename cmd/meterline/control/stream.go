package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"meterline/bridge/status"
)

// pathWatch is the only route that is a stream.
const pathWatch = "/v1/watch"

// watchPatience is how long a watcher may take to read one piece.
const watchPatience = 10 * time.Second

// watch streams what passes a port, modem or exchange, one JSON object a line, until the client leaves.
func (c *Server) watch(w http.ResponseWriter, r *http.Request) {
	select {
	case c.watchers <- struct{}{}:
		defer func() { <-c.watchers }()
	default:
		refuse(w, http.StatusServiceUnavailable, fmt.Errorf("%d watch already, and no more may", maxWatchers))
		return
	}
	query := r.URL.Query()
	name, raw := query.Get("name"), query.Get("raw") == "true"
	if err := c.viewer.Find(name); err != nil {
		refuse(w, http.StatusNotFound, err)
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
	err := c.viewer.Watch(ctx, name, raw, out.send)
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
