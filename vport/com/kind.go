package com

import (
	"errors"
	"fmt"
	"log/slog"

	"meterline/vport"
	"meterline/vport/com0com"
)

// kind makes COM ports of pairs, such as COM12.
type kind struct{ log *slog.Logger }

// Kind makes the COM ports. log, which may be nil, must not block: records are made while locks are held.
func Kind(log *slog.Logger) vport.Kind {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return kind{log}
}

func (kind) Match(address string) bool { return com0com.IsCOM(address) }

// ErrNoPair means that a COM port has no other end.
var ErrNoPair = errors.New("there is no pair of this name: meterline ports create -c FILE prints the commands that make it; the port comes back with its pair")

// Open opens the other end of the program's port.
func (k kind) Open(spec vport.Spec, presence vport.Presence) (vport.Port, error) {
	end, name, err := openOurs(spec)
	if err != nil {
		return nil, err
	}
	p, err := New(spec, end, k.log, presence)
	if err != nil {
		return nil, err
	}
	k.log.Info("COM port of a pair", "port", spec.Address, "our_end", name)
	return p, nil
}

// Check opens the other end, and closes it.
func (kind) Check(spec vport.Spec) error {
	end, _, err := openOurs(spec)
	if err != nil {
		return err
	}
	return end.Close()
}

// openOurs opens our end, and returns its name. A pair may have been removed, or disabled, while somebody used it.
func openOurs(spec vport.Spec) (End, string, error) {
	pairs, err := Pairs()
	if err != nil {
		return End{}, "", fmt.Errorf("port %s: %w", spec.Address, err)
	}
	name, err := pairOf(spec, pairs)
	if err != nil {
		return End{}, "", err
	}
	end, err := openPairEnd(name)
	if errors.Is(err, ErrNoPair) && registered(pairs, name) {
		err = fmt.Errorf("open %s: %w", name, ErrPairOff)
	}
	if err != nil {
		return End{}, "", fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return end, name, nil
}

// ErrPairOff means that the driver has a pair, but does not show it.
var ErrPairOff = errors.New("its pair is installed, but not at work: meterline check -c FILE tells what Windows has against it, " +
	"and setupc --silent enable all enables pairs that were disabled; the port comes back with its pair")

// registered reports whether the driver knows an end of this name.
func registered(pairs []com0com.Pair, name string) bool {
	_, there := com0com.Other(pairs, name)
	return there
}

// pairOf returns the name of our end. It must be the one that is connected with the program's: another one leads to somebody
// else's meter.
func pairOf(spec vport.Spec, pairs []com0com.Pair) (string, error) {
	name, err := com0com.Ours(pairs, spec.Address, spec.Pair)
	switch {
	case errors.Is(err, com0com.ErrNoPair):
		return "", fmt.Errorf("port %s: %w (%w)", spec.Address, ErrNoPair, err)
	case err != nil:
		return "", fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return name, nil
}
