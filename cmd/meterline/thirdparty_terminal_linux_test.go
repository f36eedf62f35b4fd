package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a terminal that a program runs at, with all that the program has shown there.
type terminal struct {
	*site
	command *exec.Cmd
	master  *os.File
	screen  transcript
}

// terminal starts a program at a terminal of its own, as a person does.
func (s *site) terminal(name string, args ...string) *terminal {
	s.Helper()
	term := &terminal{site: s, command: exec.Command(name, args...)}
	master, err := pty.Start(term.command)
	if err != nil {
		s.Fatal(err)
	}
	term.master = master
	var screen sync.WaitGroup
	screen.Go(func() {
		if _, err := io.Copy(&term.screen, master); err != nil && !errors.Is(err, syscall.EIO) {
			s.Errorf("the terminal of %s: %v", name, err) // EIO is the end of its last program
		}
	})
	s.Cleanup(func() {
		_ = term.command.Process.Kill() // it has ended, unless the test has failed
		_ = term.command.Wait()         // likewise
		screen.Wait()
		_ = master.Close()
	})
	return term
}

// types sends keystrokes.
func (t *terminal) types(keys string) {
	t.Helper()
	if _, err := io.WriteString(t.master, keys); err != nil {
		t.Fatal(err)
	}
}

// shows waits for text on the screen.
func (t *terminal) shows(text string) {
	t.Helper()
	t.eventually("the screen shows "+text, func() bool { return strings.Contains(t.screen.String(), text) })
}

// leaves waits for the program's end, which has to be a good one.
func (t *terminal) leaves() {
	t.Helper()
	if err := t.command.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", t.command, err, t.screen.String())
	}
}

// A person opens a port with picocom, types a line, reads the answer and leaves with C-a C-x.
func TestPicocom(t *testing.T) {
	picocom := tool(t, "picocom", "picocom")
	t.Parallel()
	s := startSite(t, oneModem)
	modem := s.online("boiler", siteID)
	for _, flags := range [][]string{
		{"-b", "9600"},
		{"-b", "300", "-d", "7", "-y", "e"},
		{"-b", "115200", "-f", "h", "--imap", "lfcrlf"},
	} {
		person := s.terminal(picocom, append(flags, s.path("ports/boiler"))...)
		person.shows("Terminal ready")
		person.types("/?!\r")
		modem.hear("/?!\r")
		modem.say("/MTL5METER\r\n")
		person.shows("/MTL5METER")
		person.types("\x01\x18")
		person.leaves()
		if screen := person.screen.String(); !strings.Contains(screen, "Thanks for using picocom") {
			t.Errorf("picocom says\n%s", screen)
		}
		s.eventually("picocom has left", func() bool { return !s.port("ports/boiler").Open })
	}
	talk(s.openSeen("ports/boiler"), modem)
}

// socat stands for the far end: it calls in, says its number, and gives back what comes.
func TestSocatAsModem(t *testing.T) {
	socat := tool(t, "socat", "socat")
	t.Parallel()
	s := startSite(t, oneModem)
	program := s.openSeen("ports/boiler")
	for range 3 {
		modem := exec.Command(socat, "TCP:"+s.host+":7001", `SYSTEM:echo IMEI\:`+siteID+`; exec cat`)
		modem.Stderr = s.Output()
		modem.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to be killed with its cat
		if err := modem.Start(); err != nil {
			t.Fatal(err)
		}
		s.eventually("socat is on line", func() bool { return s.modem("boiler").State == "up" })
		program.say("to be given back")
		program.hear("to be given back")
		echoes(t, program, 1<<20)
		if err := syscall.Kill(-modem.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = modem.Wait() // it tells of the signal
		s.away("boiler")
	}
}

// echoes sends n random bytes, and compares what comes back.
func echoes(t *testing.T, p *party, n int) {
	t.Helper()
	sent := string(randomBytes(uint64(n), n))
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		_ = p.conn.SetWriteDeadline(time.Now().Add(3 * longest)) // the write tells
		if _, err := io.WriteString(p.conn, sent); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	})
	if got := string(p.take(n)); got != sent {
		t.Errorf("of %d bytes others came back", n)
	}
}

// pipes are the standard input and output of a program, as one end of a line.
type pipes struct{ out, in *os.File }

func (p pipes) Read(b []byte) (int, error)         { return p.out.Read(b) }
func (p pipes) Write(b []byte) (int, error)        { return p.in.Write(b) }
func (p pipes) SetReadDeadline(t time.Time) error  { return p.out.SetReadDeadline(t) }
func (p pipes) SetWriteDeadline(t time.Time) error { return p.in.SetWriteDeadline(t) }
func (p pipes) Close() error                       { return errors.Join(p.in.Close(), p.out.Close()) }

// socat as the program on the port, a MiB both ways at once.
func TestSocatAsProgram(t *testing.T) {
	socat := tool(t, "socat", "socat")
	t.Parallel()
	s := startSite(t, oneModem)
	modem := s.online("boiler", siteID)
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(socat, "-", "FILE:"+s.path("ports/boiler")+",rawer,b9600")
	command.Stdin, command.Stdout, command.Stderr = inRead, outWrite, s.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{inRead, outWrite} {
		if err := f.Close(); err != nil { // socat has its own
			t.Fatal(err)
		}
	}
	program := newParty(s, "socat", pipes{outRead, inWrite})
	talk(program, modem)
	exchange(t, program, modem, 1<<20)
	talk(program, modem)
	program.say("the tail")
	program.close()
	modem.hear("the tail")
	if err := command.Wait(); err != nil {
		t.Errorf("socat: %v", err)
	}
	if d := s.port("ports/boiler").Dropped; len(d) > 0 {
		t.Errorf("dropped: %v", d)
	}
}
