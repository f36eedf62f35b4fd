package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// controlOf is the control socket that the configuration file names, or its default. Nothing else of the file is looked at:
// one that an operator is just editing shall not keep anybody from talking to the daemon.
func controlOf(file string) (string, error) {
	var top struct {
		Control string `toml:"control"`
	}
	text, err := readInput(file)
	if err == nil {
		err = toml.Unmarshal(text, &top)
	}
	switch {
	case (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) && file == defaultFile():
		// Somebody may run a daemon without a file in the usual place, or with one that not everybody may read, and the default
		// is where it would be.
	case err != nil:
		return "", usageError(fmt.Errorf("control socket: %w; name it with --control", located(file, err)))
	}
	if top.Control == "" {
		return defaultControl(filepath.Dir(file)), nil
	}
	return controlAddress(absolute(&source{name: file}, top.Control)), nil
}

// located puts the file and the line before a fault of the file's text; other errors name the file already.
func located(file string, err error) error {
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("%s:%d: %s", file, parse.Position.Line, parse.Message)
	}
	return err
}
