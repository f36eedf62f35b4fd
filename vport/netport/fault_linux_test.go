package netport

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport"
	"meterline/vport/tcpopt"
)

// inNamespace is set in the process that runs a fault test in a network namespace of its own.
const inNamespace = "VPORT_TEST_NETNS"

// isolated runs the rest of the calling test in a child process with a network of its own, which goes with it. It answers false in
// the parent, when all is done.
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

// A client that vanishes without a word leaves the port to the next one, whether bytes for it are unacknowledged or not. How long
// the system takes for that is TestKeepalive's; here it is told to be quicker.
func TestFaultClientVanishes(t *testing.T) {
	t.Parallel()
	if !isolated(t) {
		return
	}
	news := make(chan bool, 16)
	p, err := TCP(nil).Open(vport.Spec{Address: "tcp://127.0.0.1:0"}, func(open bool) { news <- open })
	if err != nil {
		t.Fatal(err)
	}
	port, ok := p.(*port)
	if !ok {
		t.Fatalf("%T", p)
	}
	got := make(chan string, 16)
	join(t, func() {
		_ = p.Receive(func(b []byte) bool { // until it is closed
			got <- string(b)
			return true
		})
	}, func() { _ = p.Close() })
	for _, unacknowledged := range []bool{false, true} {
		conn := connect(t, port)
		await(t, news, true)
		hurry(t, port)
		shell(t, "nft", "add rule inet fault in meta l4proto tcp drop")
		cut := time.Now()
		if unacknowledged {
			if n, err := p.Write([]byte("answer")); n != 6 || err != nil {
				t.Fatal(n, err)
			}
		}
		await(t, news, false)
		t.Logf("unacknowledged %v: noticed after %v", unacknowledged, time.Since(cut).Round(time.Millisecond))
		if n, err := p.Write([]byte("x")); n != 0 || !errors.Is(err, vport.ErrNobody) {
			t.Errorf("write to a client that has vanished: %d, %v", n, err)
		}
		shell(t, "nft", "flush chain inet fault in")
		next := connect(t, port)
		await(t, news, true)
		write(t, next, "request")
		await(t, got, "request")
		closeFile(t, next)
		await(t, news, false)
		_ = conn.Close() // its connection is long gone
	}
}

func connect(t *testing.T, p *port) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", p.Addr().String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// hurry has the system give the present client up after two seconds.
func hurry(t *testing.T, p *port) {
	t.Helper()
	p.queue.Lock()
	conn := p.client.conn.(*net.TCPConn)
	p.queue.Unlock()
	quick := net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 1}
	if err := errors.Join(conn.SetKeepAliveConfig(quick), tcpopt.SetUserTimeout(conn, 2*time.Second)); err != nil {
		t.Fatal(err)
	}
}

// patience is how long to wait for what must come.
const patience = 20 * time.Second

func write(t *testing.T, w io.Writer, s string) {
	t.Helper()
	if n, err := io.WriteString(w, s); err != nil || n != len(s) {
		t.Fatalf("write %q: %d, %v", s, n, err)
	}
}

func closeFile(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// join runs f until the end of the test, when stop ends it.
func join(t *testing.T, f, stop func()) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(f)
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// await waits for the next value that is told.
func await[T comparable](t *testing.T, c <-chan T, want T) {
	t.Helper()
	select {
	case got := <-c:
		if got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("%v has not come within %v", want, patience)
	}
}
