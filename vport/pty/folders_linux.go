package pty

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// tendEvery is how often the folders of links are looked at. inotify reports changes in a folder, but not that the folder
// itself was removed, renamed or covered by a mount.
const tendEvery = 2 * time.Second

// folder is a folder with links of ports in it.
type folder struct {
	path    string
	dev     uint64
	ino     uint64
	watch   int32 // inotify's number for it
	watched bool
	ports   map[string]*ptyPort // by the name of their link
}

// addLink has p called when something happens at its link.
func (w *watcher) addLink(p *ptyPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folders == nil {
		return // nobody would look
	}
	path, name := filepath.Split(p.path)
	path = filepath.Clean(path)
	f := w.folders[path]
	if f == nil {
		f = &folder{path: path, ports: map[string]*ptyPort{}}
		w.folders[path] = f
		w.watchFolder(f)
	}
	f.ports[name] = p
}

// removeLink undoes addLink.
func (w *watcher) removeLink(p *ptyPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	path, name := filepath.Split(p.path)
	f := w.folders[filepath.Clean(path)]
	if f == nil || f.ports[name] != p {
		return
	}
	delete(f.ports, name)
	if len(f.ports) > 0 {
		return
	}
	delete(w.folders, f.path)
	if f.watched && w.file != nil {
		// The kernel forgets a watch by itself when the folder goes, so that an error here means nothing. A folder with two
		// names has one watch: unwatched sets it again for the other name.
		_ = control(w.file, func(fd int) { _, _ = unix.InotifyRmWatch(fd, uint32(f.watch)) })
	}
}

// unwatched records that inotify has given up a watch. If it was a folder's, the next look at the folder sets a new one: by now
// another folder at its path may have the number of the removed one.
func (w *watcher) unwatched(watch int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.folders {
		if f.watch == watch {
			f.watched = false
		}
	}
}

// watchFolder watches the folder that is at f's path now. The caller holds mu.
func (w *watcher) watchFolder(f *folder) {
	f.watched = false
	f.dev, f.ino = folderID(f.path)
	file := w.open()
	if file == nil || f.ino == 0 {
		return
	}
	const changes = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ONLYDIR
	watch, err := -1, error(nil)
	cerr := control(file, func(fd int) { watch, err = unix.InotifyAddWatch(fd, f.path, changes) })
	if err = errors.Join(cerr, err); err == nil {
		f.watch, f.watched = int32(watch), true
	}
}

// folderID distinguishes a folder from another one at the same path. It returns zeros if there is none.
func folderID(path string) (dev, ino uint64) {
	var s unix.Stat_t
	if unix.Stat(path, &s) != nil {
		return 0, 0
	}
	return s.Dev, s.Ino
}

// linkAt returns the port whose link an event names.
func (w *watcher) linkAt(e event) *ptyPort {
	if e.name == "" {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.folders {
		if p := f.ports[e.name]; f.watched && f.watch == e.watch && p != nil {
			return p
		}
	}
	return nil
}

// Tend looks after the links and their lock until ctx ends. It runs at the same time as Run.
func (w *watcher) Tend(ctx context.Context) {
	tick := time.NewTicker(w.tendEvery)
	defer tick.Stop()
	lost := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, p := range w.strayed() {
			p.tendLink()
		}
		err := w.links.Tend()
		if err != nil && err.Error() != lost {
			w.log.Warn("nothing keeps another daemon out any more", "err", err)
		}
		lost = ""
		if err != nil {
			lost = err.Error()
		}
	}
}

// strayed returns the ports whose links may be gone or no longer theirs. Their folder was replaced or is not watched by
// inotify, or they had something foreign at their paths.
func (w *watcher) strayed() []*ptyPort {
	w.mu.Lock()
	all := slices.Collect(maps.Values(w.folders))
	w.mu.Unlock()
	var strayed []*ptyPort
	for _, f := range all {
		dev, ino := folderID(f.path) // without mu: a file system may be slow
		w.mu.Lock()
		changed := dev != f.dev || ino != f.ino || !f.watched
		if changed {
			w.watchFolder(f)
		}
		for _, p := range f.ports {
			if changed || p.linkLost.Load() {
				strayed = append(strayed, p)
			}
		}
		w.mu.Unlock()
	}
	return strayed
}

// tendLink makes the port's link again where it is missing, and records what is in its way.
func (p *ptyPort) tendLink() {
	p.mu.Lock()
	err, made := p.restoreLink()
	was := p.linkFault
	p.linkFault = err
	p.linkLost.Store(err != nil)
	p.mu.Unlock()
	switch {
	case err != nil && was == nil:
		p.watcher.warn("programs do not find the port", "port", p.spec.Address, "err", err)
	case made:
		p.watcher.warn("the port's link was removed, and is made anew", "port", p.spec.Address)
	}
}

// restoreLink makes the link again if it is gone, and reports whether it was. The caller holds mu.
func (p *ptyPort) restoreLink() (err error, made bool) {
	if p.closed || !p.isReachable() {
		return nil, false // another terminal has its device's name; Trouble reports that
	}
	target, err := os.Readlink(p.path)
	switch {
	case err == nil && target == p.pair.device:
		return nil, false
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(p.path), 0o755); err != nil {
			return err, false
		}
	}
	if err := publish(p.path, p.pair.device, p.watcher.links); err != nil {
		return err, false
	}
	p.watcher.links.published(p.path)
	return nil, true
}

// isReachable reports whether programs that open the device's name reach this port. The caller holds mu.
func (p *ptyPort) isReachable() bool { return p.pair.reachable() == nil }
