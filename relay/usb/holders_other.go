//go:build !linux

package usb

// suspect names a program that may be using a modem; only Linux has one that does so unasked.
func suspect() string { return "" }

// obstacle is what keeps us from using a port; only Linux tells without opening it.
func obstacle(Device) error { return nil }
