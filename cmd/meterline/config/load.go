package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"meterline/bridge/diskfile"
)

// maxFileSize bounds a configuration file or list: 10,000 modems with every key written out take less.
const maxFileSize = 16 << 20

// Loader reads the files of a configuration.
type Loader struct {
	read  func(path string) ([]byte, error) // ReadInput, or readFile where nothing may wait
	glob  func(pattern string) ([]string, error)
	GOOS  string // the system that the configuration is for
	State string // where the state file stands unless the configuration says otherwise, empty: nowhere
	// control is where the control socket stands unless the configuration says otherwise, empty: as this process finds it.
	Control string
	files   int // read so far
	found   findings
}

// NewLoader is a loader for this system and this process. Its exported fields may be changed before Load.
func NewLoader() *Loader {
	return &Loader{read: ReadInput, glob: filepath.Glob, GOOS: runtime.GOOS, State: serviceState()}
}

func (l *Loader) source(path string) *source {
	l.files++
	return &source{name: path, order: l.files}
}

// Load reads and checks the configuration that begins with the file at path.
func (l *Loader) Load(path string) (*Settings, error) {
	text, err := l.read(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	main, f := decodeTOML(l.source(path), text)
	if f != nil {
		return nil, *f
	}
	docs := append([]*document{main}, l.included(main)...)
	if err := l.found.err(); err != nil {
		return nil, err // of an unread file nothing can be known, so that other faults would be guesses
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
	if err := l.found.err(); err != nil {
		return nil, err
	}
	s.Warnings = l.found.warningTexts()
	return s, nil
}

// included reads the files that `include` names, in the order of its patterns and, within one, of their names.
func (l *Loader) included(main *document) []*document {
	top := topTable(main, &l.found)
	seen := map[string]bool{filepath.Clean(main.src.name): true}
	var docs []*document
	for _, pattern := range top.texts("include") {
		paths, f := l.matches(main.src, pattern.text)
		if f != nil {
			top.faultAt("include", pattern.at, f)
			continue
		}
		if len(paths) == 0 {
			l.found.warn(pattern.at, "include %q: no such file yet", pattern.text)
		}
		for _, path := range paths {
			if seen[filepath.Clean(path)] {
				continue
			}
			seen[filepath.Clean(path)] = true
			if doc := l.include(path, pattern.at); doc != nil {
				docs = append(docs, doc)
			}
		}
	}
	return docs
}

func (l *Loader) include(path string, at place) *document {
	text, err := l.read(path)
	if err != nil {
		l.found.fault(at, flawf("make it readable for this user, or take it out of include", "include: %v", err))
		return nil
	}
	doc, f := decodeTOML(l.source(path), text)
	if f != nil {
		l.found.fault(f.at, &f.flaw)
		return nil
	}
	return doc
}

// matches are the files of one entry of include; an entry without wildcards is itself.
func (l *Loader) matches(src *source, pattern string) ([]string, *flaw) {
	full := from(runtime.GOOS, src.dir(), pattern)
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{full}, nil
	}
	paths, err := l.glob(full)
	if err != nil {
		return nil, flawf(`write it like "modems.d/*.toml"`, "%q is no pattern", pattern)
	}
	slices.Sort(paths)
	return paths, nil
}

// readFile reads a file of the configuration. Pipes and devices are refused: a running daemon must not wait for one, and
// finds nothing more in one that it has read.
func readFile(path string) ([]byte, error) { return diskfile.Read(path, maxFileSize) }

// ReadInput reads a file of the configuration, or what this process was handed: standard input, and the pipe of a shell's
// <(…). That may be waited for, as every program waits for its standard input.
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
