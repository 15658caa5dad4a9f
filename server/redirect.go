package server

import (
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/command"
)

// redirection is what a session of a cluster's node keeps.
type redirection struct {
	node   *node // nil if the server is none
	asking bool  // the request was sent here by an ASK, or the next one, or those of the transaction
	inside hold  // how the session has the node's gate
	slot   int   // of the request under way, -1 if it has none
	asked  cluster.Request
	judge  *cluster.Map   // by which the request was let in
	relays []nook.Message // that the request has published
}

// hold is how somebody has a gate.
type hold uint8

const (
	outside hold = iota // not at all
	shared              // with other requests
	alone
)

// route checks that a request belongs to the node, and reports whether to go on with it; if not, it has replied.
func (s *session) route(row *command.Row, args []string) bool {
	q := &s.asked
	*q = cluster.Request{
		Asking: s.asking || row.Flags.Has(command.Asking), Shard: row.ShardChannels(), Write: s.writes(row), Rules: s.rules(), Keys: q.Keys[:0],
		Moves: row.Name == "migrate",
	}
	if row.Name == "exec" && s.tx != nil {
		for _, queued := range s.tx.queue {
			q.Keys = queued.row.Anchors(s.tx.args[queued.from:queued.to], q.Keys)
		}
	} else {
		q.Keys = row.Anchors(args, q.Keys)
	}
	if s.slot = -1; len(q.Keys) == 0 {
		return true
	}
	q.Has = func(key string) bool { return has(s.call.DB, key) }
	return s.consult(row)
}

// rules returns what the node does while the cluster is not whole.
func (s *session) rules() cluster.Rules { return s.server.parameters.Load().clusterRules() }

// clusterRules reads the parameters of that name.
func (p *parameters) clusterRules() cluster.Rules {
	if len(p.kept) == 0 {
		return cluster.Rules{}
	}
	return cluster.Rules{
		Partial:    p.kept["cluster-require-full-coverage"] == "no",
		ReadDown:   p.kept["cluster-allow-reads-when-down"] == "yes",
		SilentDown: p.kept["cluster-allow-pubsubshard-when-down"] == "no",
	}
}

// spendAsking is the end of a request while an ASKING is in force: that is over with the request after it, whatever became of that one, or,
// if a transaction has begun, with the transaction.
func (s *session) spendAsking(args []string) {
	row := command.RowOf(args)
	s.asking = s.tx != nil || row != nil && row.Name == "asking"
}

// consult looks the request up in the map as it is.
func (s *session) consult(row *command.Row) bool {
	s.judge = s.node.cluster.current.Load()
	way := s.judge.Route(s.node.number, &s.asked)
	if s.slot = way.Slot; way.Verdict == cluster.Here {
		return true
	}
	s.stepOut()
	s.redirect(row, redirectError(s.judge, way))
	s.forgetKeys()
	return false
}

// stepIn is for a request that is about to be run, after it has waited for whatever it had to wait for: from here until
// stepOut the map does not change for its keys. If it has changed meanwhile, the request is checked again; so is one on a slot that is
// open, as that is about what keys there are.
func (s *session) stepIn(row *command.Row) bool {
	if s.slot < 0 && !s.scripted(row) {
		return true
	}
	open := s.takeGate()
	return s.judge == s.node.cluster.current.Load() && !open || s.consult(row)
}

// scripted reports whether the request may run a script, which may use keys that it does not show.
func (s *session) scripted(row *command.Row) bool {
	if row.Name == "exec" && s.tx != nil {
		return s.tx.flags.Has(command.NoMandatoryKeys)
	}
	return row.Flags.Has(command.NoMandatoryKeys)
}

// takeGate takes the gate, for the session alone if its slot is open, and reports whether that is so.
func (s *session) takeGate() (open bool) {
	for {
		m := s.node.cluster.current.Load()
		if open = s.slot >= 0 && m.Open(s.node.number, s.slot); open {
			s.node.gate.Lock()
			s.inside = alone
		} else {
			s.node.gate.RLock()
			s.inside = shared
		}
		if m == s.node.cluster.current.Load() {
			return open
		}
		s.stepOut()
	}
}

