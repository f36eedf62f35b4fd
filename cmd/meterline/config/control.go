package config

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

// Places is where the daemon of a configuration keeps what is its own.
type Places struct {
	Control string // the socket, or Windows' named pipe
	State   string // path of the state file, empty: there is none
}

// Record is the base of the files that tell which pseudo-terminals the ports have, and that lock them (pty.OpenLinks).
func (p Places) Record() string { return cmp.Or(p.State, p.Control) }

// PlacesOf is what the configuration file names, or the defaults. Nothing else of the file is looked at: one that an operator is
// just editing shall not keep anybody from talking to the daemon.
func PlacesOf(file string) (Places, error) {
	var top struct {
		Control string `toml:"control"`
		State   string `toml:"state"`
	}
	text, err := ReadInput(file)
	if err == nil {
		err = toml.Unmarshal(text, &top)
	}
	switch {
	case (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) && file == DefaultFile():
		// Somebody may run a daemon without a file in the usual place, or with one that not everybody may read, and the default
		// is where it would be.
	case err != nil:
		return Places{}, located(file, err)
	}
	p := Places{Control: defaultControl(filepath.Dir(file)), State: defaultState(serviceState())}
	if top.Control != "" {
		p.Control = control.Address(absolute(&source{name: file}, top.Control))
	}
	if top.State != "" {
		p.State = absolute(&source{name: file}, top.State)
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

// DefaultFile is the configuration file where none is named.
func DefaultFile() string {
	if file := os.Getenv("METERLINE_CONFIG"); file != "" {
		return file
	}
	return filepath.Join(configFolder(), "meterline.toml")
}
