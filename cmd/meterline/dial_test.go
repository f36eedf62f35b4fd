package main

import (
	"strings"
	"testing"

	"meterline/bridge/status"
)

func TestFreePort(t *testing.T) {
	busy := status.Port{Path: "/run/m1", Dialup: true, State: "joined", Open: true, Telephone: "connected to 12"}
	down := status.Port{Path: "/run/m2", Dialup: true, State: "down", LastError: "no space"}
	free := status.Port{Path: "/run/m3", Dialup: true, State: "idle"}
	leased := status.Port{Path: "/run/boiler", Modem: "boiler"}
	for want, ports := range map[string][]status.Port{
		"/run/m3": {busy, down, free},
		"/run/m1 is busy: somebody has it open (connected to 12)": {busy},
		"none of 2 ports is free: /run/m2 could not be made":      {busy, down},
		"/run/boiler is leased to modem boiler":                   {leased},
	} {
		path, err := freePort(ports)
		if err != nil {
			path = err.Error()
		}
		if !strings.HasPrefix(path, want) {
			t.Errorf("got %s, want %s", path, want)
		}
	}
}
