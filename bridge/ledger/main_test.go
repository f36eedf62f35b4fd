package ledger

import (
	"os"
	"testing"
)

// TestMain makes hashing PINs quick; package bridge's tests do it as slowly as the daemon.
func TestMain(m *testing.M) {
	pinRounds = 100
	os.Exit(m.Run())
}
