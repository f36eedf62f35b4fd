package modem

import (
	"errors"
	"net"
	"os"
	"strings"
)

// plainly returns a network error's text without addresses and system calls, which the line's name shows already.
func plainly(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err.Error()
}

// inWords returns an error's text with every network error in it put plainly.
func inWords(err error) string {
	text := err.Error()
	for _, op := range networkErrors(err) {
		text = strings.ReplaceAll(text, op.Error(), plainly(op))
	}
	return text
}

// joinedErrors is an error that wraps several.
type joinedErrors interface {
	error
	Unwrap() []error
}

// networkErrors returns all network errors that err wraps.
func networkErrors(err error) []*net.OpError {
	if many, ok := errors.AsType[joinedErrors](err); ok {
		errs := many.Unwrap()
		all := make([]*net.OpError, 0, len(errs))
		for _, one := range errs {
			all = append(all, networkErrors(one)...)
		}
		return all
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return []*net.OpError{op}
	}
	return nil
}
