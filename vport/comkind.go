package vport

import (
	"errors"
	"fmt"

	"meterline/vport/com0com"
)

// comKind is a COM port of a pair, e.g. COM12.
var comKind = kind{match: com0com.IsCOM, open: openCOM, check: checkCOM}

// ErrNoPair says that a COM port has no other end.
var ErrNoPair = errors.New("there is no pair of this name: meterline ports create -c FILE prints the commands that make it")

// openCOM opens the other end of the program's port.
func openCOM(spec Spec, w *Watcher, presence Presence) (Port, error) {
	name, err := pairOf(spec)
	if err != nil {
		return nil, err
	}
	end, err := openPairEnd(name)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	p, err := OverPair(spec, end, w, presence)
	if err != nil {
		return nil, err
	}
	w.logger().Info("COM port of a pair", "port", spec.Address, "our_end", name)
	return p, nil
}

// checkCOM looks whether the other end can be opened, and lets go of it.
func checkCOM(spec Spec) error {
	name, err := pairOf(spec)
	if err != nil {
		return err
	}
	end, err := openPairEnd(name)
	if err != nil {
		return fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return end.Close()
}

// pairOf is the name of our end. It must be the one that is wired to the program's: another one leads to somebody else's meter.
func pairOf(spec Spec) (string, error) {
	pairs, err := Pairs()
	if err != nil {
		return "", fmt.Errorf("port %s: %w", spec.Address, err)
	}
	name, err := com0com.Ours(pairs, spec.Address, spec.Pair)
	switch {
	case errors.Is(err, com0com.ErrNoPair):
		return "", fmt.Errorf("port %s: %w (%w)", spec.Address, ErrNoPair, err)
	case err != nil:
		return "", fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return name, nil
}
