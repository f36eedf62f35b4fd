package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ledger is what is remembered of the modems beyond a restart, in one small file.
type ledger struct {
	path string

	mu       sync.Mutex
	accounts map[string]*account
}

// ledgerFile is the file's content.
type ledgerFile struct {
	Version int                     `json:"version"`
	Modems  map[string]accountState `json:"modems"`
}

const ledgerVersion = 1

// openLedger reads the file. One that is not there is a first start; one that cannot be read is an error, beside which an
// empty ledger is usable: counters are no reason to leave meters unread.
func openLedger(path string) (*ledger, error) {
	l := &ledger{path: path, accounts: make(map[string]*account)}
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("state file: %w", err)
	}
	var f ledgerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return l, errors.Join(fmt.Errorf("state file %s: %w; counters start anew, the file is kept as %[1]s.bad", path, err),
			os.Rename(path, path+".bad"))
	}
	if f.Version != ledgerVersion {
		return l, fmt.Errorf("state file %s is of version %d, this program writes %d; counters start anew", path, f.Version, ledgerVersion)
	}
	for name, state := range f.Modems {
		l.accounts[name] = &account{state: state}
	}
	return l, nil
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

// save writes the file so that a crash leaves the old one or the new one.
func (l *ledger) save() error {
	if l.path == "" {
		return nil
	}
	f := ledgerFile{Version: ledgerVersion, Modems: make(map[string]accountState)}
	now := time.Now()
	l.mu.Lock()
	for name, a := range l.accounts {
		f.Modems[name] = a.snapshot(now)
	}
	l.mu.Unlock()
	data, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.WriteFile(l.path+".new", data, 0o640); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.Rename(l.path+".new", l.path); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return nil
}
