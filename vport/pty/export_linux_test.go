package pty

// OpenPort makes a port that w watches.
var OpenPort = openPort
