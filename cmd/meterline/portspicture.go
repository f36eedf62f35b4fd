package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meterline/bridge"
	"meterline/bridge/status"
	"meterline/cmd/meterline/render"
	"meterline/vport/com0com"
)

// portsPicture is what is known about COM ports and their pairs.
type portsPicture struct {
	ports  []bridge.PortConfig
	pairs  []com0com.Pair
	known  bool // the pairs are known
	states []status.Port
	notes  []string
}

// ask asks the daemon, if there is one, for the states of the ports.
func (p *portsPicture) ask(cmd *cobra.Command, flags *clientFlags) {
	if st, err := flags.status(cmd.Context()); err == nil {
		p.states = st.Ports
	}
}

// pairOf returns the pair one end of which is the port that programs open, false if there is none or it is not known.
func (p portsPicture) pairOf(port bridge.PortConfig) (com0com.Pair, bool) {
	i := slices.IndexFunc(p.pairs, func(pair com0com.Pair) bool {
		return strings.EqualFold(pair.A.Name, port.Spec.Address) || strings.EqualFold(pair.B.Name, port.Spec.Address)
	})
	if i < 0 {
		return com0com.Pair{}, false
	}
	return p.pairs[i], true
}

func (p portsPicture) String() string {
	var b strings.Builder
	t := render.Table{Head: []string{"PORT", "OUR-END", "PAIR", "MODEM", "STATE", "OPEN"}}
	for _, port := range p.ports {
		ours, pair := p.ends(port)
		state, open := p.state(port)
		t.Row(port.Spec.Address, ours, pair, cmp.Or(port.Modem, "dial-up "+port.Name), state, open)
	}
	for _, pair := range p.pairs {
		if !slices.ContainsFunc(p.ports, func(port bridge.PortConfig) bool { return isOf(pair, port) }) {
			t.Row(pair.A.Name, pair.B.Name, strconv.Itoa(pair.Number), "", "not in the configuration", "")
		}
	}
	if len(t.Rows) > 0 {
		b.WriteString(t.String())
	} else {
		b.WriteString("the configuration has no COM ports\n")
	}
	for _, note := range append(slices.Clone(p.notes), p.amiss()...) {
		b.WriteString(render.Printable(note) + "\n")
	}
	return b.String()
}

func isOf(pair com0com.Pair, port bridge.PortConfig) bool {
	return strings.EqualFold(pair.A.Name, port.Spec.Address) || strings.EqualFold(pair.B.Name, port.Spec.Address)
}

// ends returns the name of our end of a port's pair, and the number of the pair.
func (p portsPicture) ends(port bridge.PortConfig) (ours, pair string) {
	there, is := p.pairOf(port)
	switch {
	case is:
		end, _ := com0com.Other(p.pairs, port.Spec.Address)
		return end.Name, strconv.Itoa(there.Number)
	case p.known:
		return port.Spec.Pair, "none"
	}
	return cmp.Or(port.Spec.Pair, com0com.ByConvention(port.Spec.Address)), "not known"
}

// state returns what the daemon tells about a port.
func (p portsPicture) state(port bridge.PortConfig) (state, open string) {
	for _, s := range p.states {
		if s.Path != port.Spec.Address {
			continue
		}
		if s.Open {
			return s.State, "yes"
		}
		return s.State, "no"
	}
	return "", ""
}

// amiss returns notes about ports without a pair, and about pairs with wrong settings.
func (p portsPicture) amiss() []string {
	var notes []string
	for _, port := range p.ports {
		pair, there := p.pairOf(port)
		if !there {
			if p.known {
				notes = append(notes, port.Spec.Address+" has no pair: meterline ports create prints the commands that make it")
			}
			continue
		}
		if end, _ := com0com.Other(p.pairs, port.Spec.Address); port.Spec.Pair != "" && !strings.EqualFold(end.Name, port.Spec.Pair) {
			notes = append(notes, fmt.Sprintf("%s is paired with %s, and the configuration says pair = %q", port.Spec.Address, end.Name, port.Spec.Pair))
		}
		wrong, _ := pair.Amend(port.Spec.Address)
		for _, w := range wrong {
			notes = append(notes, w+": meterline ports create prints the command that sets it")
		}
	}
	return notes
}

// create returns the commands that make the pairs that are missing, and change those with wrong settings.
func (p portsPicture) create() (commands, notes []string) {
	var wishes []com0com.Wish
	for _, port := range p.ports {
		if pair, there := p.pairOf(port); there {
			_, change := pair.Amend(port.Spec.Address)
			commands = append(commands, change...)
			continue
		}
		wishes = append(wishes, com0com.Wish{Name: port.Spec.Address, Ours: port.Spec.Pair})
	}
	commands = append(commands, com0com.InstallCommands(wishes)...)
	notes = slices.Clone(p.notes)
	switch {
	case len(p.ports) == 0:
		notes = append(notes, "the configuration has no COM ports")
	case len(commands) == 0:
		notes = append(notes, "all COM ports of the configuration have their pairs")
	}
	return commands, notes
}

// remove returns the commands that remove the configuration's pairs.
func (p portsPicture) remove() (commands, notes []string) {
	var pairs []com0com.Pair
	for _, port := range p.ports {
		if pair, there := p.pairOf(port); there {
			pairs = append(pairs, pair)
		}
	}
	notes = slices.Clone(p.notes)
	if p.known && len(pairs) == 0 {
		notes = append(notes, "no COM port of the configuration has a pair")
	}
	return com0com.RemoveCommands(pairs), notes
}
