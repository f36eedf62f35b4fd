// Package service makes meterline a service of the system, and is its service there: under systemd on Linux, and under Windows'
// service control manager. It is not the daemon, which it starts, and knows no other service managers.
package service
