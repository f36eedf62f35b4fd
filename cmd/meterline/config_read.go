package main

import (
	"os"
	"path/filepath"
	"strings"

	"meterline/bridge/diskfile"
)

// readFile reads a file of the configuration. Pipes and devices are refused: a running daemon must not wait for one, and
// finds nothing more in one that it has read.
func readFile(path string) ([]byte, error) { return diskfile.Read(path, maxFileSize) }

// readInput reads a file of the configuration, or what this process was handed: standard input, and the pipe of a shell's
// <(…). That may be waited for, as every program waits for its standard input.
func readInput(path string) ([]byte, error) {
	if !handed(path) {
		return readFile(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return diskfile.ReadAll(f, maxFileSize)
}

// handed reports whether path names a descriptor of this process.
func handed(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}
