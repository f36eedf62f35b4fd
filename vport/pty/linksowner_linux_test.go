package pty

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What root makes in the folder of a service, by one `sudo meterline tidy`, is the service's: else it could not take its lock
// any more.
func TestWhatRootMakesIsTheFoldersOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: it makes nothing for others")
	}
	folder := t.TempDir()
	if err := os.Chown(folder, nobodyID, nobodyID); err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(folder, "state.json")
	links, err := OpenLinks(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, links)
	for _, end := range []string{".lock", ".ports"} {
		var s unix.Stat_t
		if err := unix.Lstat(base+end, &s); err != nil || s.Uid != nobodyID || s.Gid != nobodyID {
			t.Errorf("%s belongs to %d:%d, %v, want %d", end, s.Uid, s.Gid, err, nobodyID)
		}
	}
}

// What stood there before stays whose it was: in a folder of a stranger it may be another name of any file.
func TestALockThatIsThereKeepsItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: it makes nothing for others")
	}
	folder := t.TempDir()
	base := filepath.Join(folder, "state.json")
	if err := errors.Join(os.WriteFile(base+".lock", nil, 0o600), os.Chown(folder, nobodyID, nobodyID)); err != nil {
		t.Fatal(err)
	}
	links, err := OpenLinks(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, links)
	var s unix.Stat_t
	if err := unix.Lstat(base+".lock", &s); err != nil || s.Uid != 0 || fs.FileMode(s.Mode).Perm() != 0o600 {
		t.Errorf("the lock belongs to %d, mode %o, %v", s.Uid, s.Mode, err)
	}
}

// A number is noted as nobody's before the kernel may give it to another port: the note would be of that port's.
func TestNumberIsGivenUpBeforeItIsFree(t *testing.T) {
	s := newLinkSite(t)
	ports, _ := s.open("a")
	p := ports[0]
	s.links.mu.Lock() // nothing can be noted
	var closing sync.WaitGroup
	closing.Go(func() { closeFile(t, p) })
	for _, err := os.Lstat(p.path); err == nil; _, err = os.Lstat(p.path) {
		time.Sleep(time.Millisecond) // the link goes first
	}
	time.Sleep(20 * time.Millisecond) // time for what must not happen
	if dangles(p.pair.device) {
		t.Error("the terminal was closed before its number was noted as free")
	}
	s.links.mu.Unlock()
	closing.Wait()
	if len(s.links.held) != 0 {
		t.Errorf("%v is held", s.links.held)
	}
}

// What waits to be saved when the lock is given up is not written over what the next daemon has written.
func TestNothingIsSavedWithoutTheLock(t *testing.T) {
	s := newLinkSite(t)
	ports, _ := s.open("a")
	old := s.links
	closeFile(t, ports[0])
	closeFile(t, old)
	s.start()
	ports, _ = s.open("a")
	defer closeFile(t, ports[0])
	if err := s.links.save(); err != nil {
		t.Fatal(err)
	}
	old.saveLater() // its timer went off while it was being closed
	if f, err := readRecord(s.links.file); err != nil || f.PID != os.Getpid() {
		t.Errorf("the record is of process %d, %v, want %d", f.PID, err, os.Getpid())
	}
}

// The number of a device may be another one after a boot, as those of LVM and of overlays are. A link that the machine's end
// has left is told by the rest.
func TestLinkIsKnownWhateverTheNumberOfItsDevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.Symlink("/dev/pts/0", path); err != nil {
		t.Fatal(err)
	}
	var s unix.Stat_t
	if err := unix.Lstat(path, &s); err != nil {
		t.Fatal(err)
	}
	if got, want := linkID(path), fmt.Sprintf("%d:%d", s.Ino, s.Mtim.Nano()); got != want {
		t.Errorf("the link is known as %s, want %s", got, want)
	}
}

// A record that finds no room on the disk is saved as soon as there is room, and the lock is not blamed for it.
func TestRecordIsSavedOnceItCanBe(t *testing.T) {
	s := newLinkSite(t)
	if err := os.Remove(s.links.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(s.links.file, "in the way")
	if err := os.MkdirAll(inTheWay, 0o755); err != nil {
		t.Fatal(err)
	}
	ports, numbers := s.open("a")
	defer closeFile(t, ports[0])
	if err := os.Remove(s.links.lock.Name()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // makes the lock, then has nothing to do for it
		if err := s.links.Tend(); err != nil {
			t.Errorf("Tend: %v", err)
		}
	}
	if err := os.RemoveAll(s.links.file); err != nil {
		t.Fatal(err)
	}
	if err := s.links.Tend(); err != nil {
		t.Errorf("Tend: %v", err)
	}
	if f, err := readRecord(s.links.file); err != nil || f.Ports[ports[0].path].PTS != numbers[0] {
		t.Errorf("the record says %v, %v, want /dev/pts/%d", f.Ports, err, numbers[0])
	}
}

// The number of a terminal that takes another one's place is saved before a link leads to it.
func TestNumberOfANewTerminalIsSavedFirst(t *testing.T) {
	s := newLinkSite(t)
	s.links.open = (&kernel{used: map[int]bool{}}).open
	path := s.specs("a")[0].Address
	for range 2 { // without Deal: as when a terminal is replaced
		n, master, err := s.links.take(path)
		if err != nil {
			t.Fatal(err)
		}
		closeFile(t, master)
		if f, err := readRecord(s.links.file); err != nil || f.Ports[path] == nil || f.Ports[path].PTS != n {
			t.Errorf("the record says %v, %v, want /dev/pts/%d", f.Ports, err, n)
		}
	}
}

// Many daemons crash one after the other, and programs keep the terminals of many ports open. However many numbers that takes, none
// goes over from one port to another.
func TestNumbersOfManyPortsThatCrash(t *testing.T) {
	t.Parallel()
	const ports, starts = 300, 30
	s := newLinkSite(t)
	random := rand.New(rand.NewPCG(1, 2))
	names := make([]string, ports)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	owner := map[int]string{}
	busy := map[int]bool{} // numbers of dead masters whose slaves are open
	for start := range starts {
		sys := &kernel{used: maps.Clone(busy), most: 1500}
		s.links.open = sys.open
		random.Shuffle(ports, func(i, j int) { names[i], names[j] = names[j], names[i] })
		if err := s.links.Deal(s.specs(names...)); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(busy, func(int, bool) bool { return random.IntN(2) == 0 })
		for n, path := range s.links.held {
			if other := owner[n]; other != "" && other != path {
				t.Fatalf("start %d: /dev/pts/%d goes over from %s to %s", start, n, other, path)
			}
			owner[n] = path
			if random.IntN(10) < 4 {
				busy[n] = true
			}
		}
		s.crash(nil)
		s.start()
	}
	if len(owner) > 5*ports {
		t.Errorf("%d numbers are used up for %d ports", len(owner), ports)
	}
}
