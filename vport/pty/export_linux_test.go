package pty

// OpenPort makes a port that w watches.
var OpenPort = openPort

// NewWatcher makes a watcher.
var NewWatcher = newWatcher
