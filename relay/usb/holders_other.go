//go:build !linux

package usb

// suspect names a program that may be using a modem unasked; only Linux has one.
func suspect() string { return "" }

// obstacle returns what keeps us from using a port; only Linux says so without opening it.
func obstacle(Device) error { return nil }
