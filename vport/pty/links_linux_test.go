package pty

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// linkSite is a daemon's folder: its record, and the ports that it makes.
type linkSite struct {
	testing.TB
	dir   string
	links *Links
}

func newLinkSite(t testing.TB) *linkSite {
	s := &linkSite{TB: t, dir: t.TempDir()}
	s.start()
	t.Cleanup(func() { _ = s.links.Close() }) // most tests have closed it
	return s
}

// start takes the lock, as a daemon does at its start.
func (s *linkSite) start() {
	s.Helper()
	links, err := OpenLinks(filepath.Join(s.dir, "state"), slog.New(slog.NewTextHandler(s.Output(), nil)))
	if err != nil {
		s.Fatal(err)
	}
	s.links = links
}

// crash gives everything up but what a kill -9 leaves: the links and the record.
func (s *linkSite) crash(ports []*ptyPort) {
	s.Helper()
	if err := s.links.save(); err != nil { // what saveLater has done, unless the crash came at once
		s.Fatal(err)
	}
	s.links.mu.Lock()
	if s.links.later != nil {
		s.links.later.Stop()
	}
	s.links.mu.Unlock()
	for _, p := range ports {
		p.mu.Lock()
		p.closed = true
		p.retire(p.pair)
		p.mu.Unlock()
	}
	if err := unlock(s.links.lock); err != nil {
		s.Fatal(err)
	}
}

func (s *linkSite) specs(names ...string) []vport.Spec {
	var specs []vport.Spec
	for _, name := range names {
		specs = append(specs, vport.Spec{Address: filepath.Join(s.dir, "ports", name)})
	}
	return specs
}

// open deals and opens the ports, and answers with their numbers.
func (s *linkSite) open(names ...string) ([]*ptyPort, []int) {
	s.Helper()
	return s.openWatched(newWatcher(nil, s.links), names...)
}

func (s *linkSite) openWatched(w *watcher, names ...string) ([]*ptyPort, []int) {
	s.Helper()
	specs := s.specs(names...)
	if err := s.links.Deal(specs); err != nil {
		s.Fatal(err)
	}
	var ports []*ptyPort
	var numbers []int
	for _, spec := range specs {
		p, err := openPort(spec, w, nil)
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() { _ = p.Close() }) // a crash has closed most
		port := p.(*ptyPort)
		target, err := os.Readlink(port.path)
		if err != nil || target != port.pair.device {
			s.Fatalf("%s leads to %s, %v, want %s", port.path, target, err, port.pair.device)
		}
		ports = append(ports, port)
		numbers = append(numbers, port.pair.number)
	}
	return ports, numbers
}

func closeAll(t testing.TB, ports []*ptyPort) {
	t.Helper()
	for _, p := range ports {
		closeFile(t, p)
	}
}

// However the daemon ends, and in whatever order the file has the ports, none ever has a number that another one had. Which
// numbers it gets depends on the other programs of this machine; TestDealing has a kernel of its own.
func TestNumbersDoNotChangeOwner(t *testing.T) {
	t.Parallel()
	s := newLinkSite(t)
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	owner := make(map[int]string)
	for round := range 20 {
		ports, numbers := s.open(names...)
		for i, n := range numbers {
			if owner[n] != "" && owner[n] != names[i] {
				t.Fatalf("round %d: /dev/pts/%d led to %s, and leads to %s now", round, n, owner[n], names[i])
			}
			owner[n] = names[i]
		}
		if round%2 == 0 {
			s.crash(ports)
		} else {
			closeAll(t, ports)
			closeFile(t, s.links)
		}
		s.start()
		names = append(names[3:], names[0], names[1], fmt.Sprint("new", round)) // one leaves, one comes
	}
}

// kernel gives numbers as Linux does, the lowest free one first.
type kernel struct {
	used map[int]bool
	most int // how many it gives, 0: any number
}

func (k *kernel) open() (int, *os.File, error) {
	if k.most > 0 && len(k.used) >= k.most {
		return 0, nil, unix.ENOSPC
	}
	n := 0
	for k.used[n] {
		n++
	}
	k.used[n] = true
	master, err := os.Open(os.DevNull)
	return n, master, err
}

