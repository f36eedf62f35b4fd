package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "meterline/"

// imports are the module's packages with those of them that each imports, on any system. Tests are not looked at.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	const root = "../.."
	found := make(map[string]map[string]bool)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		from = filepath.ToSlash(from)
		if found[from] == nil {
			found[from] = make(map[string]bool)
		}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			found[from][imported] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string, len(found))
	for from, to := range found {
		all[from] = slices.Sorted(maps.Keys(to))
	}
	return all
}

// The packages import one another one way.
func TestImportsRunOneWay(t *testing.T) {
	got := make(map[string]string)
	for from, to := range imports(t) {
		var ours []string
		for _, imported := range to {
			if p, ok := strings.CutPrefix(imported, module); ok {
				ours = append(ours, p)
			}
		}
		got[from] = strings.Join(ours, " ")
	}
	if diff := cmp.Diff(arrows, got); diff != "" {
		t.Errorf("imports between the packages (-allowed +there):\n%s", diff)
	}
}

// The two ends meet in leaves alone, and it is package bridge that joins them.
func TestTheRemoteEndKnowsNoPorts(t *testing.T) {
	leaves := []string{"vport/rawtty", "vport/rfc2217", "vport/tcpopt"}
	for from, to := range arrows {
		if from != "relay" && !strings.HasPrefix(from, "relay/") {
			continue
		}
		for imported := range strings.FieldsSeq(to) {
			if imported != "relay" && !strings.HasPrefix(imported, "relay/") && !slices.Contains(leaves, imported) {
				t.Errorf("%s imports %s", from, imported)
			}
		}
	}
}

// What only tests use is in no program, and nobody imports the command.
func TestNobodyImports(t *testing.T) {
	forTests := []string{"relay/relaytest", "relay/familytest"}
	for from, to := range arrows {
		for imported := range strings.FieldsSeq(to) {
			if imported == "cmd/meterline" || slices.Contains(forTests, imported) && !slices.Contains(forTests, from) {
				t.Errorf("%s imports %s", from, imported)
			}
		}
	}
}

// Families are bytes in and bytes out: a profile opens nothing, waits for nothing and logs nothing.
func TestProfilesDoNoIO(t *testing.T) {
	all := imports(t)
	for _, from := range []string{"relay/profile", "relay/profile/nearmiss", "relay/profile/side", "relay/profile/trace", "relay/wire", "relay/codec"} {
		for _, imported := range all[from] {
			switch imported {
			case "context", "io", "log", "log/slog", "net", "os", "sync", "syscall":
				t.Errorf("%s imports %s", from, imported)
			}
		}
	}
}

