package main

import (
	"strings"
	"testing"

	"meterline/cmd/meterline/exit"
)

// What is wrong with a command line is said at once, with where to read more.
func TestWrongUsage(t *testing.T) {
	for line, want := range map[string]string{
		"statsu":                                                    `unknown command "statsu"`,
		"kick":                                                      "accepts 1 arg",
		"kick a b":                                                  "accepts 1 arg",
		"status --jsn":                                              "unknown flag: --jsn",
		"status --wait long":                                        "--wait",
		"probe boiler":                                              "at least one of the flags",
		"probe boiler --iec --modbus 1:0":                           "none of the others can be",
		"probe boiler --modbus 1:0 --addr x":                        "unknown flag",
		"probe boiler --modbus 1":                                   "write UNIT:REGISTER",
		"probe boiler --hex 0g":                                     "pairs of hex digits",
		"probe boiler --iec --timeout 1h":                           "at most 2m0s",
		"probe boiler --iec --timeout -1s":                          "more than nothing",
		"sim":                                                       "at least one of the flags",
		"sim --call 192.0.2.1:7001":                                 "not on loopback",
		"sim --call 127.0.0.1:1 --count 0":                          "from 1 to",
		"sim --call 127.0.0.1:1 --meter gas":                        "gas",
		"sim --call 127.0.0.1:1 --imei 9 --count 2":                 "do not fit",
		"sim --call 127.0.0.1:1 --imei 9 --register x":              "none of the others can be",
		"sim --call 127.0.0.1:1 --profile ircz --id 7":              `perhaps "irz" is meant`,
		"sim --call 127.0.0.1:1 --profile usr --id 7":               "id_pattern",
		"sim --call 127.0.0.1:1 --profile usr":                      "write --id ID",
		"sim --call 127.0.0.1:1 --profile usr -c /no":               "/no",
		"sim --call 127.0.0.1:1 --profile mercury228 --id 10.0.0.1": "one of loopback",
		"sim --call 127.0.0.1:1 --profile address --id 127.255.255.255 --count 2":        "do not fit",
		"sim --listen 127.0.0.1:4001 --profile address --id 127.0.0.1":                   "has none under this profile",
		"sim --call 127.0.0.1:1 --profile inhand --id 13912345678 --heartbeat-every 1s":  "send no heartbeats",
		"sim --call 127.0.0.1:1 --profile irz":                                           "write --id ID",
		"sim --call 127.0.0.1:1 --profile irz --imei 7":                                  "registers in its own way",
		"sim --call 127.0.0.1:1 --profile irz --id 7":                                    "14 to 16 digits",
		"sim --call 127.0.0.1:1 --id 7 --imei 7":                                         "none of the others can be",
		"sim --call 127.0.0.1:1 --id x":                                                  "write digits only",
		"sim --call 127.0.0.1:1 --heartbeat-every 1s":                                    "write --profile too",
		"sim --call 127.0.0.1:1 --profile irz --id 86123456789012 --heartbeat-every -1s": "negative",
		"sim --call 127.0.0.1:1 --delay 2s --delay-max 1s":                               "below the shortest",
		"sim --listen 127.0.0.1:65535 --count 2":                                         "room for all modems",
		"sim --listen 127.0.0.1:4001 --call 127.0.0.1:1 --unit 7":                        "none of the others can be",
		`sim --call 127.0.0.1:1 --register \q`:                                           "an escape is wrong",
		"sim --dial /no --program procomm":                                               "energyict, gurux, russian",
		"sim --dial /no --meter-protocol gas":                                            "modbus-rtu or iec62056-21",
		"sim --dial /no --hang-up slam":                                                  "escape or close",
		"sim --dial /no --calls 0":                                                       "from 1",
		"sim --dial /no --listen 127.0.0.1:1":                                            "none of the others can be",
		"dial phones":                                                                    "accepts 2 arg",
		"dial ./no 12;":                                                                  "cannot be dialled",
		"dial ./no 12 --iec --hex 00":                                                    "none of the others can be",
		"dial ./no 12 --modbus 1":                                                        "write UNIT:REGISTER",
		"service install extra":                                                          `unknown command "extra"`,
		"service install -c /no/m.toml":                                                  "m.toml",
		"run a b":                                                                        "accepts at most 1 arg(s), received 2",
		"run -c /no":                                                                     "/no",
		"check":                                                                          "",
	} {
		t.Setenv("METERLINE_CONFIG", t.TempDir()+"/none.toml")
		var out, faults strings.Builder
		if code := execute(t.Context(), strings.Fields(line), &out, &faults); code != exit.Usage {
			t.Errorf("meterline %s: code %d, want %d", line, code, exit.Usage)
		}
		if !strings.HasPrefix(faults.String(), "meterline: ") || !strings.Contains(faults.String(), want) || out.Len() > 0 {
			t.Errorf("meterline %s says %q, want %q, and %q on standard output", line, faults.String(), want, out.String())
		}
	}
}

func TestHelpAndCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"":                          "Available Commands|Looking and acting",
		"--help":                    "  3  no daemon answers",
		"run --help":                "SIGHUP",
		"service --help":            "uninstall|systemd",
		"help status":               "--problems",
		"help keys":                 "| `lease_idle` |",
		"help places":               "{crc16:le} low byte first",
		"version":                   "meterline ",
		"--version":                 "meterline ",
		"completion bash":           "bash completion",
		"completion zsh":            "compdef",
		"completion fish":           "fish",
		"__complete k":              "kick\t",
		"__complete status -w":      "-w",
		"__complete sim --meter ":   "iec62056-21",
		"__complete sim --profile ": "irz-plain",
		"sim --help":                "imei, irz, teleofis, four-faith, ddp",
	} {
		var out, faults strings.Builder
		args := strings.Fields(line)
		if strings.HasSuffix(line, " ") {
			args = append(args, "")
		}
		if code := execute(t.Context(), args, &out, &faults); code != exit.Done {
			t.Errorf("meterline %s: code %d, %s", line, code, faults.String())
		}
		found := false
		for text := range strings.SplitSeq(want, "|") {
			found = found || strings.Contains(out.String(), text)
		}
		if !found {
			t.Errorf("meterline %s has no %q:\n%s", line, want, out.String())
		}
	}
}

// Every verb explains itself, and every client verb finds the daemon in the same way.
func TestVerbsAreUniform(t *testing.T) {
	for _, verb := range newRoot().Commands() {
		if verb.Short == "" || verb.Args == nil && verb.Name() != "status" {
			t.Errorf("%s: no short help, or any arguments", verb.Name())
		}
		for _, flag := range []string{"config", "control", "wait"} {
			if verb.GroupID == "client" && verb.Flags().Lookup(flag) == nil {
				t.Errorf("%s has no --%s", verb.Name(), flag)
			}
		}
	}
}
