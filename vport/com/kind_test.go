package com

import (
	"errors"
	"strings"
	"testing"

	"meterline/vport"
	"meterline/vport/com0com"
)

func TestPairOfAPort(t *testing.T) {
	pairs := com0com.FromList("CNCA0 PortName=COM12\nCNCB0 PortName=-\nCNCA1 PortName=COM13\nCNCB1 PortName=MTL13\n")
	for _, c := range []struct {
		spec vport.Spec
		want string
		err  error
	}{
		{spec: vport.Spec{Address: "COM99", Pair: "CNCB0"}, err: ErrNoPair},
		{spec: vport.Spec{Address: "COM13", Pair: "CNCB0"}, err: com0com.ErrMispairs},
		{spec: vport.Spec{Address: "COM12"}, want: "CNCB0"},
		{spec: vport.Spec{Address: "com13"}, want: "MTL13"},
		{spec: vport.Spec{Address: "COM77"}, want: "CNCB77"},
	} {
		if got, err := pairOf(c.spec, pairs); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v, want %q, %v", c.spec, got, err, c.want, c.err)
		}
	}
	// A pair that was removed is to be made again, one that is disabled to be enabled.
	if registered(pairs, "CNCB77") || !registered(pairs, "mtl13") {
		t.Error("a pair is taken for registered that is not, or the other way round")
	}
	for err, want := range map[error]string{ErrNoPair: "meterline ports create", ErrPairOff: "setupc --silent enable all"} {
		if text := err.Error(); !strings.Contains(text, want) || !strings.Contains(text, "comes back") {
			t.Errorf("%q, want %q in it", text, want)
		}
	}
}
