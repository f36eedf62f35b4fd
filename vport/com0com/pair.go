package com0com

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// End is one end of a pair.
type End struct {
	ID     string            // CNCA0 or CNCB0: its name for setupc and in the registry
	Name   string            // what programs open
	Params map[string]string // as setupc writes them, in small letters; a missing one has the driver's default
	Live   bool              // the driver runs and shows it, as far as the registry says
}

// Pair is two ends that are connected with each other.
type Pair struct {
	Number int // N of CNCA<N> and CNCB<N>
	A, B   End
}

// Other returns the end that is connected with the one that programs open by name.
func Other(pairs []Pair, name string) (End, bool) {
	for _, p := range pairs {
		switch {
		case strings.EqualFold(p.A.Name, name):
			return p.B, true
		case strings.EqualFold(p.B.Name, name):
			return p.A, true
		}
	}
	return End{}, false
}

// Errors of Ours.
var (
	ErrNoPair   = errors.New("it has no pair")
	ErrMispairs = errors.New("its pair is another one")
)

// Ours returns the name of the end that belongs to the one that programs open as port. If port is in one of the pairs, it is
// the connected end, and must be named if that is given. Otherwise it is named, or the name by convention, unless that is an
// end of another pair.
func Ours(pairs []Pair, port, named string) (string, error) {
	if end, there := Other(pairs, port); there {
		if named != "" && !strings.EqualFold(named, end.Name) {
			return "", fmt.Errorf("%s is wired to %s, not to %s: %w", port, end.Name, named, ErrMispairs)
		}
		return end.Name, nil
	}
	name := cmp.Or(named, ByConvention(port))
	if end, there := Other(pairs, name); there {
		return "", fmt.Errorf("%s is wired to %s, not to %s: %w", name, end.Name, port, ErrNoPair)
	}
	return name, nil
}

// ByConvention returns the name of the end that belongs to COM<N> if nobody has listed the pairs: CNCB<N>. It returns "" for
// another name.
func ByConvention(name string) string {
	n, is := cutFold(name, "COM")
	if !is || !digits(n) {
		return ""
	}
	return "CNCB" + n
}

// IsName reports whether an end can have this name: letters, digits and a few signs, as setupc accepts them.
func IsName(name string) bool {
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	}
	return name != "" && len(name) <= longestName && !strings.ContainsFunc(name, odd) && name[0] != '-'
}

// longestName is the longest that setupc accepts without a question (com0com.h, C0C_PORT_NAME_LEN).
const longestName = 12

// IsCOM reports whether a name is COM and a number from 1 on.
func IsCOM(name string) bool {
	n, is := cutFold(name, "COM")
	return is && digits(n) && len(n) <= 5 && strings.Trim(n, "0") != "" && n[0] != '0'
}

// FromList reads the output of `setupc list`, or the registry in the same form: one line for each end, with its identifier and
// its parameters. Other lines are ignored.
func FromList(text string) []Pair {
	var pairs []Pair
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		rest, isA := cutFold(fields[0], "CNCA")
		if !isA {
			var isB bool
			if rest, isB = cutFold(fields[0], "CNCB"); !isB {
				continue
			}
		}
		number, err := strconv.Atoi(rest)
		if err != nil || number < 0 || !digits(rest) {
			continue
		}
		i := slices.IndexFunc(pairs, func(p Pair) bool { return p.Number == number })
		if i < 0 {
			i = len(pairs)
			pairs = append(pairs, newPair(number))
		}
		end := &pairs[i].B
		if isA {
			end = &pairs[i].A
		}
		end.read(strings.Join(fields[1:], ","))
	}
	return pairs
}

func newPair(number int) Pair {
	n := strconv.Itoa(number)
	return Pair{Number: number, A: End{ID: "CNCA" + n, Name: "CNCA" + n}, B: End{ID: "CNCB" + n, Name: "CNCB" + n}}
}

// read reads parameters as setupc writes them: NAME=VALUE, separated by commas.
func (e *End) read(params string) {
	for one := range strings.SplitSeq(params, ",") {
		key, value, has := strings.Cut(one, "=")
		if !has || value == "-" || value == "" {
			continue
		}
		key = strings.ToLower(key)
		switch {
		case key == "portname" && value == "COM#": // the real one follows
		case key == "portname" || key == "realportname":
			e.Name = value
		default:
			if e.Params == nil {
				e.Params = make(map[string]string)
			}
			e.Params[key] = strings.ToLower(value)
		}
	}
}

func cutFold(s, prefix string) (rest string, is bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
