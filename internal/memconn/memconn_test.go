package memconn

import (
	"bytes"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is Pair, closed when the test ends.
func pair(t testing.TB) (a, b net.Conn) {
	a, b = Pair("memory:1", "memory:2")
	t.Cleanup(func() {
		_ = a.Close()
		_ = b.Close()
	})
	return a, b
}

func TestAddresses(t *testing.T) {
	a, b := pair(t)
	require.Equal(t, "memory:1", a.LocalAddr().String())
	require.Equal(t, "memory:2", a.RemoteAddr().String())
	require.Equal(t, "memory:2", b.LocalAddr().String())
	require.Equal(t, "memory:1", b.RemoteAddr().String())
	require.Equal(t, "memory", a.LocalAddr().Network())
}

// What is read is what was written, however both are cut.
func TestBytesArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 3*capacity), 0, 8)
		writes, reads := sizes.Draw(t, "writes"), sizes.Draw(t, "reads")
		total := 0
		for _, n := range writes {
			total += n
		}
		sent := make([]byte, total)
		for i := range sent {
			sent[i] = byte(i * 7 / 3)
		}
		a, b := Pair("", "")
		go func() {
			rest := sent
			for _, n := range writes {
				_, _ = a.Write(rest[:n])
				rest = rest[n:]
			}
			_ = a.Close()
		}()
		var got bytes.Buffer
		for _, n := range reads {
			p := make([]byte, n)
			n, _ = b.Read(p)
			got.Write(p[:n])
		}
		_, err := got.ReadFrom(b)
		require.NoError(t, err)
		require.True(t, bytes.Equal(sent, got.Bytes()))
		require.NoError(t, b.Close())
	})
}

// Replies can be read while the requests are still being written, and the other way round.
func TestDirectionsAreApart(t *testing.T) {
	a, b := pair(t)
	_, err := a.Write([]byte("ping"))
	require.NoError(t, err)
	_, err = b.Write([]byte("pong"))
	require.NoError(t, err)
	p := make([]byte, 9)
	n, err := a.Read(p)
	require.NoError(t, err)
	require.Equal(t, "pong", string(p[:n]))
	n, err = b.Read(p)
	require.NoError(t, err)
	require.Equal(t, "ping", string(p[:n]))
}

func TestWriteWaitsWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		n, err := a.Write(make([]byte, capacity))
		require.NoError(t, err)
		require.Equal(t, capacity, n)

		written := false
		go func() {
			_, _ = a.Write([]byte("x"))
			written = true
		}()
		synctest.Wait()
		require.False(t, written)
		_, err = b.Read(make([]byte, 1))
		require.NoError(t, err)
		synctest.Wait()
		require.True(t, written)
	})
}

// Writes of several goroutines do not mix, even if each fills the buffer many
// times.
func TestWritesStayWhole(t *testing.T) {
	a, b := pair(t)
	const size = 3*capacity + 5
	for _, c := range "xyz" {
		go func() { _, _ = a.Write(bytes.Repeat([]byte(string(c)), size)) }()
	}
	for range 3 {
		p := make([]byte, size)
		_, err := io.ReadFull(b, p)
		require.NoError(t, err)
		require.Equal(t, size, bytes.Count(p, p[:1]))
	}
}

// Each of several readers gets a part, none is forgotten.
func TestSeveralReaders(t *testing.T) {
	a, b := pair(t)
	got := make(chan byte)
	for range 3 {
		go func() {
			p := make([]byte, 1)
			_, _ = b.Read(p)
			got <- p[0]
		}()
	}
	_, err := a.Write([]byte("abc"))
	require.NoError(t, err)
	require.ElementsMatch(t, []byte("abc"), []byte{<-got, <-got, <-got})
}

