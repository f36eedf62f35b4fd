//go:build !unix && !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
)

const longestControl = 107

// errNoControl: the verbs have no way to a daemon here.
var errNoControl = fmt.Errorf("there is no control socket on this platform: %w", errors.ErrUnsupported)

func listenControl(context.Context, string, string) (net.Listener, error) { return nil, errNoControl }
func dialControl(context.Context, string) (net.Conn, error)               { return nil, errNoControl }
func controlAddress(path string) string                                   { return path }
func checkControlGroup(string) error                                      { return errNoControl }
func refused(error) bool                                                  { return false }
func whoMay(string) string                                                { return "" }
