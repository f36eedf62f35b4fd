package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func TestDataFolderIsGiven(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "meterline")
	if err := giveFolder(folder, "S-1-5-32-545"); err != nil {
		t.Fatal(err)
	}
	descriptor, err := windows.GetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	if got := descriptor.String(); !strings.Contains(got, ";BU)") && !strings.Contains(got, "S-1-5-32-545") {
		t.Skipf("this system does not keep access lists: %s", got)
	} else if strings.Contains(got, ";WD)") || strings.Contains(got, ";;AU)") {
		t.Errorf("everybody has a way in: %s", got)
	}
}

// Whoever makes a link in the folder's place gets nothing given by it.
func TestDataFolderThatIsALink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "meterline")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if _, err := os.Lstat(link); err != nil {
		t.Skipf("Wine says that it makes links, and makes none: %v", err)
	}
	if err := giveFolder(link, "S-1-5-32-545"); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("%v", err)
	}
}
