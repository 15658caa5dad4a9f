package server

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConfigSetsAreNotLost has clients set different parameters at once.
func TestConfigSetsAreNotLost(t *testing.T) {
	h := start(t, nil, nil)
	names := []string{"slowlog-max-len", "repl-timeout", "timeout", "acllog-max-len", "tcp-keepalive", "busy-reply-threshold"}
	var all sync.WaitGroup
	for _, name := range names {
		c := h.client()
		all.Go(func() {
			for i := range 50 {
				c.Do("CONFIG", "SET", name, strconv.Itoa(1000+i))
			}
		})
	}
	all.Wait()
	got := h.parameters(names...)
	for _, name := range names {
		require.Equal(t, "1049", got[name], name)
	}
}
