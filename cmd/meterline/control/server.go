package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"meterline/bridge"
	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
)

// Viewer is the daemon for those who look at it. Its methods are called from several goroutines at the same time.
type Viewer interface {
	Status() status.Status
	Unknown() []bridge.UnknownCaller
	Watch(ctx context.Context, name string, f func(status.Traffic)) error
}

// Operator is the daemon for those who change something. Its methods are called from several goroutines at the same time. An error of Reload
// that carries exit.Usage means that the configuration is faulty, and nothing has been changed.
type Operator interface {
	Kick(name string) error
	Reload(ctx context.Context) (ReloadReport, error)
	ForgetPIN(usb string) error
	Wake(ctx context.Context, modem string) (fallback.WakeResult, error)
	Probe(ctx context.Context, modem string, request []byte, timeout, pause time.Duration) ([]byte, error)
}

// maxWatchers is how many may watch at the same time: for each one all bytes are copied.
const maxWatchers = 16

// Server answers the verbs. The permissions of its socket decide who may use it.
type Server struct {
	viewer   Viewer
	operator Operator
	log      *slog.Logger
	watchers chan struct{}
}

// NewServer returns a server that Serve starts. Usually one daemon is both viewer and operator.
func NewServer(viewer Viewer, operator Operator, log *slog.Logger) *Server {
	return &Server{viewer: viewer, operator: operator, log: log, watchers: make(chan struct{}, maxWatchers)}
}

// Serve answers requests on ln until ctx ends, and closes ln.
func (c *Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler:           c.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the watchers with the daemon
	}
	var wg sync.WaitGroup
	wg.Go(func() { shutDown(ctx, server) })
	err := server.Serve(ln)
	stop()
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("control socket %s: %w", ln.Addr(), err)
}

// shutDown ends the server when ctx ends. Answers in progress may take one second more.
func shutDown(ctx context.Context, server *http.Server) {
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close() // cuts off what is left
	}
}

func (c *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathStatus, func(w http.ResponseWriter, _ *http.Request) { reply(w, c.viewer.Status()) })
	mux.HandleFunc("GET "+pathUnknown, c.unknown)
	mux.HandleFunc("POST "+pathKick, c.kick)
	mux.HandleFunc("POST "+pathReload, c.reload)
	mux.HandleFunc("POST "+pathWake, c.wake)
	mux.HandleFunc("POST "+pathPIN, c.forgetPIN)
	mux.HandleFunc("GET "+pathWatch, c.watch)
	mux.HandleFunc("POST "+pathProbe, c.probe)
	return http.MaxBytesHandler(bounded(mux), maxRequestBody)
}

// bounded sets a deadline for each answer, so that a client that does not read cannot block anything. watch sets its own.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		deadline := time.Now().Add(maxProbeTime + callTimeout)
		if err := http.NewResponseController(w).SetWriteDeadline(deadline); err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *Server) unknown(w http.ResponseWriter, _ *http.Request) {
	unknown := c.viewer.Unknown()
	callers := make([]Caller, 0, len(unknown))
	for _, u := range unknown {
		callers = append(callers, Caller(u))
	}
	reply(w, callers)
}

func (c *Server) kick(w http.ResponseWriter, r *http.Request) {
	var body kickRequest
	if !read(w, r, &body) {
		return
	}
	if err := c.operator.Kick(body.Name); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, struct{}{})
}

func (c *Server) forgetPIN(w http.ResponseWriter, r *http.Request) {
	var body pinRequest
	if !read(w, r, &body) {
		return
	}
	if err := c.operator.ForgetPIN(body.USB); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, struct{}{})
}

// wake wakes a modem by telephone, which may take several minutes.
func (c *Server) wake(w http.ResponseWriter, r *http.Request) {
	var body wakeRequest
	if !read(w, r, &body) {
		return
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(maxWakeTime + callTimeout)); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	woken, err := c.operator.Wake(r.Context(), body.Modem)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, woken)
}

// reload answers 422 if the configuration is faulty, with all its faults, and 409 if the bridge refuses a correct one.
func (c *Server) reload(w http.ResponseWriter, r *http.Request) {
	report, err := c.operator.Reload(r.Context())
	switch {
	case err == nil:
		reply(w, report)
	case exit.Code(err) == exit.Usage && exit.IsCoded(err):
		refuse(w, http.StatusUnprocessableEntity, err)
	default:
		refuse(w, http.StatusConflict, err)
	}
}

// reply writes a success. An error of the connection could be reported to nobody.
func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(errorBody{Error: err.Error()})
}

// read decodes the body of a request, strictly. If it returns false, it has answered with an error.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("body of %s: %w", r.URL.Path, err))
		return false
	}
	return true
}
