package com0com

import (
	"fmt"
	"strings"
)

// Parameters with which neither side blocks the other, and each sees what it must see. PlugInMode would hide a program's port
// while meterline does not run. EmuOverrun at our end lets a program's write go on when nobody reads. EmuBR at the program's
// end paces what it writes, so that nothing is overrun while somebody reads. DCD and RI come from outputs that only meterline
// switches. At our end DSR says that a program has the port open, and DCD, by default, that its DTR is on.
var (
	programParams = []param{{"PlugInMode", "no"}, {"EmuBR", "yes"}, {"dcd", "rout1"}, {"ri", "rout2"}}
	ourParams     = []param{{"PlugInMode", "no"}, {"EmuOverrun", "yes"}, {"dsr", "ropen"}}
)

type param struct{ key, value string }

// Wish is a pair that a configuration asks for.
type Wish struct {
	Name string // what programs open: COM12
	Ours string // the name that our end must have; "": whatever setupc gives it
}

// InstallCommands returns the command lines that make pairs for all wishes. They make them in bulk, as each line that updates
// the driver takes longer than the one before.
func InstallCommands(wishes []Wish) []string {
	if len(wishes) == 0 {
		return nil
	}
	var lines []string
	for _, w := range wishes {
		ours := joined(ourParams)
		if w.Ours != "" {
			ours = "PortName=" + w.Ours + "," + ours
		}
		lines = append(lines, fmt.Sprintf("setupc --silent --no-update install PortName=%s,%s %s", w.Name, joined(programParams), ours))
	}
	return append(lines, "setupc --silent update")
}

// RemoveCommands returns the command lines that remove pairs.
func RemoveCommands(pairs []Pair) []string {
	lines := make([]string, 0, len(pairs))
	for _, p := range pairs {
		lines = append(lines, fmt.Sprintf("setupc --silent remove %d", p.Number))
	}
	return lines
}

// Amend returns what is wrong with the parameters of a pair of which programs open name, and the commands that correct it.
func (p Pair) Amend(name string) (wrong, commands []string) {
	program, ours := p.A, p.B
	if strings.EqualFold(p.B.Name, name) {
		program, ours = p.B, p.A
	}
	for _, side := range []struct {
		end  End
		want []param
	}{{program, programParams}, {ours, ourParams}} {
		var amiss []param
		for _, w := range side.want {
			have := side.end.Params[strings.ToLower(w.key)]
			if have != w.value && (have != "" || w.value != "no") { // a missing one means "no"
				amiss = append(amiss, w)
			}
		}
		if len(amiss) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s (%s) has not %s", side.end.Name, side.end.ID, joined(amiss)))
			commands = append(commands, fmt.Sprintf("setupc --silent change %s %s", side.end.ID, joined(amiss)))
		}
	}
	return wrong, commands
}

func joined(params []param) string {
	all := make([]string, 0, len(params))
	for _, p := range params {
		all = append(all, p.key+"="+p.value)
	}
	return strings.Join(all, ",")
}
