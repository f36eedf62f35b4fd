package pty

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Links deals out pseudo-terminals to the ports of one configuration, and remembers in a file which one each port's link led
// to. The kernel gives the lowest free number to whoever asks first. Without the record, a link left by a crash would lead to
// another port, and after a restart a program that had resolved its link would talk to another meter.
//
// The file is guarded by a lock, which means that no other daemon serves these links. A nil *Links is allowed: ports then take
// any number, and nothing is remembered.
type Links struct {
	file string
	boot string // the kernel's boot id: numbers mean nothing after a reboot
	log  *slog.Logger
	open func() (number int, master *os.File, err error) // makes a pseudo-terminal

	saving sync.Mutex // held while the file is written; taken before mu

	mu      sync.Mutex
	lock    *os.File
	known   map[string]*target  // by the link's path
	unsaved bool                // the last record could not be written
	retired []retired           // numbers that ports have given up since this boot, the latest last
	made    map[string]*os.File // masters dealt to a path that no port has taken yet
	held    map[int]string      // numbers whose masters are ours, with their paths
	later   *time.Timer         // saves the links that were made lately
	over    bool                // closed: the record is no longer ours
}

// target is where a link leads.
type target struct {
	PTS  int    `json:"pts"`            // the number in /dev/pts
	Link string `json:"link,omitempty"` // identity of the symlink, as linkID returns it; empty: not known
	Gone uint64 `json:"gone,omitempty"` // not 0: the port has left the configuration; the highest was the last to leave
	old  bool   // of an earlier boot
}

// saveAfter is how long the identities of new links may wait to be saved. A crash before that costs little, since the numbers
// were saved before the links were made.
const saveAfter = 200 * time.Millisecond

// OpenLinks takes the lock of base, which is the path of the daemon's state file or control socket, and reads the record beside
// it. Its error wraps ErrLocked if another daemon has the lock. A record that cannot be read is logged and replaced by an empty
// one. The caller closes the Links.
func OpenLinks(base string, log *slog.Logger) (*Links, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the ports' record: %w", err)
	}
	k := &Links{
		file: base + ".ports", boot: bootID(), log: log, open: openMaster, known: map[string]*target{}, made: map[string]*os.File{}, held: map[int]string{},
	}
	for done := false; !done; {
		if err := k.takeLock(base + ".lock"); err != nil {
			return nil, err
		}
		if f, err := readRecord(k.file); err == nil && f.isAlive(k.boot) {
			return nil, errors.Join(fmt.Errorf("%w: process %d, whose lock %s somebody has removed; stop it first", ErrLocked, f.PID, base+".lock"), unlock(k.lock))
		}
		if err := k.read(); err != nil {
			log.Warn("which pseudo-terminals the ports had is not known", "err", err)
		}
		// From here on another daemon knows this one by its record. One that came earlier may have a lock of its own, if
		// somebody has removed the file in between.
		k.saveNow()
		done = sameFile(k.lock, k.lock.Name())
	}
	return k, nil
}

// takeLock locks the file at path, and makes it if necessary. The lock file is never removed: a lock on a removed file would
// keep nobody out.
func (k *Links) takeLock(path string) error {
	for {
		file, err := openLock(path)
		if err != nil {
			return fmt.Errorf("lock of the ports: %w", err)
		}
		if cerr := control(file, func(fd int) { err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) }); cerr != nil {
			err = cerr
		}
		if err == nil && sameFile(file, path) {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.lock != nil {
				_ = k.lock.Close()
			}
			k.lock = file
			return nil
		}
		_ = file.Close() // nothing was written
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return fmt.Errorf("%w: %s holds %s; stop that one first, or give this one a state and a control of its own", ErrLocked, k.other(), path)
		case err != nil:
			return fmt.Errorf("lock %s: %w", path, err)
		}
	}
}

// unlock gives a lock up. Closing its file alone would not: until a program that is just being started executes, that has the file, too.
func unlock(file *os.File) error {
	var err error
	cerr := control(file, func(fd int) { err = unix.Flock(fd, unix.LOCK_UN) })
	return errors.Join(cerr, err, file.Close())
}

