package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// Most tests wait for modems and programs, not for a processor: more of them at a time than there are processors end sooner.
const testsAtATime = "6"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	testscript.Main(m, map[string]func(){"meterline": main})
}

// update has golden write.
var update = flag.Bool("update", false, "write what the tests get as what they want")

// golden compares got with testdata/render/name, which go test -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "render", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), written by go test -update:\n%s", path, diff)
	}
}
