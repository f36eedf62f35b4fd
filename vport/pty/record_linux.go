package pty

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recordFile is what the record of Links contains, as JSON.
type recordFile struct {
	Version int                `json:"version"`
	Boot    string             `json:"boot"`              // of the kernel under which the numbers were given
	PID     int                `json:"pid"`               // of the daemon that wrote it; 0 once it has ended in order
	Start   string             `json:"started,omitempty"` // when that process was started, as the kernel counts
	Ports   map[string]*target `json:"ports"`
	Retired []retired          `json:"retired,omitempty"`
}

// retired is a number that a port has given up for another one.
type retired struct {
	PTS  int    `json:"pts"`
	Path string `json:"path"` // of the port
}

const recordVersion = 1

// remembered is how many departed ports the record keeps at least, and how many given-up numbers; with more ports than that it
// keeps as many departed ones as there are ports. While terminals are dealt all of them are held, with a descriptor each.
const remembered = 128

// oldNumbers is how many numbers of a port the record keeps on the average besides the present one. After a crash a number is
// not free as long as a program has it open, and the port gets another one.
const oldNumbers = 4

// read reads the record, if there is one. Numbers of another boot belong to nobody.
func (k *Links) read() error {
	f, err := readRecord(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for path, l := range f.Ports {
		if l != nil {
			k.known[path] = l
		}
	}
	if f.Boot == k.boot {
		k.retired = f.Retired
		return nil
	}
	for path, l := range k.known {
		l.old = true
		if l.Gone > 0 {
			delete(k.known, path)
		}
	}
	return nil
}

func readRecord(file string) (recordFile, error) {
	var f recordFile
	data, err := os.ReadFile(file)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("%s: %w", file, err)
	}
	if f.Version != recordVersion {
		return f, fmt.Errorf("%s is of version %d, this program writes %d", file, f.Version, recordVersion)
	}
	return f, nil
}

// save writes the record so that a crash leaves either the old one or the new one. Without the lock it writes nothing: the
// record is then the next daemon's.
func (k *Links) save() error {
	k.saving.Lock()
	defer k.saving.Unlock()
	k.mu.Lock()
	if k.lock == nil {
		k.mu.Unlock()
		return nil
	}
	k.trim()
	f := recordFile{Version: recordVersion, Boot: k.boot, Ports: k.known, Retired: k.retired}
	if !k.over {
		f.PID, f.Start = os.Getpid(), startOf(os.Getpid())
	}
	data, err := json.Marshal(f)
	k.mu.Unlock()
	if err != nil {
		return fmt.Errorf("record of the ports: %w", err)
	}
	err = replaceFile(k.file, data)
	k.mu.Lock()
	k.unsaved = err != nil
	k.mu.Unlock()
	if err != nil {
		return fmt.Errorf("record of the ports: %w", err)
	}
	return nil
}

// isAlive reports whether another process wrote the record and still runs. Then it serves the ports, even if somebody has
// removed its lock.
func (f *recordFile) isAlive(boot string) bool {
	return f.Boot == boot && f.PID > 0 && f.PID != os.Getpid() && f.Start != "" && f.Start == startOf(f.PID)
}

// startOf returns when a process was started, in clock ticks since the boot (proc_pid_stat(5), field 22), which distinguishes
// it from others that had its number. It returns "" if there is none or it is a zombie.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name, field 2, is in brackets and may contain anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

// trim forgets what exceeds the bounds. The caller holds mu.
func (k *Links) trim() {
	var gone []string
	for path, l := range k.known {
		if l.Gone > 0 {
			gone = append(gone, path)
		}
	}
	ports := len(k.known) - len(gone)
	k.retired = slices.Clone(k.retired[max(0, len(k.retired)-max(remembered, oldNumbers*ports)):])
	slices.SortFunc(gone, func(a, b string) int { return int(k.known[a].Gone) - int(k.known[b].Gone) })
	for _, path := range gone[:max(0, len(gone)-max(remembered, ports))] {
		delete(k.known, path)
	}
}

// replaceFile replaces the file at path by data in one step.
func replaceFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	leave(file)
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(0o640), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error that counts is err
	}
	return err
}

// ReadLinks reads the file that records the links of base. It does not lock that file, so only Check may use it. It returns nil if there
// is no such file.
func ReadLinks(base string) *Links {
	k := &Links{file: base + ".ports", boot: bootID(), known: map[string]*target{}}
	if err := k.read(); err != nil {
		return nil
	}
	return k
}
