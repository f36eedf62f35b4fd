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

// Daemon is what the control socket serves, from several goroutines at a time. An error of Reload that has exit.Usage means a
// faulty configuration, of which nothing has been taken over.
type Daemon interface {
	Status() status.Status
	Unknown() []bridge.UnknownCaller
	Kick(name string) error
	Reload(ctx context.Context) (ReloadReport, error)
	Watch(ctx context.Context, name string, f func(status.Tapped)) error
	ForgetPIN(usb string) error
	Wake(ctx context.Context, modem string) (fallback.WakeResult, error)
	Probe(ctx context.Context, modem string, request []byte, timeout, pause time.Duration) ([]byte, error)
}

// maxWatchers bounds who watches at the same time: each one costs the ports a copy of their bytes.
const maxWatchers = 16

// Server answers the verbs. Who may talk to it is settled by the permissions of its socket.
type Server struct {
	daemon   Daemon
	log      *slog.Logger
	watchers chan struct{}
}

// NewServer is a server for d, which is called from several goroutines at a time. Serve starts it.
func NewServer(d Daemon, log *slog.Logger) *Server {
	return &Server{daemon: d, log: log, watchers: make(chan struct{}, maxWatchers)}
}

// Serve answers on ln until ctx ends, and closes it.
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

// shutDown lets answers under way be finished when ctx ends, but not for long.
func shutDown(ctx context.Context, server *http.Server) {
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close() // what is left is cut off, whatever it says
	}
}

func (c *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathStatus, func(w http.ResponseWriter, _ *http.Request) { reply(w, c.daemon.Status()) })
	mux.HandleFunc("GET "+pathUnknown, c.unknown)
	mux.HandleFunc("POST "+pathKick, c.kick)
	mux.HandleFunc("POST "+pathReload, c.reload)
	mux.HandleFunc("POST "+pathWake, c.wake)
	mux.HandleFunc("POST "+pathPIN, c.forgetPIN)
	mux.HandleFunc("GET "+pathWatch, c.watch)
	mux.HandleFunc("POST "+pathProbe, c.probe)
	return http.MaxBytesHandler(bounded(mux), maxRequestBody)
}

// bounded gives every answer a deadline, so that a client that does not read holds nothing; watch sets its own.
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
	unknown := c.daemon.Unknown()
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
	if err := c.daemon.Kick(body.Name); err != nil {
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
	if err := c.daemon.ForgetPIN(body.USB); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, struct{}{})
}

// wake has a modem woken by telephone, which takes as long as the telephone and the modem do.
func (c *Server) wake(w http.ResponseWriter, r *http.Request) {
	var body wakeRequest
	if !read(w, r, &body) {
		return
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(maxWakeTime + callTimeout)); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	woken, err := c.daemon.Wake(r.Context(), body.Modem)
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, woken)
}

// reload answers 422 to a faulty configuration, with all its faults, and 409 where the bridge refuses a sound one.
func (c *Server) reload(w http.ResponseWriter, r *http.Request) {
	report, err := c.daemon.Reload(r.Context())
	switch {
	case err == nil:
		reply(w, report)
	case exit.Code(err) == exit.Usage && exit.IsCoded(err):
		refuse(w, http.StatusUnprocessableEntity, err)
	default:
		refuse(w, http.StatusConflict, err)
	}
}

// reply writes a success. An error of the connection has nobody to go to.
func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(errorBody{Error: err.Error()})
}

// read takes the body of a request apart, strictly; false: it has been refused.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("body of %s: %w", r.URL.Path, err))
		return false
	}
	return true
}
