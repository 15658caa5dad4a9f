package nook

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSleep(t *testing.T) {
	s, clock := newTimed(t, Options{})
	woken := make(chan error)
	go func() { woken <- s.Sleep(context.Background(), time.Minute) }()
	for awake := false; !awake; {
		select {
		case err := <-woken:
			require.NoError(t, err)
			awake = true
		default:
			clock.Advance(time.Second)
		}
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Sleep(over, time.Minute), context.Canceled)
	require.NoError(t, s.Sleep(context.Background(), 0))
	require.NoError(t, s.Exec(func(tx *Tx) error { return tx.Commands().Sleep(context.Background(), time.Hour) }, "k"))
}
