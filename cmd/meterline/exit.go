package main

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes. They are those of monitoring plugins (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), so that
// `meterline status --problems` can be one as it is.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// exitMeanings is the one table of exit codes: the help prints it.
var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitDone, "done; with status --problems: all is well"},
	{exitFailed, "what was asked for failed; with status --problems: something is not well"},
	{exitUsage, "wrong usage, or faults in the configuration"},
	{exitUnreachable, "no daemon answers on the control socket"},
}

// exitError is an error that says how the program ends.
type exitError struct {
	code  int
	err   error
	quiet bool // all has been said on standard output
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// errProblems ends status --problems; the table above it says which.
var errProblems = &exitError{code: exitFailed, err: errors.New("something is not well"), quiet: true}

// usageError is a fault of the command line, or of the configuration file.
func usageError(err error) error { return &exitError{code: exitUsage, err: err} }

// configurationError puts a heading above several faults, so that each line of theirs begins with its file.
func configurationError(err error) error {
	if n := strings.Count(err.Error(), "\n"); n > 0 {
		err = fmt.Errorf("%d faults in the configuration:\n%w", n+1, err)
	}
	return usageError(err)
}

// exitCode is how the program ends after err. An error without a code comes from the parsing of the command line.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if coded, ok := errors.AsType[*exitError](err); ok {
		return coded.code
	}
	return exitUsage
}

// exitHelp is the table of exit codes for the help.
func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.meaning)
	}
	return b.String()
}

// codedError tells whether err says how the program ends.
func codedError(err error) bool {
	_, ok := errors.AsType[*exitError](err)
	return ok
}
