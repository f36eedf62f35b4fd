package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Most tests wait for modems and programs, not for a processor: more of them at a time than there are processors end sooner.
const testsAtATime = "16"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	testscript.Main(m, map[string]func(){"meterline": main})
}
