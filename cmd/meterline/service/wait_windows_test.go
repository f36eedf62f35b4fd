package service

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// starting is a service that starts for two looks, and takes no control until it has.
type starting struct {
	looks   int
	stopped bool
}

func (s *starting) Control(svc.Cmd) (svc.Status, error) {
	if s.looks < 2 {
		return svc.Status{}, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL
	}
	s.stopped = true
	return svc.Status{}, nil
}

func (s *starting) Query() (svc.Status, error) {
	s.looks++
	switch {
	case s.stopped:
		return svc.Status{State: svc.Stopped}, nil
	case s.looks > 2:
		return svc.Status{State: svc.Running}, nil
	}
	return svc.Status{State: svc.StartPending}, nil
}

func TestServiceThatStartsIsStopped(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := new(starting)
	if err := stopService(ctx, s); err != nil || !s.stopped {
		t.Errorf("%v, %+v", err, s)
	}
}
