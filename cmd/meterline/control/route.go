package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"meterline/cmd/meterline/exit"
)

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