// The ports that a configuration had and those that it has, and who got which number. A kernel with the numbers of others
// taken deals to a daemon that starts.
func TestDealing(t *testing.T) {
	type numbers map[string]int
	for _, c := range []struct {
		name    string
		had     numbers
		retired []int
		others  []int // that other programs have
		most    int
		ports   []string
		want    numbers
	}{
		{"the first start, in the file's order", nil, nil, nil, 0, []string{"b", "a", "c"}, numbers{"b": 0, "a": 1, "c": 2}},
		{"the same again, in another order", numbers{"a": 0, "b": 1, "c": 2}, nil, nil, 0, []string{"c", "a", "b"}, numbers{"a": 0, "b": 1, "c": 2}},
		{"numbers below have become free", numbers{"a": 5, "b": 7}, nil, nil, 0, []string{"a", "b"}, numbers{"a": 5, "b": 7}},
		{"one number is somebody else's", numbers{"a": 0, "b": 1, "c": 2}, nil, []int{1}, 0, []string{"a", "b", "c"}, numbers{"a": 0, "b": 3, "c": 2}},
		{"all numbers are somebody else's", numbers{"a": 0, "b": 1}, nil, []int{0, 1}, 0, []string{"a", "b"}, numbers{"a": 2, "b": 3}},
		{"a new port in the place of one", numbers{"a": 0, "b": 1, "c": 2}, nil, nil, 0, []string{"a", "x", "c"}, numbers{"a": 0, "x": 3, "c": 2}},
		{"new ports in the place of all", numbers{"a": 0, "b": 1}, nil, nil, 0, []string{"x", "y"}, numbers{"x": 2, "y": 3}},
		{"a number given up long ago", numbers{"a": 3}, []int{0, 1}, nil, 0, []string{"a", "x", "y"}, numbers{"a": 3, "x": 2, "y": 4}},
		{"no more than the system has", numbers{"a": 0, "b": 1}, nil, nil, 2, []string{"a", "x"}, numbers{"a": 0, "x": 1}},
		{"fewer than are needed", nil, nil, nil, 2, []string{"a", "b", "c"}, numbers{"a": 0, "b": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newLinkSite(t)
			sys := &kernel{used: map[int]bool{}, most: c.most}
			for _, n := range c.others {
				sys.used[n] = true
			}
			path := func(name string) string { return filepath.Join(s.dir, "ports", name) }
			s.links.open = sys.open
			for _, n := range c.retired {
				s.links.retired = append(s.links.retired, retired{PTS: n, Path: "/of/another"})
			}
			for name, n := range c.had {
				s.links.known[path(name)] = &target{PTS: n}
			}
			err := s.links.Deal(s.specs(c.ports...))
			if (err != nil) != (len(c.want) < len(c.ports)) {
				t.Errorf("Deal: %v", err)
			}
			got := numbers{}
			for n, p := range s.links.held {
				got[filepath.Base(p)] = n
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// A port whose terminal is replaced time and again needs few numbers, and no other port gets one of them.
func TestNumbersOfAPortThatIsReplaced(t *testing.T) {
	t.Parallel()
	s := newLinkSite(t)
	sys := &kernel{used: map[int]bool{}}
	s.links.open = sys.open
	if err := s.links.Deal(s.specs("a", "b")); err != nil {
		t.Fatal(err)
	}
	had := map[int]bool{}
	path := s.specs("a")[0].Address
	latest := -1
	for range 3 * remembered {
		n, master, err := s.links.take(path)
		if err != nil {
			t.Fatal(err)
		}
		closeFile(t, master)
		if latest >= 0 {
			s.links.closed(latest)
			delete(sys.used, latest)
		}
		had[n], latest = true, n
	}
	if len(had) > 3 {
		t.Errorf("%d numbers were used up", len(had))
	}
	if err := s.links.Deal(s.specs("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	if n := s.links.known[s.specs("c")[0].Address].PTS; had[n] {
		t.Errorf("a new port has /dev/pts/%d, which another one had", n)
	}
}

// However much is remembered, a new port gets nothing of it.
func TestNothingRememberedIsGivenAway(t *testing.T) {
	s := newLinkSite(t)
	sys := &kernel{used: map[int]bool{}}
	s.links.open = sys.open
	for i := range remembered {
		s.links.retired = append(s.links.retired, retired{PTS: i, Path: "/of/another"})
		s.links.known[fmt.Sprint("/gone/", i)] = &target{PTS: remembered + i, Gone: uint64(i + 1)}
	}
	specs := s.specs("a", "b", "c")
	if err := s.links.Deal(specs); err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		if n := s.links.known[spec.Address].PTS; n < 2*remembered {
			t.Errorf("%s has /dev/pts/%d, which another one had", spec.Address, n)
		}
	}
}

// A daemon that has just taken its lock is known by its record at once, before it has made any port.
func TestRecordNamesTheDaemonAtOnce(t *testing.T) {
	s := newLinkSite(t)
	f, err := readRecord(s.links.file)
	if err != nil || f.PID != os.Getpid() || f.Start == "" {
		t.Errorf("the record names process %d, started %q: %v", f.PID, f.Start, err)
	}
}

// Every stale link goes before the first terminal is made: also that of a port that has left the configuration, and one whose
// number is somebody else's by now.
func TestStaleLinksGo(t *testing.T) {
	s := newLinkSite(t)
	ports, _ := s.open("a", "b", "gone")
	s.crash(ports)
	foreignPTY(t) // it gets the lowest number, which is most likely that of a port
	s.start()
	removed := s.links.Clear()
	slices.Sort(removed)
	want := []string{ports[0].path, ports[1].path, ports[2].path}
	if !slices.Equal(removed, want) {
		t.Errorf("removed %q, want %q", removed, want)
	}
	for _, p := range want {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", p, err)
		}
	}
}

// Links are told apart by what they are, not by when they were made: the clock may have been set back or forward by hours.
func TestClockThatWasSet(t *testing.T) {
	for _, step := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		s := newLinkSite(t)
		ports, first := s.open("a", "b", "c")
		for _, p := range ports { // as if they had been made by that clock
			when := unix.NsecToTimeval(time.Now().Add(-step).UnixNano())
			if err := unix.Lutimes(p.path, []unix.Timeval{when, when}); err != nil {
				t.Fatal(err)
			}
			s.links.published(p.path)
		}
		s.crash(ports)
		foreignPTY(t)
		s.start()
		ports, second := s.open("a", "b", "c") // it looks at the links
		for i, p := range ports {
			if j := slices.Index(first, second[i]); j >= 0 && j != i {
				t.Errorf("%s has /dev/pts/%d, which another one had", p.path, second[i])
			}
		}
	}
}

// A link at a port's path that another program serves stays, and costs that port alone.
func TestLinkOfAnotherProgramStays(t *testing.T) {
	s := newLinkSite(t)
	ports, _ := s.open("a", "b")
	s.crash(ports)
	// Another program comes by the number and makes a link of its own at the path, in the place of the stale one.
	if err := errors.Join(os.Remove(ports[0].path), os.Symlink(foreignPTY(t), ports[0].path)); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.Readlink(ports[0].path)
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	s.links.Clear()
	if err := s.links.Deal(s.specs("a", "b")); err != nil {
		t.Fatal(err)
	}
	w := newWatcher(nil, s.links)
	if _, err := openPort(s.specs("a")[0], w, nil); !errors.Is(err, vport.ErrInUse) {
		t.Errorf("Open: %v, want ErrInUse", err)
	}
	if target, err := os.Readlink(ports[0].path); err != nil || target != theirs {
		t.Errorf("their link leads to %s, %v", target, err)
	}
	b, err := openPort(s.specs("b")[0], w, nil)
	if err != nil {
		t.Fatal(err)
	}
	closeFile(t, b)
}

// A second daemon is kept out by the lock, whatever has become of the first one's socket.
func TestOneDaemonAtATime(t *testing.T) {
	s := newLinkSite(t)
	base := filepath.Join(s.dir, "state")
	if _, err := OpenLinks(base, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("a second daemon: %v, want ErrLocked", err)
	}
	if err := s.links.save(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint("process ", os.Getpid(), " holds")
	if _, err := OpenLinks(base, nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a second daemon: %v, want %q", err, want)
	}
	if err := os.Remove(base + ".lock"); err != nil {
		t.Fatal(err)
	}
	if err := s.links.Tend(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLinks(base, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("a second daemon, once the lock file was removed: %v, want ErrLocked", err)
	}
	// A program that is just being started has a copy of every descriptor until it executes.
	copied, err := unix.FcntlInt(s.links.lock.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(copied)
	closeFile(t, s.links)
	s.start()
}

// A daemon whose lock file somebody has removed is known by its record as long as it runs.
func TestDaemonThatHasLostItsLock(t *testing.T) {
	s := newLinkSite(t)
	closeFile(t, s.links)
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = other.Process.Kill()
		_ = other.Wait() // it tells of the signal
	})
	defer stop()
	base := filepath.Join(s.dir, "state")
	pid := other.Process.Pid
	for _, c := range []struct {
		name  string
		f     recordFile
		alive bool
	}{
		{"the one that runs", recordFile{Boot: bootID(), PID: pid, Start: startOf(pid)}, true},
		{"one that had its number before", recordFile{Boot: bootID(), PID: pid, Start: "1"}, false},
		{"one before the boot", recordFile{Boot: "another", PID: pid, Start: startOf(pid)}, false},
		{"one that has ended in order", recordFile{Boot: bootID()}, false},
	} {
		c.f.Version = recordVersion
		data, err := json.Marshal(c.f)
		if err := errors.Join(err, os.WriteFile(base+".ports", data, 0o600)); err != nil {
			t.Fatal(err)
		}
		links, err := OpenLinks(base, nil)
		if c.alive != errors.Is(err, ErrLocked) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			closeFile(t, links)
		}
	}
	start := startOf(pid)
	stop()
	if start == "" || startOf(pid) == start {
		t.Errorf("started at %q, and once it has ended at %q", start, startOf(pid))
	}
	s.start()
}

// A record that cannot be read keeps no port from being made.
func TestRecordThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"", "{", `{"version":99}`, `{"version":1,"ports":{"x":null}}`, "[]", `{"version":1,"ports":{"/p":{"pts":-4}},"retired":[-1,5]}`} {
		s := newLinkSite(t)
		if err := errors.Join(s.links.Close(), os.WriteFile(filepath.Join(s.dir, "state.ports"), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		s.start()
		ports, _ := s.open("a")
		closeAll(t, ports)
		closeFile(t, s.links)
	}
}

// What is remembered has a bound.
func TestRecordIsBounded(t *testing.T) {
	s := newLinkSite(t)
	for i := range 3 * remembered {
		s.links.known[fmt.Sprint("/p/", i)] = &target{PTS: i, Gone: uint64(i + 1)}
		s.links.retired = append(s.links.retired, retired{PTS: i})
	}
	if err := s.links.save(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.links.file)
	if err != nil {
		t.Fatal(err)
	}
	var f recordFile
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Ports) != remembered || len(f.Retired) != remembered {
		t.Errorf("%d ports and %d numbers, want %d of each", len(f.Ports), len(f.Retired), remembered)
	}
	if f.Ports[fmt.Sprint("/p/", 3*remembered-1)] == nil || f.Retired[0].PTS != 2*remembered {
		t.Error("what is kept is not the latest")
	}
}

// Deal gives up what was made for ports that are wanted no more.
func TestDealtAndNotWanted(t *testing.T) {
	s := newLinkSite(t)
	if err := s.links.Deal(s.specs("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	s.links.retired = []retired{{PTS: 1, Path: "/of/another"}}
	for _, names := range [][]string{{"b"}, {"b"}} { // for the second time there is nothing to be dealt
		if err := s.links.Deal(s.specs(names...)); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.links.made) != 1 || len(s.links.held) != 1 {
		t.Errorf("%d terminals are made and %d held, want 1", len(s.links.made), len(s.links.held))
	}
	closeFile(t, s.links)
	if len(s.links.made) != 0 {
		t.Error("a terminal is left")
	}
	s.start()
}

// Another program's link stands at a port's path. When that program's terminal goes, its number is no other port's as long as
// the link is there: it would lead to that port.
func TestNumberOfAForeignLinkIsAvoided(t *testing.T) {
	s := newLinkSite(t)
	specs := s.specs("a", "b")
	foreign := foreignPTY(t)
	if err := errors.Join(os.Mkdir(filepath.Dir(specs[0].Address), 0o755), os.Symlink(foreign, specs[0].Address)); err != nil {
		t.Fatal(err)
	}
	number, _ := ptsNumber(foreign)
	sys := &kernel{used: map[int]bool{}}
	for n := range number + 1 {
		sys.used[n] = true
	}
	s.links.open = sys.open
	if err := s.links.Deal(specs); err != nil {
		t.Fatal(err)
	}
	delete(sys.used, number)
	for range 2 { // the terminal that was dealt, and another one in its place
		n, master, err := s.links.take(specs[1].Address)
		if err != nil {
			t.Fatal(err)
		}
		closeFile(t, master)
		if n == number {
			t.Errorf("b has /dev/pts/%d, to which a's link leads", n)
		}
	}
}
