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

// Links deals out pseudo-terminals to the ports of one configuration, and remembers in a file which one each port's link
// led to. The kernel gives the lowest free number to whoever asks first, so that after a crash a link that was left would
// lead to another port, and after a restart a program that had resolved its link would talk to another meter.
//
// The file is guarded by a lock, which says that no other daemon serves these links. A nil *Links is allowed: ports then
// take any number, and nothing is remembered.
type Links struct {
	file string
	boot string // the kernel's boot id: numbers mean nothing beyond it
	log  *slog.Logger
	open func() (number int, master *os.File, err error) // makes a pseudo-terminal

	saving sync.Mutex // held while the file is written; taken before mu

	mu      sync.Mutex
	lock    *os.File
	known   map[string]*lead    // by the link's path
	unsaved bool                // the last record could not be written
	retired []retired           // what ports had in this boot and have no more, the latest last
	made    map[string]*os.File // masters dealt to a path that no port has taken yet
	held    map[int]string      // numbers whose masters are ours, and the path that has each
	later   *time.Timer         // saves what links were made lately
	over    bool                // closed: the record is nobody's
}

// lead is where a link leads.
type lead struct {
	PTS  int    `json:"pts"`            // the number in /dev/pts
	Link string `json:"link,omitempty"` // identity of the symlink, as linkID gives it; empty: not known
	Gone uint64 `json:"gone,omitempty"` // not 0: the port has left the configuration, the highest one last
	old  bool   // of an earlier boot
}

// saveAfter is how long the identities of new links may wait for being saved. A crash before that costs little, since the
// numbers were saved before the links were made.
const saveAfter = 200 * time.Millisecond

// OpenLinks takes the lock of base, which is the path of the daemon's state file or control socket, and reads what is
// remembered beside it. It answers with an error wrapping ErrLocked if another daemon has the lock. A record that cannot be
// read is logged and starts anew. The caller closes it.
func OpenLinks(base string, log *slog.Logger) (*Links, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the ports' record: %w", err)
	}
	k := &Links{
		file: base + ".ports", boot: bootID(), log: log, open: openMaster, known: map[string]*lead{}, made: map[string]*os.File{}, held: map[int]string{},
	}
	for done := false; !done; {
		if err := k.takeLock(base + ".lock"); err != nil {
			return nil, err
		}
		if f, err := readRecord(k.file); err == nil && f.isAlive(k.boot) {
			return nil, errors.Join(fmt.Errorf("%w: process %d, whose lock %s somebody has removed; stop it first", ErrLocked, f.PID, base+".lock"), k.lock.Close())
		}
		if err := k.read(); err != nil {
			log.Warn("which pseudo-terminals the ports had is not known", "err", err)
		}
		// From here on another daemon knows this one by its record. One that came before has a lock of its own, if somebody
		// has removed the file meanwhile.
		k.saveNow()
		done = sameFile(k.lock, k.lock.Name())
	}
	return k, nil
}

// takeLock locks the file at path, which it makes if need be. The lock file is never removed: who holds a removed one would
// not keep anybody out.
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

// openLock opens the lock file at path, which it makes if need be.
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

// leave gives a file that root has just made to the owner of its folder: the service, which runs as an ordinary user, could
// not open it after one `sudo meterline tidy`.
func leave(file *os.File) {
	var folder unix.Stat_t
	if os.Geteuid() == 0 && unix.Stat(filepath.Dir(file.Name()), &folder) == nil {
		_ = file.Chown(int(folder.Uid), int(folder.Gid)) // root can use it all the same
	}
}

// other names the process that wrote the record.
func (k *Links) other() string {
	if f, err := readRecord(k.file); err == nil && f.PID > 0 {
		return fmt.Sprint("process ", f.PID)
	}
	return "a process that has just started"
}

// sameFile reports whether file is what stands at path.
func sameFile(file *os.File, path string) bool {
	ours, err1 := file.Stat()
	there, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(ours, there)
}

// Tend makes the lock file anew if somebody has removed it, so that it keeps other daemons out again. The error says what
// stands in the way. A record that could not be saved is saved as soon as that goes again.
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

// Close saves what is to be saved, gives up terminals that no port took, and the lock.
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
	return errors.Join(err, lock.Close())
}

// discard closes a master that was dealt to path and not taken. The caller holds mu.
func (k *Links) discard(path string) {
	_ = k.made[path].Close() // nobody has read or written it
	delete(k.made, path)
	for n, owner := range k.held {
		if owner == path {
			delete(k.held, n)
		}
	}
}

// Clear removes the links that a daemon which is gone has left: those of the record. It is for whoever cleans up after a
// crash, and makes no terminal. It returns the paths.
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

// clear removes the link at path if it dangles or is the one that the record tells of. The caller holds mu, and no port of
// ours stands at path.
func (k *Links) clear(path string, l *lead) bool {
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

// isOurs reports whether the link at path, which leads to target, is the one that l tells of.
func (k *Links) isOurs(path, target string, l *lead) bool {
	return l != nil && target == device(l.PTS) && (l.Link == "" && !l.old || l.Link == linkID(path))
}

// dangles reports whether nothing stands at a link's target.
func dangles(target string) bool {
	var s unix.Stat_t
	return errors.Is(unix.Lstat(target, &s), unix.ENOENT)
}

// device is the node of a number.
func device(n int) string { return fmt.Sprint(ptsFolder, n) }

// linkID identifies the symlink at path among all that ever stood there. Its times are compared for equality alone: a clock
// that was set back makes none of them wrong. The device's number is left out, since it may be another one after a boot.
func linkID(path string) string {
	var s unix.Stat_t
	if err := unix.Lstat(path, &s); err != nil {
		return ""
	}
	return fmt.Sprintf("%d:%d", s.Ino, s.Mtim.Nano())
}

// bootID is the kernel's word for the time since it was started.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
