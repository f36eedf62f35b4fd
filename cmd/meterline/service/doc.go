// Package service installs meterline as a service of the system, and runs as that service: under systemd on Linux, and under the service
// control manager of Windows. It is not the daemon, which it starts, and knows no other service managers.
//
// An installation on Linux: Manager.Install reads the configuration with Manager.plan, and planUnit finds out what the unit must allow.
// Manager.files makes the unit and the files that go with it, Manager.allowed refuses to overwrite changed ones, Manager.place writes
// them, and Manager.all makes systemd read them.
//
// An installation on Windows: Manager.Install makes or changes the service, gives it a folder and a source of the event log. The service
// control manager then starts this program, whose Manager.Run runs the daemon and translates the manager's requests into signals.
package service
