//go:build !unix

package diskfile

import "io/fs"

const nonBlock, noFollow = 0, 0 // named pipes have no paths here, and only administrators can make links

// syncFolder does nothing: NTFS keeps its folders in a journal.
func syncFolder(string) error { return nil }

// isOwn reports true: the folder's access list says who can make files in it.
func isOwn(fs.FileInfo) bool { return true }

// Follow returns path, since only administrators make links here.
func Follow(path string) (string, error) { return path, nil }