// openLock opens the lock file at path, and makes it if necessary.
func openLock(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
		if err == nil {
			leave(file)
		}
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// leave gives a file that root has just made to the owner of its folder. Otherwise the service, which runs as an ordinary user,
// could not open it after one `sudo meterline tidy`.
func leave(file *os.File) {
	var folder unix.Stat_t
	if os.Geteuid() == 0 && unix.Stat(filepath.Dir(file.Name()), &folder) == nil {
		_ = file.Chown(int(folder.Uid), int(folder.Gid)) // root can use it all the same
	}
}

// other describes the process that wrote the record.
func (k *Links) other() string {
	if f, err := readRecord(k.file); err == nil && f.PID > 0 {
		return fmt.Sprint("process ", f.PID)
	}
	return "a process that has just started"
}

// sameFile reports whether file is the one at path.
func sameFile(file *os.File, path string) bool {
	ours, err1 := file.Stat()
	there, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(ours, there)
}

// Tend makes the lock file again if somebody has removed it, so that it keeps other daemons out. The error says what is in the
// way. A record that could not be saved is saved as soon as that is possible again.
func (k *Links) Tend() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	lock, unsaved := k.lock, k.unsaved
	k.mu.Unlock()
	switch {
	case lock == nil:
		return nil
	case sameFile(lock, lock.Name()):
		if unsaved && k.save() == nil {
			k.log.Info("which pseudo-terminals the ports have is saved again", "path", k.file)
		}
		return nil
	}
	if err := k.takeLock(lock.Name()); err != nil {
		return err
	}
	k.log.Warn("the lock file was removed, and is made anew", "path", lock.Name())
	k.saveNow()
	return nil
}

// Close saves what is to be saved, and gives up the lock and the terminals that no port took.
func (k *Links) Close() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	if k.later != nil {
		k.later.Stop()
	}
	for path := range k.made {
		k.discard(path)
	}
	k.over = true
	k.mu.Unlock()
	err := k.save()
	k.saving.Lock()
	defer k.saving.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	lock := k.lock
	k.lock = nil
	return errors.Join(err, unlock(lock))
}

// discard closes a master that was dealt to path and not taken. The caller holds mu.
func (k *Links) discard(path string) {
	_ = k.made[path].Close() // nobody has read from it or written to it
	delete(k.made, path)
	for n, owner := range k.held {
		if owner == path {
			delete(k.held, n)
		}
	}
}

// Clear removes the links in the record that a daemon which has ended left behind, and returns their paths. It is for cleaning
// up after a crash, and makes no terminal.
func (k *Links) Clear() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var removed []string
	for path, l := range k.known {
		if k.clear(path, l) {
			removed = append(removed, path)
		}
	}
	return removed
}

// clear removes the link at path if it dangles or is the one in the record. The caller holds mu, and no port of ours is at
// path.
func (k *Links) clear(path string, l *target) bool {
	target, err := os.Readlink(path)
	if err != nil || !strings.HasPrefix(target, ptsFolder) {
		return false
	}
	if !dangles(target) && !k.isOurs(path, target, l) {
		return false
	}
	if err := os.Remove(path); err != nil {
		k.log.Warn("a link of a daemon that is gone cannot be removed", "path", path, "err", err)
		return false
	}
	return true
}

// isOurs reports whether the link at path, which leads to target, is the one that l describes.
func (k *Links) isOurs(path, target string, l *target) bool {
	return l != nil && target == device(l.PTS) && (l.Link == "" && !l.old || l.Link == linkID(path))
}

// dangles reports whether a link's target does not exist.
func dangles(target string) bool {
	var s unix.Stat_t
	return errors.Is(unix.Lstat(target, &s), unix.ENOENT)
}

// device returns the path of a number.
func device(n int) string { return fmt.Sprint(ptsFolder, n) }

// linkID identifies the symlink at path among all that were ever there. Its times are compared for equality only, so that a
// clock that was set back does no harm. The device's number is left out, since it may change at a boot.
func linkID(path string) string {
	var s unix.Stat_t
	if err := unix.Lstat(path, &s); err != nil {
		return ""
	}
	return fmt.Sprintf("%d:%d", s.Ino, s.Mtim.Nano())
}

// bootID returns the kernel's name for the time since it was started.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
