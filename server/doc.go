// Package server lets Redis clients talk to a [nook.Store], over any
// net.Listener or over single connections such as one end of a net.Pipe:
//
//	srv, err := server.New(store, nil)
//	if err != nil { ... }
//	defer srv.Close()
//	err = srv.Serve(listener) // until Close
//
// It speaks RESP2, RESP3 and lines typed by hand. TLS is a matter of the
// listener: that of crypto/tls will do.
//
// # Sessions
//
// Each connection is a session with a goroutine of its own. It reads what has
// come, runs the requests one by one, and sends the replies once no whole request
// is left: a pipeline costs one read and one write. A session that waits
// for its client holds no buffers if the transport is TCP or a unix socket.
//
// # Users
//
// A server has one user at first, "default", who needs no password and may do everything.
// Options.Password gives that one a password; Options.Users and Options.ACLFile add others, with the
// rules of Redis:
//
//	server.Options{Users: map[string]string{"app": "on >secret ~app:* +@all -@admin"}}
//
// Clients change them by ACL SETUSER and the other commands of ACL. What changes holds for clients that are
// there already, from their next request on. Those whose user is removed are cut off, and so are those subscribed to what their user may not
// hear any more.
//
// # Slow and hostile clients
//
// A session never waits for its client while it holds a lock of the store. What
// a client can make it keep in memory is bounded:
//
//   - a request under way, queued commands and watched keys by
//     Options.MaxRequest; a client beyond that is cut off;
//   - replies that the client does not read by Options.MaxUnread; beyond that its
//     requests wait, and if it takes nothing for Options.StallTimeout it is
//     cut off;
//   - replies of one transaction, which are sent only after it, by
//     Options.MaxExec; beyond that the transaction is finished and the client cut
//     off;
//   - before it has authenticated, to requests of 10 arguments of 16 KiB.
//
// So a client may send all of a long pipeline before it reads any reply, on
// transports without buffers too, as long as the replies stay within MaxUnread.
package server
