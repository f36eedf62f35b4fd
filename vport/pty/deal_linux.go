package pty

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/vport"
)

// Deal makes a pseudo-terminal for each port of the configuration that has none, in the order of specs, and saves which. First
// it removes the links that a crash has left at their paths, so that none ever leads to a terminal that is made here. A port
// gets the number that it had last, or else one that no port of this configuration had, as long as there are such.
//
// It is called before ports are opened, each time with all of them. What it cannot make is tried again when the port is opened.
// The error is that of the first port.
func (k *Links) Deal(specs []vport.Spec) error {
	if k == nil {
		return nil
	}
	err := k.dealAll(specs)
	k.saveNow()
	return err
}

func (k *Links) dealAll(specs []vport.Spec) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.deal(k.follow(specs))
}

// saveNow saves which terminals were dealt, before any link leads to them.
func (k *Links) saveNow() {
	if err := k.save(); err != nil {
		k.log.Warn("which pseudo-terminals the ports have is not saved", "err", err)
	}
}

// follow records which paths the configuration has now, and returns those that need a terminal. The caller holds mu.
func (k *Links) follow(specs []vport.Spec) []string {
	wanted := make(map[string]bool, len(specs))
	owned := k.owners()
	var need []string
	for _, s := range specs {
		p, err := prepare(s)
		if err != nil || !isPath(s.Address) || wanted[p.path] {
			continue // Open returns the error
		}
		wanted[p.path] = true
		if !owned[p.path] {
			need = append(need, p.path)
		}
	}
	var last uint64
	for _, l := range k.known {
		last = max(last, l.Gone)
	}
	for path, l := range k.known {
		switch {
		case wanted[path]:
			l.Gone = 0
		case l.Gone == 0:
			last++
			l.Gone = last
		}
	}
	for path := range k.made {
		if !wanted[path] {
			k.discard(path)
		}
	}
	return need
}

// owners returns the paths that have a terminal, whether a port has taken it or not. The caller holds mu.
func (k *Links) owners() map[string]bool {
	owned := make(map[string]bool, len(k.held))
	for _, path := range k.held {
		owned[path] = true
	}
	return owned
}

// deal makes terminals for paths that have none. The caller holds mu.
func (k *Links) deal(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	dealt := newDealing(paths, k.lastOf(paths), k.avoided(), k.retired, k.open)
	owned := k.owners()
	for _, path := range paths {
		if !owned[path] {
			k.clear(path, k.known[path])
		}
	}
	err := dealt.allocate()
	defer dealt.closeUnused()
	for path, n := range dealt.match() {
		if dealt.avoid[n] && !dealt.had(path, n) {
			k.log.Warn("a port gets the pseudo-terminal that another one had: no other is free", "port", path, "device", device(n))
		}
		k.give(path, n, dealt.take(n))
	}
	return err
}

// take returns the terminal that path has, or a new one.
func (k *Links) take(path string) (n int, master *os.File, err error) {
	if k == nil {
		return openMaster()
	}
	n, master, fresh, err := k.takeDealt(path)
	if fresh {
		k.saveNow()
	}
	return n, master, err
}

// takeDealt also reports whether the terminal had to be made first.
func (k *Links) takeDealt(path string) (n int, master *os.File, fresh bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made[path] == nil {
		if err := k.deal([]string{path}); err != nil {
			return 0, nil, false, err
		}
		fresh = true
	}
	n, master = k.known[path].PTS, k.made[path]
	delete(k.made, path)
	return n, master, fresh, nil
}

// closed records that the master of a number is no longer ours.
func (k *Links) closed(n int) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, n)
}

// published records that we made the link at path, and that it leads to the terminal that path has.
func (k *Links) published(path string) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.known[path]
	if l == nil {
		return
	}
	l.Link = linkID(path)
	if k.later == nil {
		k.later = time.AfterFunc(saveAfter, k.saveLater)
		return
	}
	k.later.Reset(saveAfter)
}

func (k *Links) saveLater() {
	if err := k.save(); err != nil {
		k.log.Warn("which links were made is not saved", "err", err)
	}
}

// mayReplace reports whether the link at path, which leads to the terminal target, may be replaced by ours. It may if a daemon
// of this configuration left it, or if it leads to a terminal of ours, where nobody else may let a link lead. It may not if it
// is the link of another port, as when two paths are one place.
func (k *Links) mayReplace(path, target string) bool {
	if k == nil {
		return false
	}
	n, ok := ptsNumber(target)
	k.mu.Lock()
	defer k.mu.Unlock()
	owner, held := k.held[n]
	if ok && held {
		return owner == path || linkID(owner) != linkID(path)
	}
	return k.isOurs(path, target, k.known[path])
}

// Check returns why openPort would refuse spec, as checkPort does, but accepts the links that a crash has left.
func (k *Links) Check(spec vport.Spec) error {
	err := checkPort(spec)
	if k == nil || !errors.Is(err, vport.ErrInUse) {
		return err
	}
	p, perr := prepare(spec)
	if perr != nil {
		return perr
	}
	if target, rerr := os.Readlink(p.path); rerr == nil && k.mayReplace(p.path, target) {
		return nil
	}
	return err
}

// give records that a terminal is dealt to path. The caller holds mu.
func (k *Links) give(path string, n int, master *os.File) {
	k.made[path], k.held[n] = master, path
	l := k.known[path]
	if l == nil {
		l = new(target)
		k.known[path] = l
	} else if l.PTS != n && !l.old {
		k.retired = append(k.retired, retired{l.PTS, path})
	}
	*l = target{PTS: n}
	k.retired = slices.DeleteFunc(k.retired, func(r retired) bool { return r.PTS == n })
}

// lastOf returns the number that each of paths had last.
func (k *Links) lastOf(paths []string) map[string]int {
	last := make(map[string]int, len(paths))
	for _, path := range paths {
		if l := k.known[path]; l != nil {
			last[path] = l.PTS
		} else if n, ok := ledTo(path); ok {
			last[path] = n // the link of a daemon whose record is lost
		}
	}
	return last
}

// avoided returns the numbers that programs may mistake for another port's: those that ports had since this boot, and those
// that other people's links at ports' paths lead to. The caller holds mu.
func (k *Links) avoided() map[int]bool {
	avoid := make(map[int]bool, len(k.known)+len(k.retired))
	for _, l := range k.known {
		if !l.old {
			avoid[l.PTS] = true
		}
	}
	for _, r := range k.retired {
		avoid[r.PTS] = true
	}
	leadsTo := func(path string) {
		if n, ok := ledTo(path); ok {
			avoid[n] = true
		}
	}
	for path := range k.known {
		leadsTo(path)
	}
	return avoid
}

// ledTo returns the number to which the link at path leads.
func ledTo(path string) (int, bool) {
	target, err := os.Readlink(path)
	if err != nil {
		return 0, false
	}
	return ptsNumber(target)
}

func ptsNumber(device string) (int, bool) {
	digits, ok := strings.CutPrefix(device, ptsFolder)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0
}
