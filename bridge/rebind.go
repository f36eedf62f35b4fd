package bridge

// permit lets ports go over to who may open them, where nothing else has changed.
func (b *Bridge) permit(wanted members, c *changeLog) {
	permit(b.ports, wanted.ports, c)
	permit(b.phones, wanted.phones, c)
}

// permitter is a port that can go over to who may open it by next, if nothing else has changed.
type permitter[C any] interface{ Permit(next C) bool }

func permit[C any, T permitter[C]](have map[string]*member[T], wanted map[string]C, c *changeLog) {
	for address, next := range wanted {
		if m := have[address]; m != nil && m.it.Permit(next) {
			c.adopted("port " + address)
		}
	}
}
