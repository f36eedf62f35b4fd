package bridge

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

// ledger is what is remembered of the modems beyond a restart, in one small file.
type ledger struct {
	path    string
	blocked error // why the file at path is not written: something stands there that must stay

	mu       sync.Mutex
	accounts map[string]*account
	spent    map[string]*spending // by the name of the plugged-in modem
	pins     *pins

	saving sync.Mutex    // held while the file is written
	soon   chan struct{} // capacity 1: something has changed that a crash shall not undo
}

// ledgerFile is the file's content. What an earlier program has not written is empty.
type ledgerFile struct {
	Version int                      `json:"version"`
	Modems  map[string]accountState  `json:"modems"`
	USB     map[string]spendingState `json:"usb,omitempty"`
	PINs    *pinsState               `json:"pins,omitempty"`
}

const ledgerVersion = 1

// maxLedger bounds the file: 10,000 modems take less.
const maxLedger = 64 << 20

// openLedger reads the file. One that is not there is a first start. One that this program does not understand is put aside
// and told of in the error, beside which an empty ledger is usable: counters are no reason to leave meters unread.
func openLedger(path string) (*ledger, error) {
	l := &ledger{
		path: path, accounts: make(map[string]*account), spent: make(map[string]*spending), pins: newPINs(), soon: make(chan struct{}, 1),
	}
	if path == "" {
		return l, nil
	}
	diskfile.Tidy(path)
	f, err := readLedger(path)
	switch bad, ok := errors.AsType[*foreignLedgerError](err); {
	case ok:
		return l, fmt.Errorf("%w; counters start anew; %w", err, l.putAside(bad.end))
	case err != nil:
		l.blocked = fmt.Errorf("state file: %w", err)
		return l, l.blocked
	}
	for name, state := range f.Modems {
		l.accounts[name] = &account{state: state}
	}
	for name, state := range f.USB {
		l.spent[name] = state.restored()
	}
	if f.PINs != nil {
		l.pins = f.PINs.restored()
	}
	return l, nil
}

// foreignLedgerError is a state file that this program cannot use, and what is appended to its name when it is put aside.
type foreignLedgerError struct {
	path, end, what string
}

func (e *foreignLedgerError) Error() string { return fmt.Sprintf("state file %s %s", e.path, e.what) }

// readLedger reads the file at path; none is an empty one.
func readLedger(path string) (f ledgerFile, err error) {
	path, err = diskfile.Follow(path)
	if err != nil {
		return f, err
	}
	data, err := diskfile.Read(path, maxLedger)
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
		if json.Unmarshal(data, &newer) != nil || newer.Version <= ledgerVersion {
			return f, &foreignLedgerError{path, ".bad", fmt.Sprintf("cannot be read: %v", err)}
		}
		f.Version = newer.Version
	}
	what := fmt.Sprintf("is of version %d, and this program knows version %d", f.Version, ledgerVersion)
	switch {
	case f.Version > ledgerVersion:
		return f, &foreignLedgerError{path, asideEnd(f.Version), what}
	case f.Version < ledgerVersion: // there never was one
		return f, &foreignLedgerError{path, ".bad", what}
	}
	return f, nil
}

// asideEnd is appended to the name of a file of a newer program's version.
func asideEnd(version int) string { return fmt.Sprintf(".v%d", version) }

// putAside keeps a file that this program cannot use. The error says where; without that, the file is not written over.
func (l *ledger) putAside(end string) error {
	kept, err := diskfile.Aside(l.path, end)
	if err != nil {
		l.blocked = fmt.Errorf("state file: put the present one aside: %w", err)
		return l.blocked
	}
	return fmt.Errorf("the file is kept as %s", kept)
}

// of is the account of a modem; it is kept when the modem leaves the configuration, for it may come back.
func (l *ledger) of(name string, link keepaliveCost) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[name]
	if a == nil {
		a = &account{}
		l.accounts[name] = a
	}
	a.setCost(link)
	return a
}

// restoreOrigins tells from where modems have called in before this process began: they are no strangers.
func (l *ledger) restoreOrigins(origins *relay.Origins) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.accounts {
		if from, err := netip.ParsePrefix(a.state.Origin); err == nil { // empty: it has never called in
			origins.Restore(from, a.state.LastSeen)
		}
	}
}

// usb is what a plugged-in modem has cost today; it is kept when the modem leaves the configuration.
func (l *ledger) usb(name string) *spending {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.spent[name]
	if s == nil {
		s = new(spending)
		l.spent[name] = s
	}
	return s
}

// changed has the file written soon.
func (l *ledger) changed() {
	select {
	case l.soon <- struct{}{}:
	default: // it will be
	}
}

// errNotKept is of a daemon without a state file.
var errNotKept = errors.New("there is no state file: write state = \"FILE\"")

// notePIN counts what has become of a modem's PIN, and waits until that is on the disk. A try that is not is taken back: whether the
// PIN is given all the same is decided by who is told.
func (l *ledger) notePIN(cfg USBConfig, step usb.PINStep, iccid string) error {
	l.pins.note(cfg, step, iccid)
	err := l.save()
	if l.path == "" {
		err = errNotKept
	}
	if err != nil && step == usb.PINGiven {
		l.pins.ungive(cfg, iccid)
	}
	return err
}

// save writes the file so that a crash leaves the old one or the new one.
func (l *ledger) save() error {
	if l.path == "" || l.blocked != nil {
		return l.blocked
	}
	l.saving.Lock()
	defer l.saving.Unlock()
	f := ledgerFile{Version: ledgerVersion, Modems: make(map[string]accountState), USB: make(map[string]spendingState), PINs: l.pins.snapshot()}
	now := time.Now()
	l.mu.Lock()
	for name, a := range l.accounts {
		f.Modems[name] = a.snapshot(now)
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
