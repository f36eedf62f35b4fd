package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/control"
)

// places is where the daemon of a configuration keeps what is its own.
type places struct {
	control string // the socket, or Windows' named pipe
	state   string // path of the state file, empty: there is none
}

// record is the base of the files that tell which pseudo-terminals the ports have, and that lock them (vport.OpenLinks).
func (p places) record() string { return cmp.Or(p.state, p.control) }

// placesOf is what the configuration file names, or the defaults. Nothing else of the file is looked at: one that an operator is
// just editing shall not keep anybody from talking to the daemon.
func placesOf(file string) (places, error) {
	var top struct {
		Control string `toml:"control"`
		State   string `toml:"state"`
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
		return places{}, located(file, err)
	}
	p := places{control: defaultControl(filepath.Dir(file)), state: defaultState(serviceState())}
	if top.Control != "" {
		p.control = control.Address(absolute(&source{name: file}, top.Control))
	}
	if top.State != "" {
		p.state = absolute(&source{name: file}, top.State)
	}
	return p, nil
}

// located puts the file and the line before a fault of the file's text; other errors name the file already.
func located(file string, err error) error {
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("%s:%d: %s", file, parse.Position.Line, parse.Message)
	}
	return err
}

// defaultFile is the configuration file where none is named.
func defaultFile() string {
	if file := os.Getenv("METERLINE_CONFIG"); file != "" {
		return file
	}
	return filepath.Join(configFolder(), "meterline.toml")
}
