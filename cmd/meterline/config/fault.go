package config

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// source is one file that configuration comes from.
type source struct {
	name  string // as the operator knows it: the way to it from where the command was given
	order int    // in which it was read
}

// dir is the folder that relative paths in the file are relative to.
func (s *source) dir() string { return filepath.Dir(s.name) }

// place is where something stands in a file. Line 0 is the file as a whole; columns, counted from 1 in characters, are
// known only in lists.
type place struct {
	src       *source
	line, col int
}

func (p place) String() string {
	switch {
	case p.line == 0:
		return p.src.name
	case p.col == 0:
		return fmt.Sprintf("%s:%d", p.src.name, p.line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.src.name, p.line, p.col)
	}
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.src.order, q.src.order), cmp.Compare(p.line, q.line), cmp.Compare(p.col, q.col))
}

// flaw is what is wrong with a value, and what to write instead; nil is a good value.
type flaw struct {
	what, hint string
}

func flawf(hint, format string, args ...any) *flaw {
	return &flaw{what: fmt.Sprintf(format, args...), hint: hint}
}

// err is the flaw as an error, nil for a good value.
func (f *flaw) err() error {
	if f == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", f.what, f.hint)
}

// fault is a flaw at its place.
type fault struct {
	at place
	flaw
}

func (f fault) Error() string {
	if f.hint == "" {
		return fmt.Sprintf("%s: %s", f.at, f.what)
	}
	return fmt.Sprintf("%s: %s: %s", f.at, f.what, f.hint)
}

// findings are the faults and warnings of one configuration.
type findings struct {
	faults   []fault
	warnings []fault
}

func (f *findings) fault(at place, fl *flaw) {
	f.faults = append(f.faults, fault{at, *fl})
}

func (f *findings) warn(at place, format string, args ...any) {
	f.warnings = append(f.warnings, fault{at, flaw{what: fmt.Sprintf(format, args...)}})
}

// err is all faults in the order of the files and their lines, nil if there is none.
func (f *findings) err() error {
	faults := inOrder(f.faults)
	all := make([]error, 0, len(faults))
	for _, one := range faults {
		all = append(all, one)
	}
	return errors.Join(all...)
}

func (f *findings) warningTexts() []string {
	warnings := inOrder(f.warnings)
	all := make([]string, 0, len(warnings))
	for _, one := range warnings {
		all = append(all, one.Error())
	}
	return all
}

// inOrder drops what has been said before: a value that many modems share is as wrong for each of them.
func inOrder(found []fault) []fault {
	said := make(map[fault]bool)
	found = slices.DeleteFunc(slices.Clone(found), func(f fault) bool {
		before := said[f]
		said[f] = true
		return before
	})
	slices.SortStableFunc(found, func(a, b fault) int { return a.at.compare(b.at) })
	return found
}
