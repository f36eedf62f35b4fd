package vport

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
)

// ErrLocked says that another daemon has the lock of the ports.
var ErrLocked = errors.New("another daemon serves these ports")

// ptyKind is a pseudo-terminal behind a path in the file system.
type ptyKind struct {
	watcher *Watcher
	links   *Links
	log     *slog.Logger
}

// PTYKind is the ports behind a path. links, which may be nil, gives them their terminals. log, which may be nil, must not make
// its caller wait: records are made while locks are held.
func PTYKind(log *slog.Logger, links *Links) Kind {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &ptyKind{NewWatcher(log, links), links, log}
}

// Match takes all that no scheme stands before.
func (*ptyKind) Match(address string) bool { return isPath(address) }

func (k *ptyKind) Open(spec Spec, presence Presence) (Port, error) {
	return openPort(spec, k.watcher, presence)
}

// Check knows the links that a crash has left.
func (k *ptyKind) Check(spec Spec) error { return k.links.Check(spec) }

// Run notices programs that open and close ports, and keeps the links in their places.
func (k *ptyKind) Run(ctx context.Context) {
	var tending sync.WaitGroup
	tending.Go(func() { k.watcher.Tend(ctx) })
	if err := k.watcher.Run(ctx); err != nil {
		k.log.Warn("programs that open a port without writing are noticed late", "err", err)
	}
	tending.Wait()
}

// Prepare makes the pseudo-terminals of new ports, all of them before any of their links.
func (k *ptyKind) Prepare(specs []Spec) error { return k.links.Deal(specs) }

// Programs tells which programs have which pseudo-terminal open, this process left out.
func (*ptyKind) Programs() (map[string][]Program, error) { return Openers() }

// inPlaceOfPTY says what to write on a system that has no pseudo-terminals for us.
func inPlaceOfPTY(goos string) string {
	if goos == "windows" {
		return `write "COM12", or "rfc2217://127.0.0.1:4012" for a program or redirector that connects`
	}
	return `write "rfc2217://127.0.0.1:4012" or "tcp://127.0.0.1:4012" for a program that connects`
}

func isPath(address string) bool {
	return address != "" && !strings.Contains(address, "://") && !strings.ContainsRune(address, 0)
}
