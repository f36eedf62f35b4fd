package relay

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// inNamespace is set in the process that runs a fault test in a network namespace of its own.
const inNamespace = "RELAY_TEST_NETNS"

// isolated runs the rest of the calling test in a child process with a network of its own, in which links may be cut
// without harm: the namespace goes with the child. It answers false in the parent, when all is done.
func isolated(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		shell(t, "ip", "link", "set", "lo", "up")
		shell(t, "nft", "add table inet fault")
		shell(t, "nft", "add chain inet fault in { type filter hook input priority 0; }")
		return true
	}
	for _, tool := range []string{"unshare", "ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	if out, err := exec.Command("unshare", "-rn", "nft", "list ruleset").CombinedOutput(); err != nil {
		t.Skipf("no network namespaces with packet filters here: %v %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-rn", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if err != nil || strings.Contains(line, ".go:") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Errorf("in the namespace: %v", err)
	}
	return false
}

func shell(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
}

// A modem that vanishes without a word is noticed when the link says, whether bytes are unacknowledged or not.
func TestFaultPeerVanishes(t *testing.T) {
	t.Parallel()
	if !isolated(t) {
		return
	}
	link := Link{KeepaliveIdle: time.Second, KeepaliveInterval: time.Second, KeepaliveCount: 2}
	sessions := map[string]*Session{}
	for _, name := range []string{"idle", "unacknowledged"} {
		conn, modem := tcpPair(t)
		defer modem.Close()
		s := NewSession(conn, link, nil, nil)
		defer s.End(nil)
		_, _ = modem.Write([]byte("x"))
		collect(t, s, 1)
		sessions[name] = s
	}
	shell(t, "nft", "add rule inet fault in meta l4proto tcp drop")
	cut := time.Now()
	if n, err := sessions["unacknowledged"].TryWrite([]byte("request")); n != 7 || err != nil {
		t.Fatal(n, err)
	}
	var wg sync.WaitGroup
	for name, s := range sessions {
		wg.Go(func() {
			err := s.Receive(func([]byte) bool { return true })
			took := time.Since(cut)
			t.Logf("%s: configured %v, noticed after %v: %v, %d bytes unsent", name, link.DeadAfter(), took.Round(time.Millisecond), err, s.Unsent())
			if took > link.DeadAfter()+time.Second || err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
	wg.Wait()
}

// Lost packets delay bytes, and nothing else.
func TestFaultLoss(t *testing.T) {
	t.Parallel()
	if !isolated(t) {
		return
	}
	shell(t, "nft", "add rule inet fault in meta l4proto tcp numgen random mod 100 < 10 counter drop")
	conn, modem := tcpPair(t)
	defer modem.Close()
	s := NewSession(conn, Link{}, nil, nil)
	defer s.End(nil)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(modem, modem) })
	want := noise(60 * 64)
	start := time.Now()
	for request := range slices.Chunk(want, 64) {
		if n, err := s.Write(request); n != len(request) || err != nil {
			t.Fatalf("wrote %d: %v", n, err)
		}
		if got := collect(t, s, len(request)); !bytes.Equal(got, request) {
			t.Fatal("what came back is not what was sent")
		}
	}
	took := time.Since(start).Round(time.Millisecond)
	s.End(nil)
	_ = modem.Close()
	wg.Wait()
	rules, err := exec.Command("nft", "list", "chain", "inet", "fault", "in").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, counter, _ := strings.Cut(string(rules), "counter ")
	t.Logf("60 requests answered through 10 %% of loss in %v: %s", took, strings.TrimSpace(strings.Trim(counter, "} \n\t")))
}
