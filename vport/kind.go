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
	// Match reports whether address asks for a port of this kind.
	Match(address string) bool

	// Open makes the port that spec asks for. Presence may be called before Open returns, since a program can open the port
	// as soon as it is there; nil means that nobody wants to know. The caller closes the port.
	Open(spec Spec, presence Presence) (Port, error)

	// Check says why Open would refuse spec, as far as that can be told without making anything. An error wrapping ErrInUse
	// is no fault when the program that serves the address is the one that spec is meant for.
	Check(spec Spec) error
}

// Runner is implemented by kinds that have work to do beside their ports.
type Runner interface {
	// Run does it until ctx ends.
	Run(ctx context.Context)
}

// Preparer is implemented by kinds that can make many ports better together than one by one.
type Preparer interface {
	// Prepare is told of all ports of a configuration, those of other kinds too, before the new ones among them are opened.
	// After an error they can be opened all the same.
	Prepare(specs []Spec) error
}

// ProgramLister is implemented by kinds that know from the system which programs have which device open.
type ProgramLister interface {
	// Programs is by device, as Devicer tells it.
	Programs() (map[string][]Program, error)
}

// Kinds are all kinds of ports that can be had. The first one that matches an address is asked for the port.
type Kinds []Kind

// ErrInUse says that a port's address is served by another running program.
var ErrInUse = errors.New("another running program serves it")

// Open makes the port that spec asks for.
func (ks Kinds) Open(spec Spec, presence Presence) (Port, error) {
	k, err := ks.of(spec)
	if err != nil {
		return nil, err
	}
	return k.Open(spec, presence)
}

// Check says why Open would refuse spec.
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

// Prepare readies the kinds for the ports of a configuration.
func (ks Kinds) Prepare(specs []Spec) error {
	var errs []error
	for _, k := range ks {
		if p, ok := k.(Preparer); ok {
			errs = append(errs, p.Prepare(specs))
		}
	}
	return errors.Join(errs...)
}

// Programs tells which programs have which device open.
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
