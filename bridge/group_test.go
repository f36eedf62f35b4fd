package bridge

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"

	"meterline/relay"
)

// thing is a task of a group that says why it was ended.
type thing struct {
	cfg   string
	ended error
}

func (t *thing) run(ctx context.Context) {
	<-ctx.Done()
	t.ended = context.Cause(ctx)
}

// A reload's difference changes nothing by itself. What is applied of it ends what it should, with its cause, and leaves the rest alone.
func TestGroupFollowsTheConfiguration(t *testing.T) {
	g := newGroup("thing", func(t *thing) string { return t.cfg }, func(t *thing, next string) bool {
		if next != "easy" {
			return false
		}
		t.cfg = next
		return true
	})
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancelCause(t.Context())
	defer wg.Wait()
	defer cancel(relay.ErrShutdown)
	have := map[string]*thing{"same": {cfg: "1"}, "gone": {cfg: "1"}, "eased": {cfg: "1"}, "changed": {cfg: "1"}}
	for name, it := range have {
		g.start(ctx, &wg, name, it, it.run)
	}
	wanted := map[string]string{"same": "1", "eased": "easy", "changed": "2", "new": "1"}
	d := g.diff(wanted)
	if want := (difference{kind: "thing", added: []string{"new"}, changed: []string{"changed", "eased"}, removed: []string{"gone"}}); !reflect.DeepEqual(d, want) {
		t.Errorf("the difference is %+v, want %+v", d, want)
	}
	g.goOver(&d, wanted)
	if stopping := g.stopping(d); len(stopping) != 2 || stopping["changed"] == nil || stopping["gone"] == nil {
		t.Errorf("to be stopped are %v", stopping)
	}
	g.stop(d, errReconfigured)
	for name, want := range map[string]error{"same": nil, "eased": nil, "gone": relay.ErrRemoved, "changed": errReconfigured} {
		_, there := g.has(name)
		if got := have[name]; there != (want == nil) || !errors.Is(got.ended, want) {
			t.Errorf("%s: there %v, ended by %v, want %v", name, there, got.ended, want)
		}
	}
	if got := d.starting(); !slices.Equal(got, []string{"new", "changed"}) {
		t.Errorf("to be started are %q", got)
	}
	if got := len(g.inOrder()); got != 2 {
		t.Errorf("%d are left", got)
	}
}

// A port that has become a dial-up port is changed, and neither added nor removed.
func TestChangesOfSeveralGroups(t *testing.T) {
	c := changesOf(
		difference{kind: "port", added: []string{"/new"}, removed: []string{"/moved", "/gone"}},
		difference{kind: "port", added: []string{"/moved"}},
		difference{kind: "modem", changed: []string{"m"}},
	)
	if !slices.Equal(c.Added, []string{"port /new"}) || !slices.Equal(c.Changed, []string{"modem m", "port /moved"}) || !slices.Equal(c.Removed, []string{"port /gone"}) {
		t.Errorf("got %+v", c)
	}
}
