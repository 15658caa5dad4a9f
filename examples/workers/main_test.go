package main

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun runs in a bubble, where no time is spent on waiting.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), &out))
		text := out.String()
		require.Contains(t, text, "bert counted 9 orders\n")
		require.Contains(t, text, "7 orders were taken over")
		require.Contains(t, text, "all amounts: 499500 of 499500, orders not acknowledged: 0\n")
		sum := 0
		for _, m := range regexp.MustCompile(`counted (\d+) orders`).FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			sum += n
		}
		require.Equal(t, orders, sum)
	})
}
