package pty

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// Each mount of devpts is a file system of its own, with numbers of its own. Where one is mounted over /dev/pts, the links lead
// to other terminals, perhaps to those of other ports. The kernel reports each change of the mounts (proc_pid_mountinfo(5),
// poll).

// watchMounts looks at all ports when anything is mounted or unmounted, until ctx ends.
func (w *watcher) watchMounts(ctx context.Context) {
	fd, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		w.log.Warn("mounts are not watched: if another file system is mounted over /dev/pts, ports lead nowhere", "error", err)
		return
	}
	file := os.NewFile(uintptr(fd), "mountinfo")
	defer func() { _ = file.Close() }() // it was only looked at
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(past) })
	defer stop()
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	// The poller wakes the read at each change, and takes what poll would report. The read ends by the deadline only.
	var last uint64
	_ = conn.Read(func(uintptr) bool {
		var s unix.Stat_t
		if err := unix.Stat(ptsFolder, &s); err != nil || s.Dev != last {
			last = s.Dev
			w.lookForAll()
		}
		return false
	})
}

// lookForAll has each port check whether its device's name still leads to it.
func (w *watcher) lookForAll() {
	for _, p := range w.all() {
		p.locate()
	}
}

// locate has the pair replaced if programs no longer reach it.
func (p *ptyPort) locate() {
	p.mu.Lock()
	if !p.closed {
		if err := p.pair.reachable(); err != nil {
			p.fail(err)
		}
	}
	p.mu.Unlock()
	p.notify()
}
