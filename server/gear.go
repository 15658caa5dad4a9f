package server

import "github.com/nookdb/nook/internal/resp"

const (
	// chunkSize is how much one read of a connection brings, as in Redis.
	chunkSize = 16 << 10
	// maxKeptArgs bounds the slice of arguments that an idle gear keeps.
	maxKeptArgs = 256
)

// A gear is what a session needs only while it is at work: buffers, for the most part. Sessions
// take one from the server's pool when requests come and give it back when they have to
// wait for more, if their transport lets them wait without a buffer.
//
//	connection -> chunk -> in -> args -> command -> out -> outlet -> connection
type gear struct {
	session *session // who has it, nil in the pool
	in      *resp.Reader
	out     *resp.Writer
	chunk   []byte   // what a read of the connection brings
	fresh   []byte   // the part of chunk that in has not taken yet
	args    []string // of the request
	obeyed  *parameters
	begun   int64 // bytes of the connection read since the last request ended
}

func newGear(limits resp.Limits) *gear {
	g := &gear{out: resp.NewWriter(nil), chunk: make([]byte, chunkSize)}
	g.in = resp.NewReader(g, limits)
	return g
}

// engage takes a gear for a session that has none.
func (s *session) engage() {
	g := s.server.gears.Get().(*gear)
	g.session, g.begun = s, 0
	g.in.SetAuthenticated(!s.locked)
	g.obey(s.server.parameters.Load())
	g.out.Reset(&s.outlet)
	g.out.SetProto(s.own.proto)
	s.gear, s.call.Out = g, g.out
}

// obey has requests from now on kept within what CONFIG SET says.
func (g *gear) obey(p *parameters) {
	if p != g.obeyed {
		g.obeyed = p
		g.in.SetLimits(p.requestLimits())
	}
}

// release gives the session's gear back. Nothing waits in it.
func (s *session) release() {
	g := s.gear
	s.gear, s.call.Out, s.call.Args = nil, nil, nil
	clear(g.args[:cap(g.args)])
	if cap(g.args) > maxKeptArgs {
		g.args = nil
	}
	g.session = nil
	s.server.gears.Put(g)
}

// drained reports whether there is no byte of a request left.
func (g *gear) drained() bool { return len(g.fresh) == 0 && g.in.Buffered() == 0 }

// Read is where in gets its bytes from: the chunk and then, if that ends within a
// request, the connection.
func (g *gear) Read(p []byte) (int, error) {
	if len(g.fresh) > 0 {
		n := copy(p, g.fresh)
		g.fresh = g.fresh[n:]
		return n, nil
	}
	s := g.session
	if g.begun > s.server.parameters.Load().MaxRequest {
		return 0, errBigRequest
	}
	if err := s.pause(); err != nil {
		return 0, err
	}
	n, err := s.conn.Read(p)
	s.resume(n)
	if reason := s.meet(); reason != nil {
		return 0, reason
	}
	return n, err
}
