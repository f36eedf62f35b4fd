package relay

import (
	"container/heap"
	"net/netip"
	"slices"
)

// crowd holds the unregistered connections of one rank, by their origins. The zero value is empty.
type crowd struct {
	total int
	of    map[netip.Prefix]*group
	heavy groups
}

// group holds the unregistered connections of one origin, the newest last.
type group struct {
	origin netip.Prefix
	passes []*pass
	at     int // its index in groups
}

func (g *group) newest() *pass { return g.passes[len(g.passes)-1] }

// add adds p.
func (c *crowd) add(p *pass) {
	g := c.of[p.origin]
	if g == nil {
		g = &group{origin: p.origin}
		if c.of == nil {
			c.of = map[netip.Prefix]*group{}
		}
		c.of[p.origin] = g
		g.passes = append(g.passes, p)
		heap.Push(&c.heavy, g)
	} else {
		g.passes = append(g.passes, p)
		heap.Fix(&c.heavy, g.at)
	}
	c.total++
}

// remove removes p, which must be in the crowd.
func (c *crowd) remove(p *pass) {
	g := c.of[p.origin]
	i := slices.Index(g.passes, p)
	g.passes = slices.Delete(g.passes, i, i+1)
	c.total--
	if len(g.passes) > 0 {
		heap.Fix(&c.heavy, g.at)
		return
	}
	heap.Remove(&c.heavy, g.at)
	delete(c.of, g.origin)
}

// count returns how many connections an origin has.
func (c *crowd) count(from netip.Prefix) int {
	if g := c.of[from]; g != nil {
		return len(g.passes)
	}
	return 0
}

// newest returns the newest connection of the origin that has the most, nil if it has fewer than least.
func (c *crowd) newest(least int) *pass {
	if len(c.heavy) == 0 || len(c.heavy[0].passes) < least {
		return nil
	}
	return c.heavy[0].newest()
}

// groups is a heap. First comes the origin with the most connections; of several, the one whose newest connection came last.
type groups []*group

func (h groups) Len() int { return len(h) }

func (h groups) Less(i, j int) bool {
	if len(h[i].passes) != len(h[j].passes) {
		return len(h[i].passes) > len(h[j].passes)
	}
	return h[i].newest().number > h[j].newest().number
}

func (h groups) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push implements heap.Interface.
func (h *groups) Push(x any) {
	g := x.(*group)
	g.at = len(*h)
	*h = append(*h, g)
}

// Pop implements heap.Interface.
func (h *groups) Pop() any {
	last := len(*h) - 1
	g := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return g
}
