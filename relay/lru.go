package relay

// lru is a bounded map that forgets the entry that was not used for the longest time. It is not safe for concurrent use; the
// zero value is ready.
type lru[K comparable, V any] struct {
	at             map[K]*lruEntry[K, V]
	latest, oldest *lruEntry[K, V]
}

type lruEntry[K comparable, V any] struct {
	key           K
	value         V
	newer, before *lruEntry[K, V]
}

// get returns a value, and makes it the latest.
func (r *lru[K, V]) get(key K) (value V, ok bool) {
	m, ok := r.at[key]
	if !ok {
		return value, false
	}
	r.unlink(m)
	r.link(m)
	return m.value, true
}

// put makes value the latest, and forgets the oldest ones beyond limit.
func (r *lru[K, V]) put(key K, value V, limit int) {
	m, ok := r.at[key]
	if ok {
		r.unlink(m)
	} else {
		m = &lruEntry[K, V]{key: key}
		if r.at == nil {
			r.at = map[K]*lruEntry[K, V]{}
		}
		r.at[key] = m
	}
	m.value = value
	r.link(m)
	for len(r.at) > max(limit, 1) {
		r.dropOldest()
	}
}

// dropOldest forgets the value that was not used for the longest time, and returns it. There must be one.
func (r *lru[K, V]) dropOldest() V {
	m := r.oldest
	delete(r.at, m.key)
	r.unlink(m)
	return m.value
}

// all returns the values, latest first.
func (r *lru[K, V]) all() []V {
	values := make([]V, 0, len(r.at))
	for m := r.latest; m != nil; m = m.before {
		values = append(values, m.value)
	}
	return values
}

func (r *lru[K, V]) link(m *lruEntry[K, V]) {
	m.newer, m.before = nil, r.latest
	if r.latest != nil {
		r.latest.newer = m
	} else {
		r.oldest = m
	}
	r.latest = m
}

func (r *lru[K, V]) unlink(m *lruEntry[K, V]) {
	if m.newer != nil {
		m.newer.before = m.before
	} else {
		r.latest = m.before
	}
	if m.before != nil {
		m.before.newer = m.newer
	} else {
		r.oldest = m.newer
	}
}
