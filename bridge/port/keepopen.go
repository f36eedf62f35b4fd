package port

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"reflect"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meterline/bridge/status"
	"meterline/vport"
)

// Opener opens a port's device. The device reports programs that come and leave to the Presence.
type Opener func(vport.Spec, vport.Presence) (vport.Port, error)

// KeepOpen keeps a port's device open: it opens it, and opens it again after it has failed.
type KeepOpen struct {
	log   *slog.Logger
	Made  func() // called when the port has been made or has failed; only the first call counts
	retry *backoff.ExponentialBackOff

	mu     sync.Mutex
	spec   vport.Spec
	device vport.Port // nil: none
	err    error      // the latest failure, nil if there is none
	failed time.Time  // when that was
}

// NewKeepOpen returns what keeps the port of spec open once Run is called. made is called as Made.
func NewKeepOpen(spec vport.Spec, log *slog.Logger, made func()) *KeepOpen {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = time.Second, time.Minute
	return &KeepOpen{spec: spec, log: log, Made: sync.OnceFunc(made), retry: retry}
}

// Run opens the device, and calls serve with it, again and again until ctx ends. Then it closes the device, whereupon serve returns.
func (u *KeepOpen) Run(ctx context.Context, open Opener, presence vport.Presence, serve func(vport.Port) error) {
	defer u.Made()
	for ctx.Err() == nil {
		d, err := open(u.wanted(), presence)
		if err == nil {
			u.retry.Reset()
			err = u.serve(ctx, d, serve)
		}
		if ctx.Err() != nil {
			return
		}
		pause := u.retry.NextBackOff()
		u.log.Log(ctx, u.note(err), "port down", "err", err, "again_in", pause.Round(time.Millisecond))
		u.Made()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (u *KeepOpen) serve(ctx context.Context, d vport.Port, serve func(vport.Port) error) error {
	stop := context.AfterFunc(ctx, func() { _ = d.Close() }) // closed again below, where the error counts
	defer stop()
	u.setDevice(d)
	err := serve(d)
	u.setDevice(nil)
	if cerr := d.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) && !errors.Is(cerr, os.ErrClosed) {
		u.log.Warn("port closed", "err", cerr)
	}
	return err
}

func (u *KeepOpen) wanted() vport.Spec {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.spec
}

func (u *KeepOpen) setDevice(d vport.Port) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.device = d
}

// permit changes the permissions of the device, if that can be done while it is open.
func (u *KeepOpen) permit(spec vport.Spec) bool {
	ok, err := u.tryPermit(spec)
	if err != nil {
		u.log.Warn("the port is made anew", "err", err)
	}
	return ok && err == nil
}

// tryPermit is permit without the words. ok is false where the device cannot be changed.
func (u *KeepOpen) tryPermit(spec vport.Spec) (ok bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	d, ok := u.device.(vport.Permitter)
	if !ok {
		return false, nil
	}
	if err := d.Permit(spec); err != nil {
		return true, err
	}
	u.spec = spec
	return true, nil
}

// GoOver changes the permissions of the device, and of have, to those of next. It reports whether it has: nothing else may differ.
func (u *KeepOpen) GoOver(have *vport.Spec, next vport.Spec) bool {
	was := *have
	was.Mode, was.Owner, was.Group = next.Mode, next.Owner, next.Group
	if reflect.DeepEqual(*have, next) || !reflect.DeepEqual(was, next) || !u.permit(next) {
		return false
	}
	have.Mode, have.Owner, have.Group = next.Mode, next.Owner, next.Group
	return true
}

// note records why the port is down, and returns the level to log it at: a repeated error is for debugging only.
func (u *KeepOpen) note(err error) slog.Level {
	u.mu.Lock()
	defer u.mu.Unlock()
	level := slog.LevelWarn
	if u.err != nil && u.err.Error() == err.Error() {
		level = slog.LevelDebug
	}
	u.err, u.failed = err, time.Now()
	return level
}

// Tell adds the latest failure to a port's status.
func (u *KeepOpen) Tell(s *status.Port) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil {
		return
	}
	s.LastError, s.LastErrorAt = u.err.Error(), u.failed
	if s.State == string(Down) {
		s.Problem = "the port cannot be made: " + s.LastError
	}
}
