package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// sbinTool is tool for what Debian keeps where only root looks for programs.
func sbinTool(t *testing.T, name, pkg string) string {
	t.Helper()
	if path := filepath.Join("/usr/sbin", name); exists(path) {
		return path
	}
	return tool(t, name, pkg)
}

// script writes a file of the site.
func (s *site) script(name, text string) string {
	s.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return s.path(name)
}

// chatScript dials boiler as scripts of pppd do.
const chatScript = `
ABORT BUSY ABORT 'NO CARRIER' ABORT 'NO ANSWER' ABORT 'NO DIALTONE' ABORT ERROR
TIMEOUT 10
'' ATZ OK ATE0V1 OK ATDT%s 'CONNECT 9600\r\n' \c
`

// chat of Debian's ppp dials, and says by its exit code what came of it.
func TestChat(t *testing.T) {
	chat := sbinTool(t, "chat", "ppp")
	t.Parallel()
	s := startSite(t, dialledModem)
	modem := s.online("boiler", siteID)
	dial := func(number string) error {
		file := s.script("chat", fmt.Sprintf(chatScript, number))
		command := exec.Command("sh", "-c", `exec 3<>"$1" && "$0" -v -s -S -f "$2" <&3 >&3 && printf question >&3 && head -c 6 <&3`, chat, s.path("ports/modem1"), file)
		command.Stderr = s.Output()
		out, err := command.Output()
		if err == nil && string(out) != "answer" {
			t.Errorf("the program hears %q", out)
		}
		return err
	}
	for _, number := range []string{"89180001122", "12"} {
		ended := make(chan error, 1)
		go func() { ended <- dial(number) }()
		modem.hear("question")
		modem.say("answer")
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		s.lease("") // it has closed the port
	}
	own := s.openSeen("ports/boiler")
	talk(own, modem)
	for number, code := range map[string]int{"12": 4, "4711": 5} { // 4 is the first ABORT, 5 the second
		err := dial(number)
		if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.ExitCode() != code {
			t.Errorf("%s: %v, want code %d", number, err, code)
		}
	}
}

// sentFile has all byte values, line ends, escapes, and noise in it.
func sentFile(n int) []byte {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	all = append(all, "\r\n+++\r\nATH\r+++ATH0\r\n\r\nNO CARRIER\r\n"...)
	return append(all, randomBytes(uint64(n), n-len(all))...)
}

// farProgram is a modem with a program behind it, which works in a folder of its own, until end.
func (s *site) farProgram(socat, command string) (dir string, end func()) {
	s.Helper()
	dir = s.TempDir()
	modem := exec.Command(socat, "TCP:"+s.host+":7001", fmt.Sprintf(`SYSTEM:echo IMEI\:%s; exec %s`, siteID, command))
	modem.Stderr = s.Output()
	modem.Dir = dir
	modem.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to be killed with its program
	if err := modem.Start(); err != nil {
		s.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = syscall.Kill(-modem.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = modem.Wait()                                      // it tells of the signal
	})
	s.Cleanup(end)
	s.eventually("the far program is on line", func() bool { return s.modem("boiler").State == "up" })
	return dir, end
}

// same compares a file that was received with what was sent.
func (s *site) same(path string, sent []byte) {
	s.Helper()
	s.eventually(path+" has come whole", func() bool {
		got, err := os.ReadFile(path)
		return err == nil && len(got) == len(sent)
	})
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, sent) {
		s.Errorf("%s: %d bytes, other than the %d that were sent, %v", path, len(got), len(sent), err)
	}
}

// C-Kermit dials with its modem type for Hayes modems, sends a file to a kermit at the far end, and hangs up.
func TestKermit(t *testing.T) {
	kermit, far, socat := tool(t, "kermit", "ckermit"), tool(t, "gkermit", "gkermit"), tool(t, "socat", "socat")
	t.Parallel()
	s := startSite(t, dialledModem)
	dir, _ := s.farProgram(socat, far+" -q -i -r")
	sent := sentFile(60_000)
	s.script("sent.bin", string(sent))
	script := s.script("dial.ksc", fmt.Sprintf(`
set line %s
if fail exit 11
set speed 9600
set modem type hayes-1200
set carrier-watch off
set flow none
set dial timeout 30
dial 89180001122
if fail exit 12
set file type binary
send %s
if fail exit 13
hangup
exit 0
`, s.path("ports/modem1"), s.path("sent.bin")))
	s.program(kermit, script)
	s.same(filepath.Join(dir, "sent.bin"), sent)
	s.lease("")
}

// A file goes by ZMODEM through a dialled call, to the meter's end and from it.
func TestZmodem(t *testing.T) {
	chat, sz, rz, socat := sbinTool(t, "chat", "ppp"), tool(t, "sz", "lrzsz"), tool(t, "rz", "lrzsz"), tool(t, "socat", "socat")
	t.Parallel()
	s := startSite(t, dialledModem)
	sent := sentFile(200_000)
	file, script := s.script("sent.bin", string(sent)), s.script("chat", fmt.Sprintf(chatScript, "12"))
	const call = `exec 3<>"$1" && "$0" -f "$2" <&3 >&3 && cd "$3" && exec $4 <&3 >&3`

	dir, end := s.farProgram(socat, rz+" -q -b -y")
	s.program("sh", "-c", call, chat, s.path("ports/modem1"), script, s.dir, sz+" -q -b "+file)
	s.same(filepath.Join(dir, "sent.bin"), sent)
	// sz flushes its port before it closes it, and where that is a pseudo-terminal its last two bytes, over and out, may be
	// among what is lost: rz has the file, and waits half a minute for them.
	end()
	s.away("boiler")
	s.lease("")

	s.farProgram(socat, sz+" -q -b "+file)
	near := t.TempDir()
	s.program("sh", "-c", call, chat, s.path("ports/modem2"), script, near, rz+" -q -b -y")
	s.same(filepath.Join(near, "sent.bin"), sent)
}

// A person dials with minicom's directory, types, and hangs up: by +++ and ATH, since a pseudo-terminal has no DTR to drop.
func TestMinicom(t *testing.T) {
	minicom := tool(t, "minicom", "minicom")
	t.Parallel()
	s := startSite(t, dialledModem)
	modem := s.online("boiler", siteID)
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".minirc.dfl"), []byte("pu mdropdtr No\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	person := s.terminal("env", "HOME="+home, "TERM=vt100", "LC_ALL=C", minicom, "-D", s.path("ports/modem1"), "-b", "9600")
	person.shows("Press CTRL-A Z for help")
	person.types("AT\r")
	person.shows("OK")
	person.types("\x01d")
	person.shows("Dialing Directory")
	person.types("m")
	person.shows("Enter number")
	person.types("12\r")
	s.eventually("the call stands", func() bool { return strings.HasPrefix(s.port("ports/modem1").Telephone, "connected") })
	person.shows("Connected")
	s.eventually("the window is away", func() bool {
		person.types("~") // closes it, and is data from then on
		return modem.hears()
	})
	person.types("hello")
	modem.hearsLast("hello")
	modem.say("and back\r\n")
	person.shows("and back")
	person.types("\x01h")
	person.shows("Hang-up line?")
	person.types("\r")
	s.lease("")
	person.types("\x01x")
	person.shows("Leave Minicom?")
	person.types("\r")
	person.leaves()
}
