package service

// The unit is a template and not made by github.com/coreos/go-systemd/v22/unit: that writes no comments, and quotes neither words
// nor specifiers, so that a path with a space or a percent sign would need what stands here all the same.

import (
	"strings"
	"text/template"
)

// The service's name under systemd, and the user and group that it runs as. On Debian and similar systems the members of group dialout may open
// serial ports, and so they may open the service's ports.
const (
	serviceUser  = "meterline"
	serviceGroup = "dialout"
	runFolder    = "/run/meterline"
	stateFolder  = "/var/lib/meterline"
	logsFolder   = "/var/log/meterline"
)

// unitTemplate is the unit. Stricter settings would break something: a system call filter without @privileged would prevent giving a port to
// its group, DevicePolicy=strict would prevent opening pseudo-terminals, and ProtectProc would hide which programs have a port open.
var unitTemplate = template.Must(template.New("unit").Funcs(template.FuncMap{"word": unitWord, "words": unitWords, "argument": unitArgument}).Parse(
	`[Unit]
Description=Serial ports for remote meters' modems
Wants=network-online.target
After=network-online.target
{{- range .Needs}}
RequiresMountsFor={{word .}}
{{- end}}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={{argument .Program}} run -c {{argument .Config}}
ExecReload={{argument .Program}} reload -c {{argument .Config}}
# What a killed daemon leaves: links that may lead to somebody else's terminal by now.
ExecStopPost=-{{argument .Program}} tidy -c {{argument .Config}}
Restart=always
# A faulty configuration is tried again, too: its exit status, 2, is also that of a Go program that has crashed.
RestartSec=2
TimeoutStartSec=5min
WatchdogSec=60
User=` + serviceUser + `
Group=` + serviceGroup + `
SupplementaryGroups={{words .Groups}}
RuntimeDirectory=meterline
RuntimeDirectoryPreserve=restart
StateDirectory=meterline
{{- if .Logs}}
LogsDirectory=meterline
{{- end}}
LimitNOFILE={{.Files}}

NoNewPrivileges=yes
{{- if .LowPorts}}
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
{{- else}}
CapabilityBoundingSet=
{{- end}}
ProtectSystem=strict
{{- range .Writable}}
ReadWritePaths={{word (print "-" .)}}
{{- end}}
{{- if not .Home}}
ProtectHome=yes
{{- end}}
{{- if not .Tmp}}
PrivateTmp=yes
{{- end}}
{{- if .USB}}
DevicePolicy=closed
{{- range .Devices}}
DeviceAllow={{word .}} rw
{{- end}}
{{- else}}
PrivateDevices=yes
{{- end}}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`))

func (p unitPlan) text() (string, error) {
	var b strings.Builder
	err := unitTemplate.Execute(&b, p)
	return b.String(), err
}

const sysusersText = "g " + serviceGroup + " - -\n" +
	"u " + serviceUser + " - \"Serial ports for remote meters' modems\" " + stateFolder + "\n" +
	"m " + serviceUser + " " + serviceGroup + "\n"

const tmpfilesText = "L /dev/meterline - - - - " + runFolder + "\n"

// udevText returns udev rules that keep ModemManager from using meterline's modems.
func (p unitPlan) udevText() string {
	var b strings.Builder
	for _, id := range p.USBIDs {
		vendor, product, _ := strings.Cut(id, ":")
		b.WriteString(`ACTION!="remove", SUBSYSTEM=="usb", ATTRS{idVendor}=="` + vendor + `", ATTRS{idProduct}=="` + product + `", ENV{ID_MM_DEVICE_IGNORE}="1"` + "\n")
	}
	return b.String()
}

// unitArgument returns s as one word of a command line, where variables would be replaced (systemd.service(5)).
func unitArgument(s string) string { return unitWord(strings.ReplaceAll(s, "$", "$$")) }

// unitWord returns s as one word of a unit file (systemd.syntax(7)), with specifiers escaped.
func unitWord(s string) string {
	s = strings.ReplaceAll(s, "%", "%%")
	if strings.ContainsAny(s, " \t\"'\\;") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}

func unitWords(all []string) string {
	words := make([]string, 0, len(all))
	for _, s := range all {
		words = append(words, unitWord(s))
	}
	return strings.Join(words, " ")
}
