package hayestest

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"meterline/relay/simulated/meters"
	"meterline/vport/hayes"
)

var update = flag.Bool("update", false, "write what the tests get as what they want")

// TestDialogues: each program dials, reads a meter and hangs up, twice, byte for byte and at the times of testdata/NAME.txt.
func TestDialogues(t *testing.T) {
	programs := map[string]Dialler{
		"energyict": &EnergyICT{}, "energyict-paced": &EnergyICT{Prefix: "", Init: []string{}, Pluses: 500 * time.Millisecond},
		"gurux": Gurux{}, "russian": Russian{}, "russian-thorough": Thorough(),
	}
	for name, d := range programs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := plug(t, hayes.Config{})
				for range 2 {
					callOnce(t, d, w)
				}
				synctest.Wait()
				golden(t, name, r.said.String())
			})
		})
	}
}

func callOnce(t *testing.T, d Dialler, w Wire) {
	t.Helper()
	if err := d.Dial(w, "12"); err != nil {
		t.Fatal(err)
	}
	if _, err := meters.ReadModbus(w, 1, 3, 0, 10, time.Second); err != nil {
		t.Fatal(err)
	}
	if err := d.HangUp(w); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPresets: all programs get along with all emulated modems, but that strict ones have no phonebook of the network's.
func TestPresets(t *testing.T) {
	for _, preset := range hayes.Presets() {
		for _, name := range Names() {
			t.Run(preset+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, err := hayes.Preset(preset)
					if err != nil {
						t.Fatal(err)
					}
					c.Guard = 400 * time.Millisecond // they wait for no longer
					if preset == "strict-hayes" {
						c.HayesOnly = false
					}
					_, w := plug(t, c)
					d, err := New(name)
					if err != nil {
						t.Fatal(err)
					}
					callOnce(t, d, w)
				})
			})
		}
	}
}

// TestFailures: a call that does not come about is told by the modem's word, and the next one comes about.
func TestFailures(t *testing.T) {
	for number, want := range map[string]string{"7": "BUSY", "8": "NO ANSWER", "3": "NO CARRIER"} {
		for _, name := range Names() {
			t.Run(name+"/"+want, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					_, w := plug(t, hayes.Config{})
					d, _ := New(name)
					err := d.Dial(w, number)
					failed, is := errors.AsType[*CallError](err)
					if !is || failed.Answer != want || !strings.Contains(err.Error(), want) {
						t.Fatalf("got %v", err)
					}
					if name == "gurux" && number == "3" && failed.Cause != "boiler has not called since 12:00" {
						t.Errorf("cause %q", failed.Cause)
					}
					callOnce(t, d, w)
				})
			})
		}
	}
}

// TestAnswer: each takes a call that comes in.
func TestAnswer(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := plug(t, hayes.Config{})
				r.after(20*time.Second, func(now time.Time) hayes.Out { return r.modem.Ring("+79180001122", now) })
				// What wakes the rig for the event above is what the program writes first.
				d, _ := New(name)
				if err := d.Answer(w, time.Minute); err != nil {
					t.Fatal(err)
				}
				if _, err := meters.ReadModbus(w, 1, 3, 0, 10, time.Second); err != nil {
					t.Error(err)
				}
				if err := d.HangUp(w); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestDeafModem: a modem that says nothing at all is an error in the time that the program has for it.
func TestDeafModem(t *testing.T) {
	for _, name := range Names() {
		synctest.Test(t, func(t *testing.T) {
			_, w := plug(t, hayes.Config{Init: "Q1"})
			d, _ := New(name)
			if _, is := errors.AsType[*CallError](d.Dial(w, "12")); !is {
				t.Errorf("%s: dials", name)
			}
			if _, is := errors.AsType[*CallError](d.HangUp(w)); !is {
				t.Errorf("%s: hangs up", name)
			}
			w.Close()
			if d.Dial(w, "12") == nil || d.HangUp(w) == nil || d.Answer(w, time.Second) == nil {
				t.Errorf("%s: dials on a closed wire", name)
			}
		})
	}
}

func TestNew(t *testing.T) {
	if d, err := New("procomm"); err == nil || !strings.Contains(err.Error(), "energyict, gurux, russian") {
		t.Errorf("%v, %v", d, err)
	}
	for err, want := range map[*CallError]string{
		{Command: "ATD12"}: "ATD12: no answer", {Command: "ATD12", Answer: "BUSY"}: "ATD12: BUSY",
		{Command: "ATD12", Answer: "NO CARRIER", Cause: "away"}: "ATD12: NO CARRIER (away)",
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
