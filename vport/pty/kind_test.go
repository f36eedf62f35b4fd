package pty

import (
	"strings"
	"testing"
)

func TestWhatToWriteInPlaceOfAPath(t *testing.T) {
	for goos, want := range map[string]string{"windows": "COM12", "darwin": "rfc2217://"} {
		if got := inPlaceOfPTY(goos); !strings.Contains(got, want) || strings.Contains(got, "COM") != (goos == "windows") {
			t.Errorf("on %s: %q", goos, got)
		}
	}
}
