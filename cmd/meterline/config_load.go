package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// maxFileSize bounds a configuration file or list: 10,000 modems with every key written out take less.
const maxFileSize = 16 << 20

// loader reads the files of a configuration.
type loader struct {
	read  func(path string) ([]byte, error) // readInput, or readFile where nothing may wait
	glob  func(pattern string) ([]string, error)
	goos  string // the system that the configuration is for
	state string // where the state file stands unless the configuration says otherwise, empty: nowhere
	// control is where the control socket stands unless the configuration says otherwise, empty: as this process finds it.
	control string
	files   int // read so far
	found   findings
}

func newLoader() *loader {
	return &loader{read: readInput, glob: filepath.Glob, goos: runtime.GOOS, state: serviceState()}
}

func (l *loader) source(path string) *source {
	l.files++
	return &source{name: path, order: l.files}
}

// load reads and checks the configuration that begins with the file at path.
func (l *loader) load(path string) (*settings, error) {
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
	ready, err := readyProfiles()
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
func (l *loader) included(main *document) []*document {
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

func (l *loader) include(path string, at place) *document {
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
func (l *loader) matches(src *source, pattern string) ([]string, *flaw) {
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
