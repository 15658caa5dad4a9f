package interop

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/nookdb/nook/internal/memconn"
)

// The connections in memory keep to what is asked of every net.Conn.
func TestMemoryConnections(t *testing.T) {
	nettest.TestConn(t, func() (a, b net.Conn, stop func(), err error) {
		a, b = memconn.Pair("memory:1", "memory:2")
		return a, b, func() { _, _ = a.Close(), b.Close() }, nil
	})
}
