package usb

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Device is a serial port of this machine, and what is known of the device behind it. Only Path is never empty.
type Device struct {
	Path      string // /dev/ttyUSB2, COM5
	VID, PID  string // of the maker and product, four hexadecimal digits in lower case
	Serial    string
	Maker     string
	Product   string
	Interface string   // of a device with several ports: two hexadecimal digits
	Unit      string   // distinguishes two devices that are alike
	Links     []string // other names that do not change, such as those in /dev/serial/by-id
}

// String names the port, and the device if it is known.
func (d Device) String() string {
	if d.VID == "" {
		return d.Path
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s:%s %s %s", d.Path, d.VID, d.PID, d.Maker, d.Product))
}

// Selector says which device is meant. An empty field does not matter; one at least must be set.
type Selector struct {
	ID        string // VID:PID, such as 12d1:1506
	Serial    string // the whole serial number
	Product   string // a part of the product's or maker's name
	Interface string // one port of several, such as 02
	Path      string // the port itself, or a link to it
}

// Validate returns what is wrong with s.
func (s Selector) Validate() error {
	if s.Path == "" && s.ID == "" && s.Serial == "" && s.Product == "" {
		return errors.New("which device is it? Give its VID:PID, serial number, product, or path")
	}
	if s.ID == "" {
		return nil
	}
	vid, pid, ok := strings.Cut(s.ID, ":")
	if !ok || !isHex4(vid) || !isHex4(pid) {
		return fmt.Errorf("id %q: write VID:PID in hexadecimal, such as 12d1:1506", s.ID)
	}
	return nil
}

func isHex4(s string) bool {
	return len(s) == 4 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// find returns the ports that are meant, in the order in which to try them. It is an error if there are none, or if they belong
// to several devices.
func (s Selector) find(list func() ([]Device, error)) ([]Device, error) {
	all, err := list()
	bare := s.Path != "" && s.ID == "" && s.Serial == "" && s.Product == "" && s.Interface == ""
	if err != nil && !bare {
		return nil, fmt.Errorf("look for it: %w", err)
	}
	path := s.Path
	if path != "" {
		if path, err = realPort(s.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: nothing is at %s", ErrAbsent, s.Path)
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
		}
	}
	var found []Device
	for _, d := range all {
		if d.Path != "" && s.matches(d, path) {
			found = append(found, d)
		}
	}
	switch {
	case len(found) == 0 && bare:
		return []Device{{Path: path}}, nil
	case len(found) == 0:
		return nil, ErrAbsent
	}
	slices.SortFunc(found, func(a, b Device) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Interface, b.Interface), comparePaths(a.Path, b.Path))
	})
	if last := found[len(found)-1]; last.Unit != found[0].Unit {
		return nil, fmt.Errorf("%w for certain: several fit, %v and %v among them: choose by serial number or path", ErrAbsent, found[0], last)
	}
	return found, nil
}

// comparePaths sorts ttyUSB9 before ttyUSB10.
func comparePaths(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func (s Selector) matches(d Device, path string) bool {
	name := strings.ToLower(d.Maker + " " + d.Product)
	return (path == "" || d.Path == path) &&
		(s.ID == "" || strings.EqualFold(s.ID, d.VID+":"+d.PID)) &&
		(s.Serial == "" || strings.EqualFold(s.Serial, d.Serial)) &&
		(s.Product == "" || strings.Contains(name, strings.ToLower(s.Product))) &&
		(s.Interface == "" || strings.EqualFold(s.Interface, d.Interface))
}

// pathsOf joins the paths, to compare whether the same ports are there as before.
func pathsOf(ports []Device) string {
	var b strings.Builder
	for _, p := range ports {
		b.WriteString(p.Unit + " " + p.Path + "\n")
	}
	return b.String()
}

// Check returns what would keep a Modem with this selector from working now: its device is not plugged in, cannot be told from
// another one, is held by another program, or may not be used. It opens nothing: opening alone raises DTR, and may end a call.
func (s Selector) Check() error { return s.check(List) }

func (s Selector) check(list func() ([]Device, error)) error {
	if err := s.Validate(); err != nil {
		return err
	}
	ports, err := s.find(list)
	if errors.Is(err, ErrAbsent) {
		return fmt.Errorf("%w (meterline usb lists what is plugged in)", err)
	}
	if err != nil {
		return err
	}
	for _, p := range ports {
		if err := obstacle(p); err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
	}
	return nil
}
