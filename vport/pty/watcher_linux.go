package pty

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// watcher notices, with one inotify descriptor for all ports, that programs open and close them. Events only say where to look,
// never what is there, because equal neighbours merge and the queue overflows. Without inotify a port notices a program by its
// bytes, by our next Write, and by the HUP of its last close. A nil watcher is allowed.
type watcher struct {
	log   *slog.Logger
	links *Links      // nil: ports take any terminal, and what they take is not remembered
	live  atomic.Bool // Run reads events

	beforeChange BeforeChange // nil: nothing counts as written before a change

	mu    sync.Mutex
	file  *os.File
	over  bool // Run has ended, or inotify cannot be had
	ports map[int32]*ptyPort

	tendEvery time.Duration      // between two looks at the folders of links
	folders   map[string]*folder // of links, by path; nil: nobody looks after them
	reserved  []int              // masters that are open for their numbers only, the oldest first
}

// blind is used where there is no watcher.
var blind = &watcher{over: true, log: slog.New(slog.DiscardHandler)}

// newWatcher makes a watcher for ports to which links, which may be nil, gives their terminals. Ports may be opened with it
// before and while Run runs. log must not block: records are made while locks are held.
func newWatcher(log *slog.Logger, links *Links) *watcher {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &watcher{log: log, links: links, ports: map[int32]*ptyPort{}, tendEvery: tendEvery, folders: map[string]*folder{}}
}

// Run serves the ports until ctx ends, or inotify fails. It runs once.
func (w *watcher) Run(ctx context.Context) error {
	w.mu.Lock()
	file := w.open()
	w.live.Store(file != nil)
	w.mu.Unlock()
	if file == nil {
		<-ctx.Done()
		return nil
	}
	mounts, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { w.watchMounts(mounts) })
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(past) })
	defer stop()
	err := w.serve(file)
	cancel()
	watching.Wait()
	w.mu.Lock()
	w.live.Store(false)
	w.over, w.file = true, nil
	w.releaseAll()
	w.mu.Unlock()
	err = errors.Join(err, file.Close())
	w.wakeAll() // from here on the ports read all they can, so that nothing is missed that was still in this queue
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("watch ports by inotify: %w", err)
}

// serve passes events on until a read fails, as it does by the deadline that ends Run.
func (w *watcher) serve(file *os.File) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := file.Read(buf)
		if err != nil {
			return err
		}
		for _, e := range parse(buf[:n]) {
			if e.mask&unix.IN_Q_OVERFLOW != 0 {
				w.wakeAll()
			} else if p := w.port(e.watch); p != nil {
				p.wake(e.mask)
			} else if e.mask&unix.IN_IGNORED != 0 {
				w.unwatched(e.watch)
			} else if p := w.linkAt(e); p != nil {
				p.tendLink()
			}
		}
	}
}

// event is the part of an inotify_event that is used here.
type event struct {
	watch int32
	mask  uint32
	name  string // of what has changed in a folder
}

// parse reads events as the kernel writes them: watch, mask, cookie, length of a name, name. An incomplete event at the end is
// ignored.
func parse(p []byte) (events []event) {
	for len(p) >= unix.SizeofInotifyEvent {
		name := int64(binary.NativeEndian.Uint32(p[12:]))
		if name > int64(len(p)-unix.SizeofInotifyEvent) {
			break
		}
		rest := p[unix.SizeofInotifyEvent+int(name):]
		events = append(events, event{
			int32(binary.NativeEndian.Uint32(p)), binary.NativeEndian.Uint32(p[4:]),
			string(bytes.TrimRight(p[unix.SizeofInotifyEvent:len(p)-len(rest)], "\x00")),
		})
		p = rest
	}
	return events
}

func (w *watcher) port(watch int32) *ptyPort {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ports[watch]
}

// wakeAll looks at every port, as if it had been closed.
func (w *watcher) wakeAll() {
	for _, p := range w.all() {
		p.wake(unix.IN_Q_OVERFLOW)
		p.tendLink()
	}
}

// all returns the ports that are watched.
func (w *watcher) all() []*ptyPort {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.ports))
}

// add watches a pair's device for p. If that is refused, the pair is not watched.
func (w *watcher) add(l *pair, p *ptyPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	file := w.open()
	if file == nil {
		return
	}
	const opensAndCloses = unix.IN_OPEN | unix.IN_CLOSE_WRITE | unix.IN_CLOSE_NOWRITE
	watch, err := -1, error(nil)
	cerr := control(file, func(fd int) { watch, err = unix.InotifyAddWatch(fd, l.device, opensAndCloses) })
	if err = errors.Join(cerr, err); err != nil {
		w.log.Warn("port is not watched: opens are noticed late; raise fs.inotify.max_user_watches", "port", p.spec.Address, "error", err)
		return
	}
	l.watch, l.watched = int32(watch), true
	w.ports[l.watch] = p
}

// remove undoes add.
func (w *watcher) remove(l *pair) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !l.watched {
		return
	}
	delete(w.ports, l.watch)
	if w.file == nil {
		return
	}
	// The kernel forgets a watch by itself when the device goes, so that an error here means nothing.
	_ = control(w.file, func(fd int) { _, _ = unix.InotifyRmWatch(fd, uint32(l.watch)) })
	if len(w.ports) == 0 && !w.live.Load() {
		w.releaseAll()
		_ = w.file.Close()
		w.file = nil
	}
}

// open returns the inotify descriptor, which it makes at its first use, nil if there is none. The caller holds mu.
func (w *watcher) open() *os.File {
	if w.file != nil || w.over {
		return w.file
	}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		w.over = true
		w.log.Warn("no inotify: opens are noticed late; raise fs.inotify.max_user_instances or the limit of open files", "error", err)
		return nil
	}
	w.file = os.NewFile(uintptr(fd), "inotify")
	return w.file
}

func (w *watcher) warn(text string, args ...any) { w.log.Warn(text, args...) }

// control runs f with file's descriptor.
func control(file *os.File, f func(fd int)) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(func(fd uintptr) { f(int(fd)) })
}