// has reports whether there is a key, without counting as an access. One that a script has not declared is taken to
// be there: the command will say what is wrong.
func has(db *nook.Commands, key string) bool {
	_, ok, err := db.ObjectEncoding(key)
	return ok || err != nil
}

// redirect replies that a request does not belong here. Unlike other reasons, this one is the reply of EXEC as it is.
func (s *session) redirect(row *command.Row, reason command.Error) {
	s.server.commands[row].rejected.Add(1)
	switch {
	case s.tx == nil:
	case row.Name == "exec":
		s.endTransaction()
	default:
		s.tx.spoiled = true
	}
	s.fail(&s.call, reason)
}

// redirectError returns the reply of a request that is not served.
func redirectError(m *cluster.Map, r cluster.Route) command.Error {
	switch r.Verdict {
	case cluster.CrossSlot:
		return command.ErrCrossSlot
	case cluster.TryAgain:
		return command.ErrTryAgain
	case cluster.Unbound:
		return command.ErrUnbound
	case cluster.Down:
		return command.ErrDown
	case cluster.ReadOnly:
		return command.ErrDownRead
	case cluster.Ask:
		return command.Error("ASK " + strconv.Itoa(r.Slot) + " " + address(&m.Nodes[r.Node]))
	default:
		return moved(m, r.Slot, r.Node)
	}
}

// stepOut lets the map change again.
func (s *session) stepOut() {
	switch s.inside {
	case shared:
		s.node.gate.RUnlock()
	case alone:
		s.node.gate.Unlock()
	}
	s.inside = outside
}

// stayOut is stepOut of a command that waits. From here on, who changes the map ends the wait; who has changed it just before may not have
// known of it.
func (s *session) stayOut(w *wait) {
	if s.node == nil || w.slot < 0 {
		return
	}
	s.stepOut()
	if m := s.node.cluster.current.Load(); m != s.judge && !s.paused.Load() {
		s.node.dismissOne(w, m)
	}
}

// conclude is the end of a request of a cluster's node: what it has published goes to the other nodes.
func (s *session) conclude() {
	s.stepOut()
	s.forgetKeys()
	if len(s.relays) == 0 {
		return
	}
	for _, n := range s.node.others() {
		for _, m := range s.relays {
			_, _ = n.store.Publish(m.Channel, m.Payload) // fails only once that node is closed
		}
	}
	s.relays = nil
}

// maxKeptKeys is how many keys a session has room for between two requests.
const maxKeptKeys = 64

// forgetKeys lets go of the keys of the request, which may be long.
func (s *session) forgetKeys() {
	clear(s.asked.Keys)
	if cap(s.asked.Keys) > maxKeptKeys {
		s.asked.Keys = nil
	}
}

// others returns the servers of the other nodes.
func (n *node) others() []*Server {
	list := n.cluster.Nodes()
	return append(list[:n.number:n.number], list[n.number+1:]...)
}

// Permit checks a call in a script, whose own keys have let it in.
func (v clusterView) Permit(c *command.Call) error {
	has := func(key string) bool { return has(c.DB, key) }
	q := cluster.Request{
		Keys: c.Row.Anchors(c.Args, nil), Shard: c.Row.ShardChannels(), Write: c.Row.Flags.Has(command.Write), Rules: v.rules(),
		Asking: v.asked.Asking, Moves: c.Row.Name == "migrate", Has: has,
	}
	route := v.Map().Route(v.node.number, &q)
	switch route.Verdict {
	case cluster.Here:
		return nil
	case cluster.Down:
		return command.ErrScriptDown
	case cluster.ReadOnly:
		return command.ErrScriptDownRead
	default:
		return command.ErrNotLocal
	}
}
