package main

import (
	"fmt"
	"io"
)

// say writes a line of a verb's result.
func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}
