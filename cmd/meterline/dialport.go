package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/render"
	"meterline/vport/com0com"
)

// leftWithin is how long the daemon may take to notice that a program has left a port.
const leftWithin = time.Second

// freePath is portPath once the port is free: whoever has just left it may still be counted as there.
func (v *dialVerb) freePath(ctx context.Context, port string) (string, error) {
	tick := time.NewTicker(leftWithin / 20)
	defer tick.Stop()
	for end := time.Now().Add(leftWithin); ; {
		path, err := v.portPath(ctx, port)
		if _, busy := errors.AsType[*busyError](err); !busy || time.Now().After(end) {
			return path, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// busyError says that a port is open elsewhere.
type busyError struct{ text string }

func (e *busyError) Error() string { return e.text }

// portPath is the path of the port to dial from: as it is given, or of the first free port of that name that the daemon has.
func (v *dialVerb) portPath(ctx context.Context, port string) (string, error) {
	st, err := v.status(ctx)
	if com0com.IsCOM(port) {
		return comPath(st, strings.ToUpper(port))
	}
	if strings.ContainsAny(port, `/\`) {
		path := control.FullName(port) // where no daemon answers, or it has no such port, it may be a modem on a wire
		if i := slices.IndexFunc(st.Ports, func(p status.Port) bool { return control.PortIs(p, path) }); i >= 0 {
			return freePort(st.Ports[i : i+1])
		}
		return path, nil
	}
	if err != nil {
		return "", err
	}
	named := slices.DeleteFunc(slices.Clone(st.Ports), func(p status.Port) bool { return p.Name != port })
	if len(named) == 0 {
		var names []string
		for _, p := range st.Ports {
			if p.Dialup && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
		return "", fmt.Errorf("no port is called %q: write a path, or a dial-up port such as %s", port, table.OrList(names, "[port.NAME] with dialup = true"))
	}
	return freePort(named)
}

// comPath is a COM port that can be dialled from, as far as the daemon knows; it may have nothing to do with it. Whether
// another program has it open is told at the opening, by Windows itself.
func comPath(st status.Status, path string) (string, error) {
	i := slices.IndexFunc(st.Ports, func(p status.Port) bool { return p.Path == path })
	if i < 0 {
		return path, nil
	}
	port := st.Ports[i]
	port.Open = false
	return freePort([]status.Port{port})
}

// freePort is the path of the first port that can be dialled from now.
func freePort(ports []status.Port) (string, error) {
	var why error
	for _, p := range ports {
		switch {
		case !p.Dialup:
			return "", fmt.Errorf("%s is leased to modem %s: programs open it without dialling, and meterline probe %s asks its meter", p.Path, p.Modem, p.Modem)
		case p.State == "down":
			why = fmt.Errorf("%s could not be made: %s", p.Path, p.LastError)
		case p.Open:
			why = &busyError{fmt.Sprintf("%s is busy: %s has it open (%s)", p.Path, render.OpenedBy(p), p.Telephone)}
		default:
			return p.Path, nil
		}
	}
	if len(ports) > 1 {
		why = fmt.Errorf("none of %d ports is free: %w", len(ports), why)
	}
	return "", why
}
