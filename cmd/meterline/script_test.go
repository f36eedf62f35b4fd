package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what has to come; it is reached only when that does not come at all.
const patience = 20 * time.Second

var scripts atomic.Uint32

// TestScripts runs the command line as an operator does. Besides testscript's own commands there are
//
//	exits CODE ARG...       meterline ARG..., which must end with CODE
//	await REGEXP ARG...     meterline ARG... again and again, until its output matches
//	fill FILE...            writes the script's own loopback address in place of HOST
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			pid := os.Getpid()
			env.Setenv("HOST", fmt.Sprintf("127.%d.%d.%d", 220+pid>>8%30, pid&255, 1+scripts.Add(1)))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": scriptExits, "await": scriptAwait, "fill": scriptFill,
		},
	})
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("meterline", args[1:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("meterline %s ends with %d, want %d", strings.Join(args[1:], " "), code, want)
	}
}

func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await REGEXP ARG...")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // between two looks at a program of its own
		err := ts.Exec("meterline", args[1:]...)
		if _, ended := errors.AsType[*exec.ExitError](err); !ended {
			ts.Check(err)
		}
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("not within %v: %s", patience, args[0])
		}
	}
}

func scriptFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: fill FILE...")
	}
	for _, file := range args {
		text := strings.ReplaceAll(ts.ReadFile(file), "HOST", ts.Getenv("HOST"))
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// testsAtATime is how many tests run in parallel. Most of them wait for modems and programs, not for a processor: more of them than there
// are processors end sooner. With METERLINE_LONG, as under the race detector, each has more to do.
func testsAtATime() string {
	if os.Getenv("METERLINE_LONG") != "" {
		return "6"
	}
	return "16"
}

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime()); err != nil { // go test -parallel goes before
		panic(err)
	}
	testscript.Main(m, map[string]func(){"meterline": main})
}
