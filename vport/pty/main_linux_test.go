package pty

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// programMode makes this test binary a program that opens a port, for tests that kill it.
const programMode = "VPORT_TEST_PROGRAM"

// testsAtATime are more than there are processors: those that run in parallel wait for far ends and programs most of their time.
const testsAtATime = "8"

func TestMain(m *testing.M) {
	if what, ok := os.LookupEnv(programMode); ok {
		if err := hold(os.Args[1], strings.Fields(what)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	os.Exit(m.Run())
}

// hold opens a port, does to it what is asked, says so, and stays until it is killed or its input ends.
func hold(path string, what []string) error {
	flags := unix.O_RDWR
	if !slices.Contains(what, "session") {
		flags |= unix.O_NOCTTY // else the port becomes the controlling terminal
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return err
	}
	fd := int(f.Fd())
	if slices.Contains(what, "exclusive") {
		if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
			return err
		}
	}
	if slices.Contains(what, "stopped") {
		if err := unix.IoctlSetInt(fd, unix.TCXONC, unix.TCOOFF); err != nil {
			return err
		}
	}
	if slices.Contains(what, "cooked") {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
		if err != nil {
			return err
		}
		t.Iflag |= alterInput
		t.Oflag |= unix.OPOST | unix.ONLCR
		t.Lflag |= alterLocal
		t.Cflag |= unix.CLOCAL
		t.Cflag = t.Cflag&^(unix.HUPCL|unix.CBAUD) | unix.BOTHER
		t.Ispeed, t.Ospeed = 12345, 12345
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 7, 3
		if err := unix.IoctlSetTermios(fd, unix.TCSETS2, t); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	switch {
	case slices.Contains(what, "ask"):
		return ask(f)
	case slices.Contains(what, "reopen"):
		return reopen(f)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // whatever ends it, the program is done
	return nil
}

// child is a program in a process of its own.
type child struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// start runs this binary as a program that has path open, and returns when it has; stop ends it by SIGKILL.
func start(t testing.TB, path, what string, attr *unix.SysProcAttr) (stop func()) {
	t.Helper()
	_, stop = startChild(t, path, what, attr)
	return stop
}

func startChild(t testing.TB, path, what string, attr *unix.SysProcAttr) (p child, stop func()) {
	t.Helper()
	c := exec.Command(os.Args[0], path)
	c.Env = append(os.Environ(), programMode+"="+what)
	c.SysProcAttr = attr
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()         // which says that it was killed
		_ = in.Close()
	})
	t.Cleanup(stop)
	p = child{in, bufio.NewReader(out)}
	if line, err := p.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	return p, stop
}
