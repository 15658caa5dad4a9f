package command

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scanAll scans until the cursor is 0 and returns the keys, sorted.
func (s *tester) scanAll(options ...string) []string {
	var found []string
	for cursor := "0"; ; {
		reply := s.do(append([]string{"SCAN", cursor}, options...)...)
		next, page, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(reply, "[$"), "]]"), " [")
		require.True(s.t, ok, reply)
		for key := range strings.FieldsSeq(page) {
			found = append(found, key[1:])
		}
		if cursor = next; cursor == "0" {
			slices.Sort(found)
			return found
		}
	}
}

func TestScan(t *testing.T) {
	s := newTester(t)
	var all, threes []string
	for i := range 100 {
		key := "k" + strconv.Itoa(i)
		require.Equal(t, "+OK", s.do("SET", key, "v"))
		all = append(all, key)
		if i%10 == 3 {
			threes = append(threes, key)
		}
	}
	slices.Sort(all)
	slices.Sort(threes)
	require.Equal(t, all, s.scanAll())
	require.Equal(t, all, s.scanAll("COUNT", "1"))
	require.Equal(t, all, s.scanAll("COUNT", "9223372036854775807", "TYPE", "STRING"))
	require.Equal(t, threes, s.scanAll("MATCH", "k*3", "COUNT", "7", "MATCH", "k*3"))
	require.Empty(t, s.scanAll("TYPE", "list"))
	require.Empty(t, s.scanAll("TYPE", "nosuch"))
	require.Empty(t, s.scanAll("TYPE", ""))
	require.Empty(t, s.scanAll("MATCH", ""))
	s.do("SET", "", "v")
	require.Equal(t, []string{""}, s.scanAll("MATCH", ""))
}

func TestScanErrors(t *testing.T) {
	newTester(t).script(`
		SCAN abc FOO => -ERR invalid cursor
		SCAN 18446744073709551616 => -ERR invalid cursor
		SCAN 0 FOO => -ERR syntax error
		SCAN 0 MATCH => -ERR syntax error
		SCAN 0 COUNT 0 => -ERR syntax error
		SCAN 0 COUNT abc FOO => -ERR value is not an integer or out of range
		SCAN 0 MATCH * TYPE => -ERR syntax error
		SCAN 0 => [$0 []]
		KEYS * => []
		SET a 1 => +OK
		SCAN 0 COUNT 5 => [$0 [$a]]
		KEYS [a-c] => [$a]
	`)
}
