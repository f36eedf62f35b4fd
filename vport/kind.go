package vport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// Kind is one kind of port, such as a pseudo-terminal behind a path.
type Kind interface {
	// Match reports whether address names a port of this kind.
	Match(address string) bool

	// Open makes the port that spec describes. presence may be called before Open returns, since a program can open the port as
	// soon as it exists; it may be nil. The caller closes the port.
	Open(spec Spec, presence Presence) (Port, error)

	// Check returns why Open would refuse spec, as far as that can be known without making anything. An error that wraps
	// ErrInUse is no fault if the program that serves the address is the one that spec is meant for.
	Check(spec Spec) error
}

// Runner is implemented by kinds that have work to do besides their ports'.
type Runner interface {
	// Run does the kind's work until ctx ends.
	Run(ctx context.Context)
}

// Preparer is implemented by kinds that can make many ports better together than one by one.
type Preparer interface {
	// Prepare gets all ports of a configuration, also those of other kinds, before the new ones among them are opened. They can
	// be opened even after an error.
	Prepare(specs []Spec) error
}

// ProgramLister is implemented by kinds that can learn from the system which programs have which device open.
type ProgramLister interface {
	// Programs returns the programs by device, as Devicer.Device names it.
	Programs() (map[string][]Program, error)
}

// Kinds are the kinds of ports that exist. The first one that matches an address makes the port.
type Kinds []Kind

// ErrInUse means that another running program serves a port's address.
var ErrInUse = errors.New("another running program serves it")

// Open makes the port that spec describes.
func (ks Kinds) Open(spec Spec, presence Presence) (Port, error) {
	k, err := ks.of(spec)
	if err != nil {
		return nil, err
	}
	return k.Open(spec, presence)
}

// Check returns why Open would refuse spec.
func (ks Kinds) Check(spec Spec) error {
	k, err := ks.of(spec)
	if err != nil {
		return err
	}
	return k.Check(spec)
}

// Run does the work of all kinds until ctx ends.
func (ks Kinds) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, k := range ks {
		if r, ok := k.(Runner); ok {
			running.Go(func() { r.Run(ctx) })
		}
	}
	running.Wait()
}

// Prepare tells each kind that wants to know which ports are configured, before any of them is opened.
func (ks Kinds) Prepare(specs []Spec) error {
	var errs []error
	for _, k := range ks {
		if p, ok := k.(Preparer); ok {
			errs = append(errs, p.Prepare(specs))
		}
	}
	return errors.Join(errs...)
}

// Programs returns which programs have which device open.
func (ks Kinds) Programs() (map[string][]Program, error) {
	all := make(map[string][]Program)
	var errs []error
	for _, k := range ks {
		if l, ok := k.(ProgramLister); ok {
			programs, err := l.Programs()
			maps.Copy(all, programs)
			errs = append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

func (ks Kinds) of(spec Spec) (Kind, error) {
	for _, k := range ks {
		if k.Match(spec.Address) {
			return k, nil
		}
	}
	return nil, fmt.Errorf("port %q: want the path of the link that programs shall open, e.g. /run/meterline/boiler", spec.Address)
}
