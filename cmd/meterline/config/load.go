package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"meterline/bridge/diskfile"
	"meterline/cmd/meterline/config/table"
)

// maxFileSize bounds a configuration file or list: 10,000 modems with every key written out take less.
const maxFileSize = 16 << 20

// Loader reads the files of a configuration.
type Loader struct {
	read  func(path string) ([]byte, error) // ReadInput, or readFile where a pipe must not block
	glob  func(pattern string) ([]string, error)
	GOOS  string // the system that the configuration is for
	State string // path of the state file unless the configuration names one; empty: there is none
	// Control is the control socket unless the configuration names one; empty: the default of this process.
	Control string
	files   int // read so far
	found   table.Findings
}

// NewLoader returns a loader for this system and this process. Its exported fields may be changed before Load.
func NewLoader() *Loader {
	return &Loader{read: ReadInput, glob: filepath.Glob, GOOS: runtime.GOOS, State: serviceState()}
}

func (l *Loader) source(path string) *table.Source {
	l.files++
	return &table.Source{Name: path, Order: l.files}
}

// Load reads and checks the configuration that begins with the file at path.
func (l *Loader) Load(path string) (*Settings, error) {
	text, err := l.read(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	main, f := table.Decode(l.source(path), text)
	if f != nil {
		return nil, hideSecrets(text, f).Err()
	}
	docs := append([]*table.Document{main}, l.included(main)...)
	if err := l.found.Err(); err != nil {
		return nil, err // an unread file may declare what seems to be missing
	}
	c := newChecker(l)
	ready, err := ReadyProfiles()
	if err != nil {
		return nil, err
	}
	c.ready = ready
	for i, doc := range docs {
		c.gather(doc, i == 0)
	}
	s := c.settings(main)
	if err := l.found.Err(); err != nil {
		return nil, err
	}
	s.Warnings = l.found.Warnings()
	return s, nil
}

// included reads the files that `include` names, in the order of its patterns and, within one, of their names.
func (l *Loader) included(main *table.Document) []*table.Document {
	top := topTable(main, &l.found)
	seen := map[string]bool{filepath.Clean(main.Source.Name): true}
	var docs []*table.Document
	for _, pattern := range top.Texts("include") {
		paths, f := l.matches(main.Source, pattern.Text)
		if f != nil {
			top.FaultAt("include", pattern.At, f)
			continue
		}
		if len(paths) == 0 {
			l.found.Warn(pattern.At, "include %q: no such file yet", pattern.Text)
		}
		for _, path := range paths {
			if seen[filepath.Clean(path)] {
				continue
			}
			seen[filepath.Clean(path)] = true
			if doc := l.include(path, pattern.At); doc != nil {
				docs = append(docs, doc)
			}
		}
	}
	return docs
}

func (l *Loader) include(path string, at table.Place) *table.Document {
	text, err := l.read(path)
	if err != nil {
		l.found.Fault(at, table.Flawf("make it readable for this user, or take it out of include", "include: %v", err))
		return nil
	}
	doc, f := table.Decode(l.source(path), text)
	if f = hideSecrets(text, f); f != nil {
		l.found.Fault(f.At, &f.Flaw)
		return nil
	}
	return doc
}

// matches returns the files of one entry of include. An entry without wildcards is the path of a file.
func (l *Loader) matches(src *table.Source, pattern string) ([]string, *table.Flaw) {
	full := from(runtime.GOOS, src.Dir(), pattern)
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{full}, nil
	}
	paths, err := l.glob(full)
	if err != nil {
		return nil, table.Flawf(`write it like "modems.d/*.toml"`, "%q is no pattern", pattern)
	}
	slices.Sort(paths)
	return paths, nil
}

// readFile reads a regular file. It refuses pipes and devices: a running daemon must not wait for one, and a pipe can be
// read only once.
func readFile(path string) ([]byte, error) { return diskfile.Read(path, maxFileSize) }

// ReadInput reads a file, or a descriptor of this process such as standard input or the pipe of a shell's <(…). It waits
// for the end of a pipe.
func ReadInput(path string) ([]byte, error) {
	if !Handed(path) {
		return readFile(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return diskfile.ReadAll(f, maxFileSize)
}

// Handed reports whether path names a descriptor of this process.
func Handed(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}
