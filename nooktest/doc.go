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
package nooktest
