//go:build !unix

package diskfile

// Writable returns nil: there is no way to ask that makes nothing.
func Writable(string) error { return nil }
