package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain is the process that books orders, too.
func TestMain(m *testing.M) {
	if os.Getenv(inDir) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out))
	require.Contains(t, out.String(), "all that it had said are there, and none by halves")
	require.Contains(t, out.String(), "appendonly.aof.1.incr.aof")
}
