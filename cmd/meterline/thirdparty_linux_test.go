package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tool finds a third-party program, or skips the test by the program's name.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; on Debian it is in the package %s", name, pkg)
	}
	return path
}

// program runs a program to its end, which has to be a good one.
func (s *site) program(name string, args ...string) string {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		for _, p := range s.status().Ports {
			s.Logf("%s: %d from, %d to the program, dropped %v", p.Path, p.FromDTE, p.ToDTE, p.Dropped)
		}
		for _, m := range s.status().Modems {
			s.Logf("%s: dropped %v, last error %s", m.Name, m.Dropped, m.LastError)
		}
		s.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// simulated is a site with a simulated meter of each kind, on line; more stands in the tables of all meters, tables behind them.
func simulatedSite(t *testing.T, more string, tables ...string) *site {
	t.Helper()
	var config strings.Builder
	config.WriteString("[exchange.gprs]\nlisten = \"HOST:7001\"\nprofile = \"imei\"\n")
	for i, meter := range []string{"modbus-rtu", "iec62056-21", "echo"} {
		fmt.Fprintf(&config, "[modem.%s]\nexchange = \"gprs\"\nid = \"35693803564380%d\"\nport = \"ports/%s\"\n", meter, i, meter)
		fmt.Fprintf(&config, "[sim.%s]\nmeter = %q\n%s\n", meter, meter, more)
	}
	s := startSite(t, config.String()+strings.Join(tables, ""))
	s.eventually("the simulated modems are on line", func() bool {
		for _, m := range s.status().Modems {
			if m.State != "up" {
				return false
			}
		}
		return true
	})
	return s
}

// registerLine is a register as mbpoll prints it.
var registerLine = regexp.MustCompile(`(?m)^\[(\d+)\]:\s+(\S+)`)

func registers(output string) []string {
	var got []string
	for _, m := range registerLine.FindAllStringSubmatch(output, -1) {
		got = append(got, m[1]+"="+m[2])
	}
	return got
}

// mbpoll reads a meter 20 times in a row, with and without the parity that it asks for unless told otherwise; the last few answers
// come late and in pieces. It waits as long as it can for an answer, since the machine may be busy.
func TestMbpoll(t *testing.T) {
	mbpoll := tool(t, "mbpoll", "mbpoll")
	t.Parallel()
	for name, faults := range map[string]string{
		"at once":            "",
		"late and in pieces": "delay = \"50ms\"\ndelay_max = \"150ms\"\nfragment = 3\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulatedSite(t, faults)
			port := s.path("ports/modbus-rtu")
			for i := range 20 {
				parity := []string{"even", "none"}[i%2]
				out := s.program(mbpoll, "-m", "rtu", "-a", "1", "-b", "9600", "-P", parity, "-0", "-1", "-o", "10", "-t", "4", "-r", "0", "-c", "10", port)
				want := "0=2301 1=2297 2=2312 3=512 4=487 5=503 6=3415 7=987 8=5001 9=0"
				if got := strings.Join(registers(out), " "); got != want {
					t.Fatalf("poll %d: registers %s, want %s\n%s", i, got, want, out)
				}
			}
			out := s.program(mbpoll, "-m", "rtu", "-a", "1", "-0", "-1", "-B", "-o", "10", "-t", "3:float", "-r", "100", "-c", "10", port)
			want := "100=230.1 102=229.7 104=231.2 106=5.12 108=4.87 110=5.03 112=3415 114=0.987 116=50.01 118=12345.7"
			if got := strings.Join(registers(out), " "); got != want {
				t.Errorf("floats %s, want %s\n%s", got, want, out)
			}
			s.program(mbpoll, "-m", "rtu", "-a", "1", "-0", "-o", "10", "-t", "4", "-r", "1000", port, "4711")
			out = s.program(mbpoll, "-m", "rtu", "-a", "1", "-0", "-1", "-o", "10", "-t", "4:int", "-B", "-r", "10", "-c", "3", port)
			want = "10=12345678 12=8234567 14=4111111"
			if got := strings.Join(registers(out), " "); got != want {
				t.Errorf("energies %s, want %s\n%s", got, want, out)
			}
		})
	}
}

