package com0com_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/vport/com0com"
)

// TestBehindBrokenEntries: an entry that is none hides no other one, in whatever order they come.
func TestBehindBrokenEntries(t *testing.T) {
	want := com0com.FromList("CNCA3 PortName=COM12\nCNCB3 PortName=COM112\n")
	if len(want) != 1 || want[0].B.Name != "COM112" {
		t.Fatalf("%+v", want)
	}
	for _, broken := range []string{
		"", "command> list", "CNCA PortName=COM1", "CNCB PortName=COM1", "CNCAx PortName=COM1", "CNCA-1 PortName=COM1", "CNCA+1 PortName=COM1",
		"CNCB99999999999999999999 PortName=COM1", "COM1 PortName=COM1",
	} {
		list := broken + "\nCNCA3 PortName=COM12\n" + broken + "\nCNCB3 PortName=COM112\n"
		if diff := cmp.Diff(want, com0com.FromList(list)); diff != "" {
			t.Errorf("behind %q: -want +got:\n%s", broken, diff)
		}
	}
	good := map[string]string{`\Device\com0com13`: "COM12", `\Device\com0com23`: "COM112"}
	live := com0com.Merge(want, good)
	if !live[0].A.Live || !live[0].B.Live {
		t.Fatalf("%+v", live)
	}
	for _, broken := range []string{
		`\Device\com0com`, `\Device\com0com1`, `\Device\com0com33`, `\Device\com0com1x`, `\Device\com0com1-1`, `\Device\com0com199999999999999999999`,
		`\Device\com1com13`, `11`, "",
	} {
		devices := maps.Clone(good)
		devices[broken] = "COM1"
		for range 20 { // a map has no order
			if diff := cmp.Diff(live, com0com.Merge(want, devices)); diff != "" {
				t.Fatalf("beside %q: -want +got:\n%s", broken, diff)
			}
		}
	}
}

// TestPins: the wirings of com0com.h, C0C_PIN_…, have the names that setupc prints.
func TestPins(t *testing.T) {
	for n, want := range map[uint32]string{
		1: "rrts", 2: "rdtr", 4: "rout1", 8: "rout2", 0x80: "ropen", 0x100: "lrts", 0x200: "ldtr", 0x400: "lout1", 0x800: "lout2", 0x8000: "lopen",
		0x10000000: "on", 0x80000001: "!rrts", 0x90000000: "!on", 0: "-", 3: "-", 0x80000000: "-",
	} {
		for _, pin := range []string{"cts", "DSR", "dcd", "ri"} {
			if got := com0com.ListLine("CNCA1", nil, map[string]uint32{pin: n}); got != fmt.Sprintf("CNCA1 PortName=-,%s=%s", pin, want) {
				t.Errorf("%s %#x: %s, want %s", pin, n, got, want)
			}
		}
	}
}

// TestRealName: of a port that the system has numbered, the registry has the name in a value of its own.
func TestRealName(t *testing.T) {
	line := com0com.ListLine("CNCA1", map[string]string{"PortName": "COM#", "realportname": "COM14", "Other": "x"}, nil)
	if line != "CNCA1 PortName=COM#,RealPortName=COM14" {
		t.Error(line)
	}
	if pairs := com0com.FromList(line); len(pairs) != 1 || pairs[0].A.Name != "COM14" {
		t.Errorf("%+v", pairs)
	}
}

// TestLettersOfNames tries each character of ASCII at the end of a name.
func TestLettersOfNames(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	for c := range rune(128) {
		if got, want := com0com.IsName("A"+string(c)), strings.ContainsRune(letters, c); got != want {
			t.Errorf("A%q: a name %v", c, got)
		}
	}
	for name, want := range map[string]bool{"ABCDEFGHIJKL": true, "ABCDEFGHIJKLM": false, "-A": false, "_A": true} {
		if com0com.IsName(name) != want {
			t.Errorf("%s: a name %v", name, !want)
		}
	}
}
