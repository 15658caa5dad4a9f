package nooktest

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

func TestTLS(t *testing.T) {
	srv := RunWith(t, Options{TLS: true})
	raw, err := tls.Dial("tcp", srv.Addr(), srv.TLSConfig())
	require.NoError(t, err)
	c := redistest.NewConn(t, raw)
	require.Equal(t, "OK", c.Do("SET", "k", strings.Repeat("v", 1<<20)).Str)
	require.Len(t, c.Do("GET", "k").Str, 1<<20)
	require.NoError(t, c.Close())
	require.True(t, strings.HasPrefix(srv.URL(), "rediss://127.0.0.1:"))

	_, port, err := net.SplitHostPort(srv.Addr())
	require.NoError(t, err)
	raw, err = tls.Dial("tcp", "localhost:"+port, srv.TLSConfig())
	require.NoError(t, err)
	require.NoError(t, raw.Close())

	other := RunWith(t, Options{TLS: true})
	_, err = tls.Dial("tcp", other.Addr(), srv.TLSConfig())
	require.ErrorContains(t, err, "certificate")

	near, err := srv.Dial(t.Context(), "tcp", "")
	require.NoError(t, err)
	require.Equal(t, "PONG", redistest.NewConn(t, near).Do("PING").Str)
	require.NoError(t, near.Close())
}