// arrows are the module's packages with those that each may import.
var arrows = map[string]string{
	"bridge":                            "bridge/dialup bridge/fallback bridge/journal bridge/ledger bridge/modem bridge/port bridge/status bridge/watch relay relay/codec relay/profile relay/profile/nearmiss relay/wire vport",
	"bridge/dialup":                     "bridge/modem bridge/monitor bridge/port bridge/status relay/wire vport vport/hayes",
	"bridge/diskfile":                   "",
	"bridge/fallback":                   "bridge/ledger bridge/modem bridge/status relay relay/usb relay/usb/at relay/wire",
	"bridge/frame":                      "bridge/frame/hdlc bridge/frame/parity bridge/frame/rtu",
	"bridge/frame/hdlc":                 "relay/crc16",
	"bridge/frame/parity":               "",
	"bridge/frame/rtu":                  "relay/crc16",
	"bridge/journal":                    "",
	"bridge/ledger":                     "bridge/diskfile bridge/status relay relay/usb relay/usb/at relay/wire",
	"bridge/modem":                      "bridge/frame bridge/ledger bridge/monitor bridge/status bridge/watch relay relay/codec relay/profile relay/usb relay/wire vport",
	"bridge/monitor":                    "",
	"bridge/port":                       "bridge/modem bridge/status vport",
	"bridge/status":                     "bridge/frame vport",
	"bridge/watch":                      "bridge/status",
	"cmd/meterline":                     "bridge bridge/diskfile bridge/fallback bridge/ledger bridge/modem bridge/status cmd/meterline/config cmd/meterline/config/table cmd/meterline/control cmd/meterline/daemon cmd/meterline/dialer cmd/meterline/exit cmd/meterline/render cmd/meterline/service cmd/meterline/sim relay relay/profile relay/profile/trace relay/simulated relay/simulated/meters relay/usb relay/usb/at vport vport/com vport/com0com vport/hayes/hayestest vport/pty",
	"cmd/meterline/config":              "bridge bridge/dialup bridge/diskfile bridge/fallback bridge/frame bridge/modem cmd/meterline/config/hostport cmd/meterline/config/list cmd/meterline/config/position cmd/meterline/config/table cmd/meterline/control relay relay/codec relay/profile relay/profile/side relay/usb relay/usb/at relay/wire vport vport/com0com vport/hayes vport/netport vport/rfc2217",
	"cmd/meterline/config/configtest":   "",
	"cmd/meterline/config/hostport":     "cmd/meterline/config/table",
	"cmd/meterline/config/list":         "cmd/meterline/config/table",
	"cmd/meterline/config/position":     "",
	"cmd/meterline/config/table":        "cmd/meterline/config/position",
	"cmd/meterline/control":             "bridge/fallback bridge/status cmd/meterline/exit relay",
	"cmd/meterline/control/controltest": "bridge/status vport",
	"cmd/meterline/daemon":              "bridge bridge/diskfile bridge/fallback bridge/frame bridge/journal bridge/status cmd/meterline/config cmd/meterline/control cmd/meterline/exit cmd/meterline/sim relay relay/usb relay/usb/at vport vport/com vport/netport vport/pty",
	"cmd/meterline/dialer":              "cmd/meterline/exit cmd/meterline/render relay/crc16 vport/rfc2217",
	"cmd/meterline/exit":                "",
	"cmd/meterline/render":              "bridge/frame bridge/status cmd/meterline/config/table relay vport",
	"cmd/meterline/service":             "bridge/diskfile cmd/meterline/config cmd/meterline/daemon cmd/meterline/exit cmd/meterline/render",
	"cmd/meterline/sim":                 "cmd/meterline/config relay/profile relay/simulated relay/simulated/meters relay/simulated/netem",
	"relay":                             "relay/codec relay/profile relay/profile/nearmiss relay/wire vport/rfc2217 vport/tcpopt",
	"relay/codec":                       "relay/wire",
	"relay/crc16":                       "",
	"relay/familytest":                  "relay relay/codec relay/profile relay/profile/side relay/relaytest relay/simulated relay/simulated/netem relay/wire",
	"relay/profile":                     "relay/codec relay/crc16 relay/profile/side relay/wire",
	"relay/profile/nearmiss":            "relay/profile relay/wire",
	"relay/profile/side":                "relay/codec relay/wire",
	"relay/profile/trace":               "relay/codec relay/profile relay/wire",
	"relay/relaytest":                   "relay/simulated/netem",
	"relay/simulated":                   "relay/profile/side relay/simulated/meters relay/simulated/netem",
	"relay/simulated/meters":            "relay/crc16",
	"relay/simulated/netem":             "",
	"relay/usb":                         "relay relay/usb/at relay/wire vport/rawtty",
	"relay/usb/at":                      "",
	"relay/wire":                        "relay/crc16",
	"vport":                             "vport/rfc2217",
	"vport/com":                         "vport vport/com0com vport/queue",
	"vport/com0com":                     "vport/rfc2217",
	"vport/hayes":                       "",
	"vport/hayes/hayestest":             "",
	"vport/netport":                     "vport vport/queue vport/rfc2217 vport/tcpopt",
	"vport/pty":                         "vport vport/rawtty vport/rfc2217",
	"vport/queue":                       "vport",
	"vport/rawtty":                      "",
	"vport/rfc2217":                     "",
	"vport/tcpopt":                      "",
	"vport/vporttest":                   "vport vport/com0com vport/queue",
}
