// Package exit has the exit codes of the program, and errors that carry one. It ends nothing itself: main does.
package exit

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes. They are those of monitoring plugins (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), so that
// `meterline status --problems` can be one as it is.
const (
	Done        = 0
	Failed      = 1
	Usage       = 2
	Unreachable = 3
)

// meanings is the one table of exit codes: the help prints it.
var meanings = []struct {
	code    int
	meaning string
}{
	{Done, "done; with status --problems: all is well"},
	{Failed, "what was asked for failed; with status --problems: something is not well"},
	{Usage, "wrong usage, or faults in the configuration"},
	{Unreachable, "no daemon answers on the control socket"},
}

// Error is an error that says how the program ends.
type Error struct {
	Code  int   // of those above
	Err   error // never nil
	Quiet bool  // all has been said on standard output
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// UsageError is a fault of the command line, or of the configuration file.
func UsageError(err error) error { return &Error{Code: Usage, Err: err} }

// ConfigurationError puts a heading above several faults, so that each line of theirs begins with its file.
func ConfigurationError(err error) error {
	if n := strings.Count(err.Error(), "\n"); n > 0 {
		err = fmt.Errorf("%d faults in the configuration:\n%w", n+1, err)
	}
	return UsageError(err)
}

// Code is how the program ends after err. An error without a code comes from the parsing of the command line.
func Code(err error) int {
	if err == nil {
		return Done
	}
	if coded, ok := errors.AsType[*Error](err); ok {
		return coded.Code
	}
	return Usage
}

// Help is the table of exit codes for the help.
func Help() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, e := range meanings {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.meaning)
	}
	return b.String()
}

// IsCoded reports whether err says how the program ends.
func IsCoded(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}
