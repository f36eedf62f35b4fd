// Command meterline gives every remote meter's modem a local serial port, so that software made for cables reads it unchanged. This package
// has the verbs and their flags, a file each. What they do is in the packages below it, and the daemon's work in package bridge.
//
// A verb: newRoot has one function for each, which addVerb adds. Most verbs ask the running daemon, which clientFlags finds.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"meterline/cmd/meterline/exit"
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line, and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	verb, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exit.Done
	}
	coded, ok := errors.AsType[*exit.Error](err)
	if !ok || !coded.Quiet {
		fmt.Fprintf(stderr, "meterline: %v\n", err)
	}
	if !ok {
		fmt.Fprintf(stderr, "see: %s --help\n", verb.CommandPath())
	}
	return exit.Code(err)
}
