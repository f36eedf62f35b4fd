package vport_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/netport"
	"meterline/vport/pty"
)

func TestAddressesThatNoKindServes(t *testing.T) {
	kinds := vport.Kinds{com.Kind(nil), netport.TCP(nil), netport.RFC2217(nil), pty.Kind(nil, nil, nil)}
	for _, c := range []struct {
		name    string
		address string
		want    string
		is      error
	}{
		{"no path", "", "want the path", nil},
		{"a COM port", "COM12", "those of Windows", vport.ErrUnsupported},
		{"a small com port", "com3", "those of Windows", vport.ErrUnsupported},
		{"an unknown scheme", "udp://:4000", "want the path", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.is != nil {
				t.Skip("Windows has COM ports")
			}
			port, open := kinds.Open(vport.Spec{Address: c.address}, nil)
			if port != nil {
				t.Errorf("a port: %v", port)
			}
			for what, err := range map[string]error{"Check": kinds.Check(vport.Spec{Address: c.address}), "Open": open} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %q", what, err, c.want)
				}
				if c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("%s: %v, want %v", what, err, c.is)
				}
			}
		})
	}
}

// fakeKind has the ports whose addresses begin with its name, and everything that a kind may have.
type fakeKind struct {
	name string
	did  *[]string
	err  error
}

func (k fakeKind) Match(address string) bool { return strings.HasPrefix(address, k.name) }

func (k fakeKind) Open(spec vport.Spec, _ vport.Presence) (vport.Port, error) {
	*k.did = append(*k.did, k.name+" opens "+spec.Address)
	return nil, k.err
}

func (k fakeKind) Check(spec vport.Spec) error {
	*k.did = append(*k.did, k.name+" checks "+spec.Address)
	return k.err
}

func (k fakeKind) Run(ctx context.Context) { <-ctx.Done() }

func (k fakeKind) Prepare(specs []vport.Spec) error {
	*k.did = append(*k.did, k.name+" prepares "+specs[0].Address)
	return k.err
}

func (k fakeKind) Programs() (map[string][]vport.Program, error) {
	return map[string][]vport.Program{k.name: {{PID: len(k.name)}}}, k.err
}

func TestKinds(t *testing.T) {
	var did []string
	errTest := errors.New("error of the test")
	kinds := vport.Kinds{fakeKind{"a", &did, nil}, netport.TCP(nil), fakeKind{"ab", &did, errTest}, fakeKind{"b", &did, errTest}}
	if _, err := kinds.Open(vport.Spec{Address: "abc"}, nil); err != nil {
		t.Error(err)
	}
	if err := kinds.Check(vport.Spec{Address: "bcd"}); !errors.Is(err, errTest) {
		t.Error(err)
	}
	if err := kinds.Prepare([]vport.Spec{{Address: "all"}}); !errors.Is(err, errTest) {
		t.Error(err)
	}
	if want := []string{"a opens abc", "b checks bcd", "a prepares all", "ab prepares all", "b prepares all"}; !slices.Equal(did, want) {
		t.Errorf("%q, want %q", did, want)
	}
	programs, err := kinds.Programs()
	if !errors.Is(err, errTest) || len(programs) != 3 || programs["ab"][0].PID != 2 {
		t.Errorf("%v, %v", programs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	kinds.Run(ctx) // returns: all have ended
}
