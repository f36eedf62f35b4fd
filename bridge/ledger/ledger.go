// Package ledger keeps what outlives a restart: each modem's counters and facts, what plugged-in modems have cost today, and which PINs
// were refused. It knows nothing of sessions and ports: whoever moves bytes tells it.
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

// Ledger is what is remembered of the modems beyond a restart, in one small file.
type Ledger struct {
	path    string
	blocked error // why the file at path is not written: something stands there that must stay

	mu       sync.Mutex
	accounts map[string]*Account
	spent    map[string]*Spending // by the name of the plugged-in modem
	pins     *pins

	saving  sync.Mutex    // held while the file is written
	changes chan struct{} // capacity 1: something has changed that a crash shall not undo
}

// file is the file's content. What an earlier program has not written is empty.
type file struct {
	Version int                      `json:"version"`
	Modems  map[string]State         `json:"modems"`
	USB     map[string]spendingState `json:"usb,omitempty"`
	PINs    *pinsState               `json:"pins,omitempty"`
}

const formatVersion = 1

// maxSize bounds the file: 10,000 modems take less.
const maxSize = 64 << 20

// Open reads the file. One that is not there is a first start. One that this program does not understand is put aside
// and told of in the error, beside which an empty ledger is usable: counters are no reason to leave meters unread.
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

// foreignError is a state file that this program cannot use, and what is appended to its name when it is put aside.
type foreignError struct {
	path, end, what string
}

func (e *foreignError) Error() string { return fmt.Sprintf("state file %s %s", e.path, e.what) }

// read reads the file at path; none is an empty one.
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

// asideEnd is appended to the name of a file of a newer program's version.
func asideEnd(version int) string { return fmt.Sprintf(".v%d", version) }

// putAside keeps a file that this program cannot use. The error says where; without that, the file is not written over.
func (l *Ledger) putAside(end string) error {
	kept, err := diskfile.Aside(l.path, end)
	if err != nil {
		l.blocked = fmt.Errorf("state file: put the present one aside: %w", err)
		return l.blocked
	}
	return fmt.Errorf("the file is kept as %s", kept)
}

// Of is the account of a modem; it is kept when the modem leaves the configuration, for it may come back.
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

// RestoreOrigins tells from where modems have called in before this process began: they are no strangers.
func (l *Ledger) RestoreOrigins(origins *relay.Origins) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.accounts {
		if from, err := netip.ParsePrefix(a.state.Origin); err == nil { // empty: it has never called in
			origins.Restore(from, a.state.LastSeen)
		}
	}
}

// USB is what a plugged-in modem has cost today; it is kept when the modem leaves the configuration.
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

// Changed has the file written soon.
func (l *Ledger) Changed() {
	select {
	case l.changes <- struct{}{}:
	default: // it will be
	}
}

// errNotKept is of a daemon without a state file.
var errNotKept = errors.New("there is no state file: write state = \"FILE\"")

// NotePIN counts what has become of a modem's PIN, and waits until that is on the disk. A try that is not is taken back: whether the
// PIN is given all the same is decided by who is told.
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

// PINRefused says why a modem's PIN must not be given to its SIM, of that ICCID if it is known.
func (l *Ledger) PINRefused(pin PIN, iccid string) error { return l.pins.refused(pin, iccid) }

// ForgetPIN lets a modem's PIN be tried again, whatever SIM has refused it there.
func (l *Ledger) ForgetPIN(pin PIN, iccid string) { l.pins.forget(pin, iccid) }

// Soon tells that something has changed which a crash shall not undo: the file is to be saved.
func (l *Ledger) Soon() <-chan struct{} { return l.changes }

// Save writes the file so that a crash leaves the old one or the new one.
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
