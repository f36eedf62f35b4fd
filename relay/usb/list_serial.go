//go:build windows || (darwin && cgo)

package usb

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.bug.st/serial/enumerator"

	"meterline/relay/wire"
)

// listMost is how long the system may take to list its ports.
const listMost = 10 * time.Second

// listing is held while the system is being asked, so that a driver that hangs does not pile up goroutines.
var listing sync.Mutex

// List returns the serial ports of USB devices, in no order.
func List() ([]Device, error) {
	if !listing.TryLock() {
		return nil, errors.New("list serial ports: the system still lists them, since some time")
	}
	type result struct {
		found []Device
		err   error
	}
	done := make(chan result, 1)
	var group sync.WaitGroup
	group.Go(func() {
		defer listing.Unlock()
		found, err := enumerate()
		done <- result{found, err}
	})
	timer := time.NewTimer(listMost)
	defer timer.Stop()
	select {
	case r := <-done:
		group.Wait()
		return r.found, r.err
	case <-timer.C:
		return nil, fmt.Errorf("list serial ports: the system does not answer within %v", listMost)
	}
}

// enumerate asks twice: the whole listing fails if a device vanishes in between.
func enumerate() ([]Device, error) {
	ports, err := enumerator.GetDetailedPortsList()
	if err != nil {
		ports, err = enumerator.GetDetailedPortsList()
	}
	if err != nil {
		return nil, fmt.Errorf("list serial ports: %w", err)
	}
	var found []Device
	for _, p := range ports {
		if p == nil || p.Name == "" || !p.IsUSB {
			continue
		}
		vid, pid := strings.ToLower(p.VID), strings.ToLower(p.PID)
		found = append(found, Device{
			Path: p.Name, VID: vid, PID: pid, Serial: wire.Text([]byte(p.SerialNumber)), Maker: wire.Text([]byte(p.Manufacturer)),
			Product: wire.Text([]byte(p.Product)), Unit: vid + ":" + pid + ":" + p.SerialNumber,
		})
	}
	return found, nil
}
