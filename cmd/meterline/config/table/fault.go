package table

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Source is one file that configuration comes from.
type Source struct {
	Name  string // as the operator knows it: the path from the folder in which the command was given
	Order int    // counts the files in the order in which they were read
}

// Dir is the folder that relative paths in the file are relative to.
func (s *Source) Dir() string { return filepath.Dir(s.Name) }

// Place is where something stands in a file. Line 0 is the file as a whole. Columns are known in lists only; they
// count characters from 1.
type Place struct {
	Source    *Source
	Line, Col int
}

// String is the form that editors can jump to: file:line or file:line:column.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.Source.Name
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.Source.Name, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.Source.Name, p.Line, p.Col)
	}
}

// Compare orders places by file, in the order in which files were read, then by line and column.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Source.Order, q.Source.Order), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Flaw is what is wrong with a value, and what to write instead. A nil *Flaw means that the value is good.
type Flaw struct {
	What, Hint string
}

// Flawf is a flaw whose What is formatted.
func Flawf(hint, format string, args ...any) *Flaw {
	return &Flaw{What: fmt.Sprintf(format, args...), Hint: hint}
}

// Err is the flaw as an error, nil for a good value.
func (f *Flaw) Err() error {
	if f == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", f.What, f.Hint)
}

// Fault is a flaw and its place.
type Fault struct {
	At Place
	Flaw
}

// String is the place, what is wrong, and the hint.
func (f Fault) String() string {
	if f.Hint == "" {
		return fmt.Sprintf("%s: %s", f.At, f.What)
	}
	return fmt.Sprintf("%s: %s: %s", f.At, f.What, f.Hint)
}

// Err is the fault as an error.
func (f Fault) Err() error { return errors.New(f.String()) }

// joined is what errors.Join returns.
type joined interface{ Unwrap() []error }

// Joined returns the errors that errors.Join has joined in err, nil if it has not.
func Joined(err error) []error {
	if all, is := err.(joined); is {
		return all.Unwrap()
	}
	return nil
}

// Findings collects the faults and warnings of one configuration. The zero value is empty.
type Findings struct {
	faults   []Fault
	warnings []Fault
}

// Fault adds a fault.
func (f *Findings) Fault(at Place, fl *Flaw) {
	f.faults = append(f.faults, Fault{at, *fl})
}

// Warn adds a warning.
func (f *Findings) Warn(at Place, format string, args ...any) {
	f.warnings = append(f.warnings, Fault{at, Flaw{What: fmt.Sprintf(format, args...)}})
}

// Faults is how many faults there are so far.
func (f *Findings) Faults() int { return len(f.faults) }

// Err joins all faults in the order of the files and their lines. It is nil if there is none.
func (f *Findings) Err() error {
	faults := inOrder(f.faults)
	all := make([]error, 0, len(faults))
	for _, one := range faults {
		all = append(all, one.Err())
	}
	return errors.Join(all...)
}

// Warnings is the text of all warnings in the order of the files and their lines.
func (f *Findings) Warnings() []string {
	warnings := inOrder(f.warnings)
	all := make([]string, 0, len(warnings))
	for _, one := range warnings {
		all = append(all, one.String())
	}
	return all
}

// inOrder sorts by place and drops repeats: a wrong value that many modems share is found once for each of them.
func inOrder(found []Fault) []Fault {
	seen := make(map[Fault]bool)
	found = slices.DeleteFunc(slices.Clone(found), func(f Fault) bool {
		before := seen[f]
		seen[f] = true
		return before
	})
	slices.SortStableFunc(found, func(a, b Fault) int { return a.At.Compare(b.At) })
	return found
}
