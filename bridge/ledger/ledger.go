// Package ledger keeps what outlives a restart: each modem's counters and facts, what plugged-in modems have cost today, and which PINs
// their SIMs have refused. It has no sessions and no ports: who moves bytes reports them to an Account.
//
// What is counted reaches the disk like this:
//
//  1. Open reads the state file. A file of a newer program, or one that cannot be read, is put aside, and counting starts at zero.
//  2. Ledger.Of and Ledger.USB hand out the Account of each modem and the Spending of each plugged-in modem. These outlive reloads.
//  3. Account.Received, Account.Sent and Spending.Add count; Account.startDay begins a new day's counters.
//  4. Ledger.Changed asks for an early save where a crash must not lose the change; Ledger.Soon passes that on to the bridge.
//  5. Ledger.Save takes a snapshot of everything and writes it, so that a crash leaves the old file or the new one.
//
// A PIN is different: Ledger.NotePIN saves before the PIN is given to the SIM, because a SIM that gets three wrong ones is locked.
package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"meterline/bridge/diskfile"
	"meterline/relay"
	"meterline/relay/usb"
)

// Ledger holds the counters of all modems, and keeps them in one small file.
type Ledger struct {
	path    string
	blocked error // why the file at path is not written: what stands there must not be overwritten

	mu       sync.Mutex
	accounts map[string]*Account
	spent    map[string]*Spending // by the name of the plugged-in modem
	pins     *pins

	saving  sync.Mutex    // held while the file is written
	changes chan struct{} // of capacity 1: something has changed that a crash must not undo
}

// file is the content of the state file. What an earlier version did not write is empty.
type file struct {
	Version int                      `json:"version"`
	Modems  map[string]State         `json:"modems"`
	USB     map[string]spendingState `json:"usb,omitempty"`
	PINs    *pinsState               `json:"pins,omitempty"`
}

const formatVersion = 1

// maxSize bounds the file: 10,000 modems take less.
const maxSize = 64 << 20

// Open reads the file at path; an empty path keeps nothing, and a missing file is a first start. A file that this program does not
// understand is put aside, and the error says so. Even with an error the ledger returned is usable, and empty: lost counters are no
// reason not to read meters.
func Open(path string) (*Ledger, error) {
	l := &Ledger{
		path: path, accounts: make(map[string]*Account), spent: make(map[string]*Spending), pins: newPINs(), changes: make(chan struct{}, 1),
	}
	if path == "" {
		return l, nil
	}
	diskfile.Tidy(path)
	f, err := read(path)
	switch bad, ok := errors.AsType[*foreignError](err); {
	case ok:
		return l, fmt.Errorf("%w; counters start anew; %w", err, l.putAside(bad.end))
	case err != nil:
		l.blocked = fmt.Errorf("state file: %w", err)
		return l, l.blocked
	}
	for name, state := range f.Modems {
		l.accounts[name] = &Account{state: state}
	}
	for name, state := range f.USB {
		l.spent[name] = state.restored()
	}
	if f.PINs != nil {
		l.pins = f.PINs.restored()
	}
	return l, nil
}

// foreignError reports a state file that this program cannot use. end is appended to its name when it is put aside.
type foreignError struct {
	path, end, what string
}

func (e *foreignError) Error() string { return fmt.Sprintf("state file %s %s", e.path, e.what) }

// read reads the file at path; a missing file is an empty one.
func read(path string) (f file, err error) {
	path, err = diskfile.Follow(path)
	if err != nil {
		return f, err
	}
	data, err := diskfile.Read(path, maxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return f, err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		// What a newer program writes may not fit the fields of this one.
		var newer struct {
			Version int `json:"version"`
		}
		if json.Unmarshal(data, &newer) != nil || newer.Version <= formatVersion {
			return f, &foreignError{path, ".bad", fmt.Sprintf("cannot be read: %v", err)}
		}
		f.Version = newer.Version
	}
	what := fmt.Sprintf("is of version %d, and this program knows version %d", f.Version, formatVersion)
	switch {
	case f.Version > formatVersion:
		return f, &foreignError{path, asideEnd(f.Version), what}
	case f.Version < formatVersion: // there never was one
		return f, &foreignError{path, ".bad", what}
	}
	return f, nil
}

// asideEnd returns what is appended to the name of a file of a newer version.
func asideEnd(version int) string { return fmt.Sprintf(".v%d", version) }

