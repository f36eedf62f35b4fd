package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// asideMost is how many files with the same end are kept.
const asideMost = 9

// Aside renames the file at path to path+end, and returns its new name. If that name is taken, the new name is path+end+".2" and so on
// up to ".9", which is replaced.
func Aside(path, end string) (kept string, err error) {
	path, err = Follow(path)
	if err != nil {
		return "", err
	}
	kept = path + end
	for i := 2; i <= asideMost; i++ {
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			break
		}
		kept = fmt.Sprintf("%s%s.%d", path, end, i)
	}
	return kept, os.Rename(path, kept)
}