func TestClose(t *testing.T) {
	a, b := pair(t)
	_, err := a.Write([]byte("last words"))
	require.NoError(t, err)
	require.NoError(t, a.Close())

	rest, err := io.ReadAll(b) // until io.EOF
	require.NoError(t, err)
	require.Equal(t, "last words", string(rest))
	_, err = b.Write([]byte("x"))
	requireOpError(t, err, "write", io.ErrClosedPipe)

	requireOpError(t, a.Close(), "close", net.ErrClosed)
	_, err = a.Read(make([]byte, 1))
	requireOpError(t, err, "read", net.ErrClosed)
	_, err = a.Write([]byte("x"))
	requireOpError(t, err, "write", net.ErrClosed)
	requireOpError(t, a.SetDeadline(time.Time{}), "set", net.ErrClosed)
	requireOpError(t, a.SetReadDeadline(time.Time{}), "set", net.ErrClosed)
	requireOpError(t, a.SetWriteDeadline(time.Time{}), "set", net.ErrClosed)
}

func requireOpError(t *testing.T, err error, op string, reason error) {
	t.Helper()
	var failure *net.OpError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, op, failure.Op)
	require.ErrorIs(t, err, reason)
}

// Close wakes whoever waits, on either end.
func TestCloseWakes(t *testing.T) {
	for _, closer := range []string{"own", "other"} {
		synctest.Test(t, func(t *testing.T) {
			a, b := pair(t)
			_, err := a.Write(make([]byte, capacity))
			require.NoError(t, err)
			failures := make(chan error, 2)
			go func() {
				_, err := a.Read(make([]byte, 1))
				failures <- err
			}()
			go func() {
				_, err := a.Write(make([]byte, 1))
				failures <- err
			}()
			synctest.Wait()
			require.Empty(t, failures)
			if closer == "own" {
				require.NoError(t, a.Close())
			} else {
				require.NoError(t, b.Close())
			}
			require.Error(t, <-failures)
			require.Error(t, <-failures)
		})
	}
}

// A deadline is exact in a bubble, because its waits let time go on.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pair(t)
		start := time.Now()

		require.NoError(t, a.SetReadDeadline(start.Add(time.Second)))
		_, err := a.Read(make([]byte, 1))
		requireTimeout(t, err)
		require.Equal(t, time.Second, time.Since(start))

		_, err = a.Read(make([]byte, 1)) // it stays passed
		requireTimeout(t, err)
		require.Equal(t, time.Second, time.Since(start))

		require.NoError(t, a.SetWriteDeadline(start.Add(time.Minute)))
		n, err := a.Write(make([]byte, capacity+1))
		requireTimeout(t, err)
		require.Equal(t, capacity, n)
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func requireTimeout(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
}

// A deadline holds for reads and writes that have begun.
func TestDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		start := time.Now()
		require.NoError(t, a.SetDeadline(start.Add(time.Second)))
		go func() {
			time.Sleep(time.Second / 2)
			_ = a.SetDeadline(start.Add(time.Hour)) // later
			time.Sleep(time.Minute)
			_ = a.SetDeadline(time.Time{}) // none
			time.Sleep(24 * time.Hour)
			_, _ = b.Write([]byte("x"))
		}()
		p := make([]byte, 1)
		_, err := a.Read(p)
		require.NoError(t, err)
		require.Equal(t, "x", string(p))

		go func() {
			time.Sleep(time.Second)
			_ = a.SetDeadline(time.Unix(1, 0)) // at once
		}()
		before := time.Now()
		_, err = a.Read(p)
		requireTimeout(t, err)
		require.Equal(t, time.Second, time.Since(before))
	})
}

func TestPassedDeadlineBeatsBytes(t *testing.T) {
	a, b := pair(t)
	_, err := b.Write([]byte("x"))
	require.NoError(t, err)
	require.NoError(t, a.SetReadDeadline(time.Unix(1, 0)))
	_, err = a.Read(make([]byte, 1))
	requireTimeout(t, err)
	require.NoError(t, a.SetReadDeadline(time.Time{}))
	_, err = a.Read(make([]byte, 1))
	require.NoError(t, err)
}

func TestEmptyReadDoesNotWait(t *testing.T) {
	a, b := pair(t)
	n, err := a.Read(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = b.Write(nil)
	require.NoError(t, err)
}
