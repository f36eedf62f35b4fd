package daemon

import (
	"strings"
	"testing"
)

// TestLogOnAFullDisk writes to a device that is always full.
func TestLogOnAFullDisk(t *testing.T) {
	var spare strings.Builder
	l := newLogFile("/dev/full", 1<<20, 2, &spare)
	logged(t, l, 1, 2)
	got := spare.String()
	if strings.Count(got, "no space left") != 1 || !strings.HasSuffix(got, "line    1\nline    2\n") {
		t.Errorf("elsewhere %q", got)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
