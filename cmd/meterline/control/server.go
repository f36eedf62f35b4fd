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

	"meterline/bridge/fallback"
	"meterline/bridge/status"
	"meterline/relay"
)

// Viewer is the daemon for those who look at it. Its methods are called from several goroutines at the same time.
type Viewer interface {
	Status() status.Status
	Unknown(raw bool) []relay.UnknownCaller // with their credentials if raw is set
	Find(name string) error                 // why name cannot be watched, nil if it can
	Watch(ctx context.Context, name string, raw bool, f func(status.Traffic)) error
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
	for _, r := range routes {
		mux.HandleFunc(r.pattern(), r.handler(c))
	}
	mux.HandleFunc("GET "+pathWatch, c.watch)
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

// reply writes a success. An error of the connection is ignored: nobody is left to report it to.
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
