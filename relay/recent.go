package relay

// recent is a bounded map that forgets what was used longest ago. It is not safe for concurrent use; the zero value is
// ready.
type recent[K comparable, V any] struct {
	at             map[K]*memory[K, V]
	latest, oldest *memory[K, V]
}

type memory[K comparable, V any] struct {
	key           K
	value         V
	newer, before *memory[K, V]
}

// get finds a value, and makes it the latest.
func (r *recent[K, V]) get(key K) (value V, ok bool) {
	m, ok := r.at[key]
	if !ok {
		return value, false
	}
	r.unlink(m)
	r.link(m)
	return m.value, true
}

// put makes value the latest, and forgets the oldest beyond limit.
func (r *recent[K, V]) put(key K, value V, limit int) {
	m, ok := r.at[key]
	if ok {
		r.unlink(m)
	} else {
		m = &memory[K, V]{key: key}
		if r.at == nil {
			r.at = map[K]*memory[K, V]{}
		}
		r.at[key] = m
	}
	m.value = value
	r.link(m)
	for len(r.at) > max(limit, 1) {
		delete(r.at, r.oldest.key)
		r.unlink(r.oldest)
	}
}

// all gives the values, latest first.
func (r *recent[K, V]) all() []V {
	values := make([]V, 0, len(r.at))
	for m := r.latest; m != nil; m = m.before {
		values = append(values, m.value)
	}
	return values
}

func (r *recent[K, V]) link(m *memory[K, V]) {
	m.newer, m.before = nil, r.latest
	if r.latest != nil {
		r.latest.newer = m
	} else {
		r.oldest = m
	}
	r.latest = m
}

func (r *recent[K, V]) unlink(m *memory[K, V]) {
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
