//go:build unix

package diskfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tree makes folders and links in a folder of its own, which has no links above it. A folder is written as PATH/ and a link
// as PATH>TARGET.
func tree(t *testing.T, parts ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if link, to, isLink := strings.Cut(part, ">"); isLink {
			err = os.Symlink(strings.ReplaceAll(to, "DIR", dir), filepath.Join(dir, link))
		} else {
			err = os.MkdirAll(filepath.Join(dir, part), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func allow(t *testing.T, folder string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(folder, mode); err != nil {
		t.Fatal(err)
	}
}

func TestFollow(t *testing.T) {
	dir := tree(t, "a/b/", "c/", "c/up>../a/b/../f", "c/abs>DIR/a/f", "c/chain>abs", "l>a/b", "c/loop>loop", "c/dangling>../none/f")
	for path, leads := range map[string]string{
		"a/f": "a/f", "c/up": "a/f", "c/abs": "a/f", "c/chain": "a/f", "c/dangling": "none/f", "none/deep/f": "none/deep/f",
		"l/f": "a/b/f",
	} {
		if got, err := Follow(filepath.Join(dir, path)); got != filepath.Join(dir, leads) || err != nil {
			t.Errorf("%s leads to %s, %v, want %s", path, got, err, leads)
		}
	}
	// The parent of a link's target is not that of the link.
	if got, err := Follow(dir + "/c/../l"); got != filepath.Join(dir, "a/b") || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Follow(filepath.Join(dir, "c/loop")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("of a loop: %v", err)
	}
}

// TestStrangersLinks: a link is not followed where somebody else can have made it, wherever it stands in the path.
func TestStrangersLinks(t *testing.T) {
	dir := tree(t, "mine/", "open/", "sticky/", "mine/victim>DIR/mine/precious", "open/log>DIR/mine/precious", "sticky/log>DIR/mine/precious", "sticky/folder>DIR/mine",
		"mine/on>DIR/open/log")
	allow(t, filepath.Join(dir, "open"), 0o777)
	allow(t, filepath.Join(dir, "sticky"), os.ModeSticky|0o777)
	precious := filepath.Join(dir, "mine", "precious")
	put(t, precious, "precious")
	for _, path := range []string{"open/log", "sticky/log", "sticky/folder/precious", "mine/on"} {
		path = filepath.Join(dir, path)
		if err := Write(path, []byte("x"), 0o600); !errors.Is(err, ErrStrangersLink) || !strings.Contains(err.Error(), "everybody can write to "+dir) {
			t.Errorf("write %s: %v", path, err)
		}
		if _, err := Append(path, 0o600); !errors.Is(err, ErrStrangersLink) {
			t.Errorf("append to %s: %v", path, err)
		}
		if _, err := Aside(path, ".bad"); !errors.Is(err, ErrStrangersLink) {
			t.Errorf("put aside %s: %v", path, err)
		}
	}
	want(t, precious, "precious")
	if err := Write(filepath.Join(dir, "mine/victim"), []byte("anew"), 0o600); err != nil {
		t.Errorf("through a link of ours: %v", err)
	}
	want(t, precious, "anew")
	if err := Replace(filepath.Join(dir, "open/log"), []byte("replaced"), 0o600); err != nil {
		t.Errorf("in place of a link: %v", err)
	}
	want(t, precious, "anew")
	want(t, filepath.Join(dir, "open/log"), "replaced")
}

// TestStrangersFolders: root's daemon does not follow links in other people's folders, nor in a group's.
func TestStrangersFolders(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give folders away")
	}
	dir := tree(t, "bob/", "team/", "root/", "bob/f>../f", "team/f>../f", "root/f>../f")
	for _, c := range []struct {
		folder   string
		uid, gid int
		mode     os.FileMode
		who      string
	}{{"bob", 4711, 0, 0o755, "user 4711"}, {"team", 0, 4712, 0o775, "group 4712"}, {"root", 0, 0, 0o775, ""}, {"root", 0, 4712, 0o755, ""}} {
		folder := filepath.Join(dir, c.folder)
		if err := os.Chown(folder, c.uid, c.gid); err != nil {
			t.Fatal(err)
		}
		allow(t, folder, c.mode)
		_, err := Follow(filepath.Join(folder, "f"))
		if (err != nil) != (c.who != "") || err != nil && !strings.Contains(err.Error(), c.who+" can write to "+folder) {
			t.Errorf("%s, %d:%d %v: %v", c.folder, c.uid, c.gid, c.mode, err)
		}
	}
}

// TestTidyLeavesOthersFiles: root removes only its own.
func TestTidyLeavesOthersFiles(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := filepath.Join(tree(t), "f")
	others := temporary(path)
	putAt(t, others, time.Now().Add(-time.Hour))
	if err := os.Chown(others, 4711, 4711); err != nil {
		t.Fatal(err)
	}
	if n := Tidy(path); n != 0 {
		t.Errorf("%d removed", n)
	}
	want(t, others, "{")
}

func TestWriteKeepsPermissions(t *testing.T) {
	path := filepath.Join(tree(t), "f")
	if err := Write(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Errorf("new: %v, %v", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o600, 0o666} {
		allow(t, path, mode)
		if err := Write(path, nil, 0o640); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v, %v, want %v", info.Mode(), err, mode)
		}
	}
}

// TestWriteReplacesOnlyFiles: a device would be lost for the whole machine.
func TestWriteReplacesOnlyFiles(t *testing.T) {
	for _, path := range []string{pipe(t), filepath.Join(tree(t, "folder/"), "folder")} {
		if err := Write(path, nil, 0o600); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
		if info, err := os.ReadDir(filepath.Dir(path)); len(info) != 1 {
			t.Errorf("%v, %v", info, err)
		}
	}
}

// TestWriteLeavesNothingBehind where it does not succeed.
func TestWriteLeavesNothingBehind(t *testing.T) {
	dir := tree(t)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "f")
	put(t, path, "before")
	small := limit
	small.Cur = 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	err := Write(path, make([]byte, 20), 0o600)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("beyond the limit: %v", err)
	}
	want(t, path, "before")
	wantNames(t, dir, "f")
}

func TestExposure(t *testing.T) {
	dir := tree(t, "sub/deep/", "link>sub/deep")
	for _, c := range []struct {
		mode   os.FileMode
		folder string
		want   Exposure
	}{
		{0o755, "sub", Guarded},
		{0o775, "sub", Guarded},
		{0o777, "sub", Replaceable},
		{0o777, "sub/deep", Replaceable},
		{0o777, "sub/none/yet", Replaceable},
		{0o777, "link", Replaceable},
		{os.ModeSticky | 0o777, "sub", Creatable},
		{os.ModeSticky | 0o777, "sub/none/yet", Creatable},
		{os.ModeSticky | 0o777, "sub/deep", Guarded},
	} {
		allow(t, filepath.Join(dir, "sub"), c.mode)
		how, where := ExposureOf(filepath.Join(dir, c.folder))
		if how != c.want || how != Guarded && where != filepath.Join(dir, "sub") {
			t.Errorf("%s in a folder of mode %v: %v by %s, want %v", c.folder, c.mode, how, where, c.want)
		}
	}
}
