package bridge

import (
	"flag"
	"os"
	"testing"
)

// testsAtATime are more than there are processors: those that run in parallel wait for far ends and programs most of their time.
const testsAtATime = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	os.Exit(m.Run())
}
