package hayestest

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// longestLine bounds a line of the modem.
const longestLine = 1 << 10

// send writes bytes as a program does that does not read meanwhile.
func send(w Wire, s string) error {
	if err := w.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	_, err := io.WriteString(w, s)
	return err
}

// command sends a command and waits for OK.
func command(w Wire, s string, wait time.Duration) error {
	if err := send(w, s); err != nil {
		return err
	}
	_, err := await(w, s, wait, isOK, "ERROR")
	return err
}

func isOK(line string) bool { return line == "OK" }

func isConnect(line string) bool { return strings.Contains(line, "CONNECT") }

func isRing(line string) bool { return line == "RING" }

// failures are the results by which programs know that a call has failed.
var failures = []string{"NO DIALTONE", "BUSY", "ERROR", "NO CARRIER", "NO ANSWER"}

// await reads lines until one is good, and returns it. If a line contains one of words, or none is good within wait, it returns
// a *CallError of the command s. It reads nothing after the line's end.
func await(w Wire, s string, wait time.Duration, good func(line string) bool, words ...string) (string, error) {
	if err := w.SetDeadline(time.Now().Add(wait)); err != nil {
		return "", err
	}
	for {
		line, err := readLine(w)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return "", &CallError{Command: strings.TrimSpace(s), Answer: ""}
		}
		if err != nil {
			return "", err
		}
		if good(line) {
			return line, nil
		}
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			return "", &CallError{Command: strings.TrimSpace(s), Answer: line}
		}
	}
}

// readLine reads up to a line feed, byte by byte so as not to take what follows, and removes the white space around the line.
func readLine(w Wire) (string, error) {
	var line []byte
	var one [1]byte
	for len(line) < longestLine {
		if _, err := io.ReadFull(w, one[:]); err != nil {
			return "", err
		}
		if one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	return strings.TrimSpace(string(line)), nil
}

// flush reads for d, and drops what comes.
func flush(w Wire, d time.Duration) error {
	if err := w.SetDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, w)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
