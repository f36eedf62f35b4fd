package vporttest

import (
	"fmt"
	"sync"

	"meterline/vport"
)

// Rack makes ports in memory instead of vport.Kinds. The zero value is ready.
type Rack struct {
	mu    sync.Mutex
	ports map[string]*Port
	fail  map[string]error
}

// Open has the signature of vport.Kinds.Open. Like a path, an address can be open only once at a time.
func (r *Rack) Open(spec vport.Spec, presence vport.Presence) (vport.Port, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fail[spec.Address]; err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	if old := r.ports[spec.Address]; old != nil && !old.isClosed() {
		return nil, fmt.Errorf("port %s: %w", spec.Address, vport.ErrInUse)
	}
	if r.ports == nil {
		r.ports = map[string]*Port{}
	}
	p := New(spec.Address, presence)
	p.spec = spec
	r.ports[spec.Address] = p
	return p, nil
}

// Fail makes Open return err for an address from now on; nil ends that.
func (r *Rack) Fail(address string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail == nil {
		r.fail = map[string]error{}
	}
	r.fail[address] = err
}

// Port returns the port that was opened last at address, nil if there was none.
func (r *Rack) Port(address string) *Port {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ports[address]
}

func (p *Port) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Permit only changes what Spec returns.
func (p *Port) Permit(spec vport.Spec) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spec = spec
	return nil
}

// Spec returns what the port was last asked to be.
func (p *Port) Spec() vport.Spec {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spec
}