// putAside renames a file that this program cannot use. The error says where it is now. If it cannot be renamed, it is never
// overwritten: blocked is set.
func (l *Ledger) putAside(end string) error {
	kept, err := diskfile.Aside(l.path, end)
	if err != nil {
		l.blocked = fmt.Errorf("state file: put the present one aside: %w", err)
		return l.blocked
	}
	return fmt.Errorf("the file is kept as %s", kept)
}

// Of returns the account of a modem. The account is kept when the modem leaves the configuration, because the modem may come back.
func (l *Ledger) Of(name string, link KeepaliveCost) *Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[name]
	if a == nil {
		a = &Account{}
		l.accounts[name] = a
	}
	a.setCost(link)
	return a
}

// RestoreOrigins adds the addresses from which modems have called in before this process started: they are not strangers.
func (l *Ledger) RestoreOrigins(origins *relay.Origins) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.accounts {
		if from, err := netip.ParsePrefix(a.state.Origin); err == nil { // empty: it has never called in
			origins.Restore(from, a.state.LastSeen)
		}
	}
}

// USB returns what a plugged-in modem has cost today. It is kept when the modem leaves the configuration.
func (l *Ledger) USB(name string) *Spending {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.spent[name]
	if s == nil {
		s = new(Spending)
		l.spent[name] = s
	}
	return s
}

// Changed asks for the file to be written soon.
func (l *Ledger) Changed() {
	select {
	case l.changes <- struct{}{}:
	default: // it has been asked for already
	}
}

// errNotKept is returned by a daemon without a state file.
var errNotKept = errors.New("there is no state file: write state = \"FILE\"")

// NotePIN records what has happened to a modem's PIN, and returns when that is on the disk. An error says that it is not; a PIN that
// was about to be given is then not counted. The caller decides whether to give it all the same.
func (l *Ledger) NotePIN(pin PIN, step usb.PINStep, iccid string) error {
	l.pins.note(pin, step, iccid)
	err := l.Save()
	if l.path == "" {
		err = errNotKept
	}
	if err != nil && step == usb.PINGiven {
		l.pins.ungive(pin, iccid)
	}
	return err
}

// PINRefused returns why a modem's PIN must not be given to its SIM, nil if it may be. iccid is empty if it is not known.
func (l *Ledger) PINRefused(pin PIN, iccid string) error { return l.pins.refused(pin, iccid) }

// ForgetPIN allows a modem's PIN to be tried again, whichever SIM has refused it.
func (l *Ledger) ForgetPIN(pin PIN, iccid string) { l.pins.forget(pin, iccid) }

// Soon returns a channel that receives a value when the file is to be saved at once; see Changed.
func (l *Ledger) Soon() <-chan struct{} { return l.changes }

// Save writes the file. A crash leaves either the old file or the new one.
func (l *Ledger) Save() error {
	if l.path == "" || l.blocked != nil {
		return l.blocked
	}
	l.saving.Lock()
	defer l.saving.Unlock()
	f := file{Version: formatVersion, Modems: make(map[string]State), USB: make(map[string]spendingState), PINs: l.pins.snapshot()}
	now := time.Now()
	l.mu.Lock()
	for name, a := range l.accounts {
		f.Modems[name] = a.Snapshot(now)
	}
	for name, s := range l.spent {
		f.USB[name] = s.snapshot(now)
	}
	l.mu.Unlock()
	data, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := diskfile.Write(l.path, data, 0o640); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return nil
}

// versionsAhead is how many versions of the state file newer than ours Check looks for.
const versionsAhead = 20

// Check returns what a daemon would find wrong with the state file at path, and names files of newer programs that were put aside next
// to it. It changes nothing. An empty path means that there is no state file.
func Check(path string) (warnings []string) {
	if path == "" {
		return nil
	}
	_, err := read(path)
	if bad, ok := errors.AsType[*foreignError](err); ok {
		warnings = append(warnings, fmt.Sprintf("%v: at the next start it is put aside as %s%s and counters start anew", err, bad.path, bad.end))
	} else if err != nil {
		warnings = append(warnings, fmt.Sprintf("state file: %v: counters are not kept", err))
	}
	real, err := diskfile.Follow(path)
	if err != nil {
		return warnings
	}
	for version := formatVersion + 1; version <= formatVersion+versionsAhead; version++ {
		kept := real + asideEnd(version)
		if _, err := os.Lstat(kept); err == nil {
			warnings = append(warnings, fmt.Sprintf("state file: %s is of a newer program and was put aside; to go on with it, install that program and rename the file to %s",
				kept, filepath.Base(real)))
		}
	}
	return warnings
}
