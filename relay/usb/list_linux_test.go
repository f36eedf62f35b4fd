package usb

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// tree makes files, and links where the text begins with an arrow.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := cutArrow(text); link {
			err = os.Symlink(filepath.Join(root, target), path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func cutArrow(s string) (string, bool) {
	if len(s) > 0 && s[0] == '>' {
		return s[1:], true
	}
	return s, false
}

func TestList(t *testing.T) {
	const stick = "devices/pci0/usb1/1-2/"
	root := tree(t, map[string]string{
		"class/tty/console/uevent":                       "",
		"class/tty/ttyS0/device":                         ">devices/platform/serial8250",
		"devices/platform/serial8250/uevent":             "",
		"class/tty/ttyUSB1/device":                       ">" + stick + "1-2:1.2/ttyUSB1",
		stick + "1-2:1.2/ttyUSB1/uevent":                 "",
		stick + "1-2:1.2/bInterfaceNumber":               "02\n",
		stick + "idVendor":                               "12D1\n",
		stick + "idProduct":                              "1506\n",
		stick + "serial":                                 "\n",
		stick + "manufacturer":                           "HUAWEI\x1b[31m\n",
		stick + "product":                                "HUAWEI Mobile\n",
		"class/tty/ttyACM0/device":                       ">devices/pci0/usb1/1-3/1-3:1.0",
		"devices/pci0/usb1/1-3/1-3:1.0/bInterfaceNumber": "00\n",
		"devices/pci0/usb1/1-3/idVendor":                 "1546\n",
		"class/tty/ttyUSB9/device":                       ">devices/gone",
		"dev/ttyUSB1":                                    "",
		"dev/serial/by-id/usb-HUAWEI-if02-port0":         ">dev/ttyUSB1",
		"dev/serial/by-id/usb-gone":                      ">dev/ttyUSB9",
	})
	got, err := listIn(filepath.Join(root, "class/tty"), filepath.Join(root, "dev"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].Unit, _ = filepath.Rel(root, got[i].Unit)
		got[i].Path, _ = filepath.Rel(root, got[i].Path)
		for j := range got[i].Links {
			got[i].Links[j] = filepath.Base(got[i].Links[j])
		}
	}
	want := []Device{
		{Path: "dev/ttyACM0", VID: "1546", Interface: "00", Unit: "devices/pci0/usb1/1-3"},
		{
			Path: "dev/ttyUSB1", VID: "12d1", PID: "1506", Product: "HUAWEI Mobile", Interface: "02", Unit: "devices/pci0/usb1/1-2",
			Links: []string{"usb-HUAWEI-if02-port0"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestListHere(t *testing.T) {
	if _, err := List(); err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestModemManagerIsKeptOff(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       bool
	}{
		"nothing is known": {"other", "E:ID_MM_DEVICE_IGNORE=1\n", false},
		"no rule":          {"c189:5", "E:ID_MM_CANDIDATE=1\nE:ID_MM_DEVICE_IGNORE=0\n", false},
		"the device":       {"c189:5", "E:ID_BUS=usb\nE:ID_MM_DEVICE_IGNORE=1\n", true},
		"the port":         {"c0:0", "E:ID_MM_PORT_IGNORE=1", true},
	} {
		root := tree(t, map[string]string{"usb/dev": "189:5\n", "ttyUSB2": "", "data/" + c.file: c.text})
		d := Device{Path: filepath.Join(root, "ttyUSB2"), Unit: filepath.Join(root, "usb")}
		if got := keptOff(d, filepath.Join(root, "data")); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
