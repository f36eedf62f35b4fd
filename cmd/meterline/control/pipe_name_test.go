package control

import "testing"

func TestPipeName(t *testing.T) {
	for path, want := range map[string]string{
		`\\.\pipe\meterline`:                    `\\.\pipe\meterline`,
		`\\.\PIPE\Other`:                        `\\.\PIPE\Other`,
		`\\.\pipe\`:                             `\\.\pipe\meterline-.-pipe-`,
		`C:\ProgramData\meterline\control.sock`: `\\.\pipe\meterline-C-ProgramData-meterline-control.sock`,
		`\\server\share\c.sock`:                 `\\.\pipe\meterline-server-share-c.sock`,
		"Z:/home/c.sock":                        `\\.\pipe\meterline-Z-home-c.sock`,
	} {
		if got := pipeName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestPipeAccess: nobody but those named is in the list, and the group may not serve the pipe in the daemon's place.
func TestPipeAccess(t *testing.T) {
	if got, want := pipeAccess("S-1-5-18", ""), "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-18)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := pipeAccess("S-1-5-18", "S-1-5-4"), "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-18)(A;;0x12019b;;;S-1-5-4)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	const createInstance = 0x4
	if pipeUse&createInstance != 0 {
		t.Error("the group may create instances")
	}
}
