package wire

import (
	"hash/maphash"
)

// KnownSecrets finds secrets in other text, wherever they stand. It holds none of them, only sums. A nil set finds nothing.
type KnownSecrets struct {
	seed maphash.Seed
	sums map[int]map[uint64]bool // by length
}

// What is shorter may stand in an id by chance.
const (
	leastFound  = 6
	leastDigits = 8 // of digits alone
)

// KnowSecrets returns the set of the secrets and logins in all. Short ones are left out.
func KnowSecrets(all []Credentials) *KnownSecrets {
	k := &KnownSecrets{seed: maphash.MakeSeed(), sums: make(map[int]map[uint64]bool)}
	for _, c := range all {
		for _, s := range []Secret{c.Login, c.Secret} {
			text := s.Reveal()
			if len(text) < leastFound || len(text) < leastDigits && Digits(text) {
				continue
			}
			if k.sums[len(text)] == nil {
				k.sums[len(text)] = make(map[uint64]bool)
			}
			k.sums[len(text)][maphash.Bytes(k.seed, text)] = true
		}
	}
	return k
}

// Mask overwrites each secret in p with asterisks, and reports whether there was any.
func (k *KnownSecrets) Mask(p []byte) (found bool) {
	if k == nil {
		return false
	}
	for length, sums := range k.sums {
		for i := 0; i+length <= len(p); i++ {
			if !sums[maphash.Bytes(k.seed, p[i:i+length])] {
				continue
			}
			found = true
			for j := range length {
				p[i+j] = '*'
			}
		}
	}
	return found
}
