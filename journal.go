package nook

// A Journal receives the effects of writes: what happened, said as Redis commands
// that give the same result whenever they are run. (EXPIRE becomes PEXPIREAT,
// INCRBYFLOAT becomes SET, a key that expires becomes DEL.) Running all effects on an empty
// store, in order, makes a copy of the store.
type Journal interface {
	// Append receives the effects of one command or of one transaction, which
	// must take effect together if there are several. It is called with the locks of the
	// changed keys held: calls that concern the same key come in the order of
	// the changes. It must not call the store. The effects are the journal's to keep.
	Append(effects []Effect)
}

// An Effect is one command and the number of the database it applies to.
type Effect struct {
	DB   int
	Args []string
}

// batch collects the effects of a command or transaction.
type batch struct {
	effects []Effect
	muted   bool // nothing is collected
}

func (b *batch) add(db int, args []string) {
	if !b.muted {
		b.effects = append(b.effects, Effect{db, args})
	}
}

func (b *batch) commit(ks *keyspace) {
	if len(b.effects) > 0 {
		ks.opts.Journal.Append(b.effects)
		b.effects = nil
	}
}
