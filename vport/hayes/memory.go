package hayes

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// memory is what a modem keeps as long as it exists: its settings, those that were stored by &W, and the numbers stored by &Z.
type memory struct {
	settings // in force
	cfg      *Config

	initial  settings // the factory's, with those of Config.Init: what &F restores
	stored   [2]*settings
	numbers  [10]string // as written
	selected int        // the register of AT? and AT=
}

// settings are what &F sets and &W stores.
type settings struct {
	basic map[string]int    // by the names of basics
	regs  [256]byte         // S-registers
	ext   map[string]string // parameters of extended commands
}

func (s settings) clone() settings {
	s.basic, s.ext = maps.Clone(s.basic), maps.Clone(s.ext)
	return s
}

// flag returns the value of a basic command, by its name.
func (s settings) flag(name string) int { return s.basic[name] }

// param returns the value of a parameter; "" if there is none of that name.
func (s settings) param(name string) string { return s.ext[name] }

// describe returns the settings in lines of at most 78 characters.
func (s settings) describe() []string {
	words := make([]string, 0, len(basics)+len(registers))
	for _, b := range basics {
		words = append(words, fmt.Sprintf("%s%d", b.name, s.basic[b.name]))
	}
	for _, r := range registers {
		words = append(words, fmt.Sprintf("S%02d:%03d", r.n, s.regs[r.n]))
	}
	var lines []string
	line := ""
	for _, w := range words {
		if len(line)+1+len(w) > 78 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + w)
	}
	return append(lines, line)
}

// newMemory returns the factory's settings, before those of Config.Init.
func newMemory(c *Config) memory {
	s := settings{basic: map[string]int{}, ext: map[string]string{}}
	for _, b := range basics {
		s.basic[b.name] = b.factory
	}
	for _, r := range registers {
		s.regs[r.n] = byte(r.factory)
	}
	s.regs[7] = byte(c.Wait / time.Second)
	s.regs[12] = byte(c.Guard / (20 * time.Millisecond))
	s.regs[unknownNumber] = byte(c.UnknownNumber)
	for name, e := range known {
		if e.isParameter() {
			s.ext[name] = e.factory
		}
	}
	return memory{settings: s, cfg: c}
}

// reset is what &F does.
func (m *memory) reset() { m.settings = m.initial.clone() }

// restore is what Z does.
func (m *memory) restore(profile int) {
	if s := m.stored[profile]; s != nil {
		m.settings = s.clone()
		return
	}
	m.reset()
}

// store is what &W does.
func (m *memory) store(profile int) {
	s := m.clone()
	m.stored[profile] = &s
}

// guard returns S12, which counts fiftieths of a second.
func (m *memory) guard() time.Duration {
	return max(shortestGuard, time.Duration(m.regs[12])*20*time.Millisecond)
}

// wait returns S7. Zero, which V.250 does not allow, means the configured time.
func (m *memory) wait() time.Duration {
	if s7 := m.regs[7]; s7 > 0 {
		return time.Duration(s7) * time.Second
	}
	return m.cfg.Wait
}

// describe returns all that is kept, in lines.
func (m *memory) describe() []string {
	lines := append([]string{"ACTIVE PROFILE:"}, m.settings.describe()...)
	for i, s := range m.stored {
		if s != nil {
			lines = append(lines, fmt.Sprintf("STORED PROFILE %d:", i))
			lines = append(lines, s.describe()...)
		}
	}
	lines = append(lines, "TELEPHONE NUMBERS:")
	for i, n := range m.numbers {
		if n != "" {
			lines = append(lines, fmt.Sprintf("%d=%s", i, n))
		}
	}
	return lines
}
