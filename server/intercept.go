package server

import (
	"context"
	"slices"

	"github.com/nookdb/nook/internal/command"
)

// A Request is one of a client, on its way through Options.Intercept. It is good until that returns, and for its
// goroutine alone.
type Request struct {
	// Args are the arguments, the name of the command first. They must not be changed; the strings may be kept.
	Args []string

	session *session
	tap     tap
}

// intercepted hands a request to the interceptor.
func (s *session) intercepted(args []string) {
	if s.request == nil {
		s.request = &Request{session: s}
	}
	s.request.Args = args
	s.server.options.Intercept(s.request)
}

// A Client is one who is connected, as a Request shows it.
type Client struct {
	ID         int64  // CLIENT ID
	Name, User string // CLIENT SETNAME, AUTH
	Addr       string // where it connects from
	DB         int    // SELECT
	Proto      int    // HELLO: 2 or 3
}

// Client returns who sends the request.
func (r *Request) Client() Client {
	s := r.session
	return Client{
		ID: s.id, Name: s.own.name, User: s.own.user, Addr: s.addr(s.conn.RemoteAddr()),
		DB: s.call.DB.DBIndex(), Proto: s.call.Out.Proto(),
	}
}

// Keys returns the keys among the arguments. There may be none if the arguments are wrong.
func (r *Request) Keys() []string {
	row, err := command.Lookup(r.Args)
	if err != nil {
		return nil
	}
	return row.KeysOf(r.Args, nil)
}

// Context returns what ends when the server is closed: whoever lets a request wait must not let it wait any longer then.
func (r *Request) Context() context.Context { return r.session.server.scripts.Context }

// maxTapped bounds what Serve returns of a reply.
const maxTapped = 64 << 10

// Serve has the request served as if nobody had intercepted it, and returns the reply as it is encoded, but no more than
// 64 KiB of it, which are good until the interceptor returns. Messages that come with it are a part of it. A queued command's is QUEUED.
func (r *Request) Serve() []byte {
	s := r.session
	before := s.gear.out.Buffered()
	r.tap = tap{left: -1, room: before + maxTapped}
	s.outlet.tap = &r.tap
	s.do(r.Args)
	s.outlet.tap = nil
	all := s.gear.out.Bytes()
	if len(r.tap.kept) > 0 {
		all = slices.Concat(r.tap.kept, all)
	}
	return all[min(before, len(all)):min(before+maxTapped, len(all))]
}

// Fail replies an error in the place of serving the request: a code, a space and a text, such as "LOADING Redis is
// loading". As any request that is rejected it spoils the transaction that it should have been a part of.
func (r *Request) Fail(text string) {
	row, _ := command.Lookup(r.Args)
	r.session.reject(row, command.Error(text))
}

// Cut has the request served, sends the first n bytes of the reply, and closes the connection. Replies to requests
// before are sent.
func (r *Request) Cut(n int) {
	r.limit(n)
	r.session.do(r.Args)
	r.session.leaving = true
}

// Disconnect closes the connection in the place of serving the request. Replies to requests before are sent.
func (r *Request) Disconnect() {
	r.limit(0)
	r.session.leaving = true
}

// limit sends what is there to send, and lets no more than n bytes follow.
func (r *Request) limit(n int) {
	s := r.session
	_ = s.gear.out.Flush() // an error is that of a connection gone, which is what is wanted
	r.tap = tap{left: max(n, 0)}
	s.outlet.tap = &r.tap
}

// A tap is where bytes that leave are seen and held back.
type tap struct {
	left int    // how many may pass, negative for all
	room int    // how many are kept
	kept []byte // the first that passed
}

// pass returns those of the bytes that may leave.
func (t *tap) pass(p []byte) []byte {
	if t.left >= 0 {
		p = p[:min(len(p), t.left)]
		t.left -= len(p)
	}
	t.kept = append(t.kept, p[:min(len(p), t.room-len(t.kept))]...)
	return p
}
