// Package nooktest gives a test a server of its own that any Redis client can
// talk to, in the process of the test and gone with it:
//
//	func TestCart(t *testing.T) {
//		srv := nooktest.Run(t)
//		client := redis.NewClient(&redis.Options{Dialer: srv.Dial})
//		defer client.Close()
//
//		cart := NewCart(client) // what the test is about
//		cart.Add("apple")
//		srv.Advance(time.Hour) // carts live half an hour
//		require.Empty(t, cart.Items())
//	}
//
// Clients reach it in memory by Dial, which has the form that go-redis and redigo
// take dialers in, or over loopback TCP by Addr or URL. The data is at hand without a
// client too: Store has the typed commands.
//
// # Time
//
// The store's time begins as the real one and then stands still until Advance
// moves it. So keys expire when the test says so, and so pass the timeouts of commands that
// wait, such as XREAD BLOCK and BLPOP: a test that has a client wait for one must call Advance
// meanwhile, run in a bubble, or use RealTime. Timeouts of the client itself go by the
// client's time, which is real.
//
// In a testing/synctest bubble the store's time is the bubble's instead, and the test
// may sleep: it takes no real time. Run must be called in the bubble, with the
// bubble's T, and clients must use Dial, as a bubble's time stands still while
// somebody waits for a socket:
//
//	synctest.Test(t, func(t *testing.T) {
//		srv := nooktest.Run(t)
//		...
//		time.Sleep(time.Hour)
//		...
//	})
//
// There, give go-redis an Addr with an IP too, such as "127.0.0.1:6379", though
// nobody dials it. Its default has a name, which it looks up; that ties what all lookups
// of the process share to the bubble, and the next one elsewhere fails.
//
// Options.RealTime makes time real outside of bubbles.
//
// # Clusters
//
// RunCluster starts several servers that are the nodes of a Redis Cluster, for clients that expect one, and moves slots between them
// while a client is at work. RunSentinel starts a primary, a replica and a Redis Sentinel that names them, and fails over.
//
// # Setting up and looking
//
// [Keys] writes down what a database holds as a Go literal. [Server.Fill] puts that into the store, [Server.RequireKeys] and
// [Equal] compare, and show the keys that differ line by line; [Dump] is the reverse, and [Golden] keeps it in a file.
//
//	srv.RequireKeys(t, nooktest.Keys{
//		"cart:7":  nooktest.List{"apple"},
//		"session": nooktest.Expiring{Value: nooktest.String("ada"), TTL: 30 * time.Minute},
//	})
//
// [Server.Snapshot] and Restore bring all of the server back to what it was, as between subtests, and copy nothing but what has changed.
//
// # What clients said
//
// [Server.Commands] returns the commands that came, and [Server.RequireCommands] compares them with lines:
//
//	srv.RequireCommands(t, `
//		HGETALL user:7
//		SET session * EX 1800
//	`, nooktest.FromClient("shop"))
//
// # What goes wrong
//
// [Server.Inject] makes requests fail, wait, lose their reply or their connection: by command, key or client, every third of them, say,
// or with a probability.
//
//	srv.Inject(nooktest.Fault{Command: "GET", Key: "user:*", Every: 3, Effect: nooktest.FailWith("LOADING not yet")})
//
// # Again, and elsewhere
//
// All chance in a test follows from one seed. A test that fails prints it, with the last commands that came; NOOKTEST_SEED=... in the
// environment repeats it. What goroutines of the test do at the same time is not in the seed's hands, and so not the order in which their requests come.
//
// Servers are apart from each other: tests may run in parallel.
//
// With NOOKTEST_REDIS=redis-server in the environment, tests run against that program in the place of nook, which shows that
// they do not depend on the one or the other: see [RedisEnv].
package nooktest
