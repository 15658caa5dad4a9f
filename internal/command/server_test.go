package command

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var idFields = regexp.MustCompile(`\bid=\d+`)

func TestSections(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  Sections
	}{
		{nil, defaultSections},
		{[]string{"DEFAULT"}, defaultSections},
		{[]string{"all"}, allSections},
		{[]string{"Everything", "nosuch"}, allSections},
		{[]string{"nosuch"}, 0},
		{[]string{"Keyspace", "cpu"}, SectionKeyspace | SectionCPU},
		{[]string{"commandstats", "latencystats", "default"}, allSections},
	} {
		require.Equal(t, c.want, parseSections(c.names), c.names)
	}
	require.Equal(t, 1<<len(sectionNames)-1, int(allSections))
}

func TestServerCommands(t *testing.T) {
	s := newTester(t)
	for _, step := range []struct {
		line []string
		want string
	}{
		{[]string{"SET", "a", "1"}, "+OK"},
		{[]string{"DBSIZE"}, ":1"},
		{[]string{"SWAPDB", "0", "3"}, "+OK"},
		{[]string{"DBSIZE"}, ":0"},
		{[]string{"SWAPDB", "3", "0"}, "+OK"},
		{[]string{"SWAPDB", "0x0", "0"}, "-" + string(errFirstDB)},
		{[]string{"SWAPDB", "0", "4294967296"}, "-" + string(errSecondDB)},
		{[]string{"SWAPDB", "0", "-1"}, "-ERR DB index is out of range"},
		{[]string{"FLUSHDB", "ASYNC", "SYNC"}, "-ERR syntax error"},
		{[]string{"FLUSHALL", "later"}, "-ERR syntax error"},
		{[]string{"DBSIZE"}, ":1"},
		{[]string{"FLUSHALL", "Async"}, "+OK"},
		{[]string{"DBSIZE"}, ":0"},
		{[]string{"TIME"}, "[$1577836800 $0]"},
	} {
		require.Equal(t, step.want, s.do(step.line...), step.line)
	}
}
