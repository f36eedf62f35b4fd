package diskfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Append opens the file at path for appending, and makes it with perm, less the umask, where there is none. The file's name
// is the path that all links led to. A link that a stranger could have made is refused with ErrStrangersLink. A pipe that
// nobody reads is an error too, and not waited for.
func Append(path string, perm fs.FileMode) (*os.File, error) {
	path, err := Follow(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|noFollow|nonBlock, perm)
	if errors.Is(err, syscall.ENXIO) {
		err = fmt.Errorf("%w: nobody reads what is written there", err)
	}
	return f, err
}