// One mbpoll that goes on polling, while the modem's line is lost and comes back: it never sees the port go.
func TestMbpollOverAnOutage(t *testing.T) {
	mbpoll := tool(t, "mbpoll", "mbpoll")
	t.Parallel()
	s := simulatedSite(t, "")
	// At a terminal it shows each poll at once.
	poll := s.terminal(mbpoll, "-m", "rtu", "-a", "1", "-0", "-l", "20", "-o", "0.2", "-t", "4", "-r", "0", s.path("ports/modbus-rtu"))
	polls := func() int { return strings.Count(poll.screen.String(), "[0]: \t2301") }
	for range 3 {
		have := polls()
		s.eventually("mbpoll reads on", func() bool { return polls() >= have+10 })
		s.must("kick", "modbus-rtu")
	}
	have := polls()
	s.eventually("mbpoll reads on", func() bool { return polls() >= have+10 })
	if st := s.port("ports/modbus-rtu"); st.Opens != 1 {
		t.Errorf("mbpoll has opened the port %d times", st.Opens)
	}
}

func TestPySerial(t *testing.T) {
	python := pySerial(t)
	t.Parallel()
	s := simulatedSite(t, "")
	t.Log(s.program(python, "testdata/thirdparty/pyserial.py", s.path("ports/iec62056-21"), s.path("ports/echo")))
	s.eventually("the programs have left", func() bool {
		return !s.port("ports/iec62056-21").Open && !s.port("ports/echo").Open
	})
}

// The programs that every machine has.
func TestCoreutils(t *testing.T) {
	t.Parallel()
	s := startSite(t, oneModem)
	modem, port := s.online("boiler", siteID), s.path("ports/boiler")
	t.Run("echo > port", func(t *testing.T) {
		for i := range 20 {
			text := fmt.Sprintf("line %d", i)
			s.program("sh", "-c", `echo "$1" > "$0"`, port, text)
			modem.hear(text + "\n")
		}
	})
	t.Run("stty", func(t *testing.T) {
		before := s.program("stty", "-F", port, "-a")
		for _, want := range []string{"-icanon", "-echo ", "-opost", "-icrnl", "-ixon", "hupcl"} {
			if !strings.Contains(before, want) {
				t.Errorf("the port has no %s:\n%s", want, before)
			}
		}
		s.program("stty", "-F", port, "19200", "cstopb", "echo", "icanon", "opost", "min", "3", "time", "7")
		s.eventually("stty has left", func() bool { return !s.port("ports/boiler").Open })
		after := s.program("stty", "-F", port, "-a")
		for _, want := range []string{"speed 19200", "min = 3", "time = 7", "-icanon", "-echo ", "-opost"} {
			if !strings.Contains(after, want) {
				t.Errorf("after a last close the port has no %s:\n%s", want, after)
			}
		}
		s.program("stty", "-F", port, "min", "1", "time", "0")
	})
	t.Run("cat", func(t *testing.T) {
		cat := exec.Command("cat", port)
		var out transcript
		cat.Stdout = &out
		if err := cat.Start(); err != nil {
			t.Fatal(err)
		}
		defer s.kill(cat)
		s.eventually("cat is noticed", func() bool {
			st := s.port("ports/boiler")
			return len(st.OpenedBy) == 1 && st.OpenedBy[0].Name == "cat" && st.OpenedBy[0].PID == cat.Process.Pid && st.Open
		})
		every := string(randomBytes(7, 4096))
		modem.say(every)
		s.eventually("cat prints what comes", func() bool { return out.String() == every })
	})
	t.Run("dd", func(t *testing.T) {
		s.eventually("cat has left", func() bool { return !s.port("ports/boiler").Open })
		file := s.path("bytes")
		every := string(randomBytes(8, 100<<10))
		if err := os.WriteFile(file, []byte(every), 0o600); err != nil {
			t.Fatal(err)
		}
		s.program("dd", "if="+file, "of="+port, "bs=1000", "conv=notrunc")
		modem.hear(every) // dd has closed behind the last byte: the tail is still sent
	})
}
