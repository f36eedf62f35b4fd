package bridge

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"

	"meterline/bridge/status"
	"meterline/relay"
)

// task is something that runs as long as the configuration names it.
type task[T any] struct {
	it     T
	cancel context.CancelCauseFunc
	done   chan struct{}
}

// group is the tasks of one kind, T with a configuration C, by name.
type group[T, C any] struct {
	kind   string                  // in the operator's words
	config func(T) C               // what a task runs with
	adopt  func(it T, next C) bool // has a task go over to next while it runs, and reports whether it has, nil if none can
	all    map[string]*task[T]
}

func newGroup[T, C any](kind string, config func(T) C, adopt func(T, C) bool) group[T, C] {
	return group[T, C]{kind, config, adopt, make(map[string]*task[T])}
}

// difference is how a group differs from what is wanted, in names by order.
type difference struct {
	kind                    string
	added, changed, removed []string
	adopted                 map[string]bool // of changed, those that went over while they ran
}

// diff compares the tasks with what is wanted. It changes nothing.
func (g *group[T, C]) diff(wanted map[string]C) difference {
	d := difference{kind: g.kind}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		switch m := g.all[name]; {
		case m == nil:
			d.added = append(d.added, name)
		case !reflect.DeepEqual(g.config(m.it), wanted[name]):
			d.changed = append(d.changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.all)) {
		if _, ok := wanted[name]; !ok {
			d.removed = append(d.removed, name)
		}
	}
	return d
}

// goOver has the changed tasks that can go over to their new configuration while they run.
func (g *group[T, C]) goOver(d *difference, wanted map[string]C) {
	d.adopted = make(map[string]bool)
	for _, name := range d.changed {
		if g.adopt != nil && g.adopt(g.all[name].it, wanted[name]) {
			d.adopted[name] = true
		}
	}
}

// stop ends the tasks that are removed, and those that have changed and did not go over, all of them at once. changed is the cause of
// the latter.
func (g *group[T, C]) stop(d difference, changed error) {
	var ending []*task[T]
	end := func(name string, cause error) {
		m := g.all[name]
		m.cancel(cause)
		delete(g.all, name)
		ending = append(ending, m)
	}
	for _, name := range d.removed {
		end(name, relay.ErrRemoved)
	}
	for _, name := range d.changed {
		if !d.adopted[name] {
			end(name, changed)
		}
	}
	for _, m := range ending {
		<-m.done
	}
}

// start runs it under name until it is stopped or ctx ends.
func (g *group[T, C]) start(ctx context.Context, wg *sync.WaitGroup, name string, it T, run func(context.Context)) {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &task[T]{it: it, cancel: cancel, done: make(chan struct{})}
	g.all[name] = m
	wg.Go(func() {
		defer close(m.done)
		run(ctx)
	})
}

// starting are the names of those that are to be started once the others have been stopped.
func (d difference) starting() []string {
	names := slices.Clone(d.added)
	for _, name := range d.changed {
		if !d.adopted[name] {
			names = append(names, name)
		}
	}
	return names
}

// has returns the task of that name, and whether there is one.
func (g *group[T, C]) has(name string) (it T, ok bool) {
	if m := g.all[name]; m != nil {
		return m.it, true
	}
	return it, false
}

// stopping are the tasks that stop will end.
func (g *group[T, C]) stopping(d difference) map[string]T {
	stopping := make(map[string]T)
	for _, name := range slices.Concat(d.removed, d.changed) {
		if !d.adopted[name] {
			stopping[name] = g.all[name].it
		}
	}
	return stopping
}

// inOrder are the tasks by the order of their names.
func (g *group[T, C]) inOrder() []T {
	all := make([]T, 0, len(g.all))
	for _, name := range slices.Sorted(maps.Keys(g.all)) {
		all = append(all, g.all[name].it)
	}
	return all
}

// changesOf are what a reload has done, in the operator's words. What one group has lost and another has got, as a port that is a dial-up
// port now, is changed.
func changesOf(differences ...difference) status.Changes {
	up, down := make(map[string]bool), make(map[string]bool)
	for _, d := range differences {
		for _, name := range slices.Concat(d.added, d.changed) {
			up[d.kind+" "+name] = true
		}
		for _, name := range slices.Concat(d.removed, d.changed) {
			down[d.kind+" "+name] = true
		}
	}
	var c status.Changes
	for _, what := range slices.Sorted(maps.Keys(up)) {
		if down[what] {
			c.Changed = append(c.Changed, what)
		} else {
			c.Added = append(c.Added, what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(down)) {
		if !up[what] {
			c.Removed = append(c.Removed, what)
		}
	}
	return c
}
