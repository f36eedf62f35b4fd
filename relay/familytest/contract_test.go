package familytest

import (
	"slices"
	"testing"

	"meterline/relay/profile"
)

func TestNative(t *testing.T) {
	for name, c := range Native {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Contract(t, c)
		})
	}
}

func TestDeclared(t *testing.T) {
	for name, c := range Declared {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Contract(t, c)
		})
	}
}

// No family and no way in which modems may be set up is forgotten.
func TestEveryFamilyIsHeld(t *testing.T) {
	kinds, _ := profile.Kinds()
	var names []string
	for name, c := range Native {
		names = append(names, c.Name)
		if c.Name == "" {
			names = append(names, string(c.Profile.Kind))
		}
		if c.Profile.Kind == profile.Declared {
			t.Errorf("%s is not native", name)
		}
	}
	for _, name := range profile.Simulated() {
		if !slices.Contains(names, name) {
			t.Errorf("the simulated modem %s is not among the native ones", name)
		}
	}
	for _, kind := range append(kinds, profile.Direct) {
		if !slices.Contains(names, string(kind)) {
			t.Errorf("the family %s is not among the native ones", kind)
		}
	}
}
