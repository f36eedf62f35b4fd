// Package exit defines the exit codes of the program, and errors that carry one. It does not end the program, which main does.
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

// Error is an error with the exit code of the program.
type Error struct {
	Code  int   // one of the exit codes
	Err   error // never nil
	Quiet bool  // the error has been reported already
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// UsageError returns an error with the code Usage: the command line, or the configuration, is wrong.
func UsageError(err error) error { return &Error{Code: Usage, Err: err} }

// ConfigurationError is UsageError for the faults of a configuration, which are joined by errors.Join. If there are several, the first
// line is their number: a fault may have lines of the file below it.
func ConfigurationError(err error) error {
	if all, joined := err.(interface{ Unwrap() []error }); joined && len(all.Unwrap()) > 1 {
		err = fmt.Errorf("%d faults in the configuration:\n%w", len(all.Unwrap()), err)
	}
	return UsageError(err)
}

// Code returns the exit code for err. An error without a code comes from parsing the command line, and means Usage.
func Code(err error) int {
	if err == nil {
		return Done
	}
	if coded, ok := errors.AsType[*Error](err); ok {
		return coded.Code
	}
	return Usage
}

// Help returns the table of exit codes for the help.
func Help() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, e := range meanings {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.meaning)
	}
	return b.String()
}

// IsCoded reports whether err carries an exit code.
func IsCoded(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}
