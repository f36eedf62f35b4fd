package pty

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// dealing is the terminals being dealt. The kernel gives the lowest free number each time. So a certain number can be had only
// while all numbers below it are held.
type dealing struct {
	paths []string
	last  map[string]int // by path
	avoid map[int]bool
	old   map[int]string // numbers that paths had before their last one, with the path
	age   map[int]int    // the later a number was given up, the higher
	open  func() (int, *os.File, error)
	drawn map[int]*os.File
	order []int // the numbers of drawn in the order in which they were drawn
}

func newDealing(paths []string, last map[string]int, avoid map[int]bool, given []retired, open func() (int, *os.File, error)) *dealing {
	h := &dealing{paths: paths, last: last, avoid: avoid, old: map[int]string{}, age: map[int]int{}, open: open, drawn: map[int]*os.File{}}
	asked := make(map[string]bool, len(paths))
	for _, path := range paths {
		asked[path] = true
		if n, ok := ledTo(path); ok {
			h.avoid[n] = true
		}
	}
	for i, r := range given {
		h.age[r.PTS] = i + 1
		if asked[r.Path] {
			h.old[r.PTS] = r.Path
		}
	}
	return h
}

// had reports whether path had the number n before. Such a number is as good for it as a new one.
func (h *dealing) had(path string, n int) bool {
	last, ok := h.last[path]
	return ok && last == n || h.old[n] == path
}

// spare returns how many terminals more than needed may be held while the right ones are looked for. The kernel gives the lowest free
// number: those to be avoided come first, and so do those that other programs have freed meanwhile.
func (h *dealing) spare() int { return len(h.avoid) + 2*remembered }

// allocate makes terminals until each path can have the number that it had, or it is clear that it cannot. Then it gets another one
// that suits it.
func (h *dealing) allocate() error {
	wanted := make(map[int]string, len(h.paths))
	highest := -1
	for _, path := range h.paths {
		if n, ok := h.last[path]; ok {
			wanted[n] = path
			highest = max(highest, n)
		}
	}
	matched, free := 0, 0
	served := make(map[string]bool, len(h.paths)) // paths that can have a number of their own again
	for latest, most := -1, len(h.paths)+h.spare(); len(h.drawn) < most; {
		if done := matched == len(wanted) || latest > highest; done && free+len(served) >= len(h.paths) {
			return nil
		}
		n, master, err := h.open()
		if err != nil && len(h.drawn) >= len(h.paths) {
			return nil // there are enough, if not the best ones
		}
		if err != nil {
			return err
		}
		h.drawn[n] = master
		h.order = append(h.order, n)
		latest = n
		switch path := wanted[n]; {
		case path != "":
			matched++
			served[path] = true
		case h.old[n] != "":
			served[h.old[n]] = true
		case !h.avoid[n]:
			free++
		}
	}
	return nil
}

// match returns which path gets which number: the one that it had last, or one that it had before, or one that no path had.
// Where too few suit and the system has no more, a path gets the number that was given up longest ago.
func (h *dealing) match() map[string]int {
	dealt := make(map[string]int, len(h.paths))
	used := make(map[int]bool, len(h.paths))
	for _, path := range h.paths {
		if n, ok := h.last[path]; ok && h.drawn[n] != nil && !used[n] {
			dealt[path], used[n] = n, true
		}
	}
	for _, n := range h.order {
		if path := h.old[n]; path != "" && !used[n] {
			if _, ok := dealt[path]; !ok {
				dealt[path], used[n] = n, true
			}
		}
	}
	slices.SortStableFunc(h.order, func(a, b int) int { return h.age[a] - h.age[b] })
	for _, suits := range []func(n int) bool{func(n int) bool { return !h.avoid[n] }, func(int) bool { return true }} {
		rest := slices.DeleteFunc(slices.Clone(h.order), func(n int) bool { return used[n] || !suits(n) })
		for _, path := range h.paths {
			if _, ok := dealt[path]; !ok && len(rest) > 0 {
				dealt[path], used[rest[0]] = rest[0], true
				rest = rest[1:]
			}
		}
	}
	return dealt
}

// take gives a drawn master to its path.
func (h *dealing) take(n int) *os.File {
	master := h.drawn[n]
	delete(h.drawn, n)
	return master
}

// closeUnused closes what was not given out.
func (h *dealing) closeUnused() {
	for _, master := range h.drawn {
		_ = master.Close() // nobody has read from it or written to it
	}
}

// openMaster makes a pseudo-terminal. If its slave has been open before, the master shows HUP, and an open slave cannot be told
// from a closed one.
func openMaster() (int, *os.File, error) {
	master, slave, err := pty.Open()
	if errors.Is(err, unix.ENOSPC) {
		return 0, nil, fmt.Errorf("make a pseudo-terminal: none is free, raise kernel.pty.max with sysctl: %w", err)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("make a pseudo-terminal: %w", err)
	}
	n, ok := ptsNumber(slave.Name())
	if err := slave.Close(); err != nil || !ok {
		return 0, nil, errors.Join(fmt.Errorf("make a pseudo-terminal: %s: not what the kernel calls one", slave.Name()), err, master.Close())
	}
	return n, master, nil
}
