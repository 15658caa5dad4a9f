package targets

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/bench/internal/server"
)

func tinyEnv(t *testing.T) *Env {
	e, err := NewEnv(context.Background(), Tiny)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func requireFinite(t *testing.T, x float64) {
	t.Helper()
	require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%v", x)
}

// No row's time is judged here: only that there is one.
func TestEveryRowYieldsFiniteNumbers(t *testing.T) {
	e := tinyEnv(t)
	for _, row := range Rows {
		t.Run(row.Title(), func(t *testing.T) {
			r, err := row.Run(e)
			require.NoError(t, err)
			requireFinite(t, r.Ours)
			requireFinite(t, r.Theirs)
			requireFinite(t, r.Ratio)
			require.Equal(t, row.Against != "", r.Theirs != 0)
		})
	}
}

func TestRowsHaveTitlesOfTheirOwnThatFit(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Rows {
		require.False(t, seen[row.Title()], row.Title())
		seen[row.Title()] = true
		require.LessOrEqual(t, len(row.Title()), widths[0])
	}
}

// Every default test of redis-benchmark has its rows.
func TestDefaultTestsHaveRows(t *testing.T) {
	var want, got []string
	for _, pipeline := range []int{1, 16} {
		for _, test := range server.DefaultTests {
			want = append(want, fmt.Sprintf("default %s -P %d", test, pipeline))
		}
	}
	for _, row := range Rows {
		if strings.HasPrefix(row.Name, "default ") {
			got = append(got, row.Name)
		}
	}
	require.Equal(t, want, got)
}

// An aim that is easier than its must is a slip of the pen.
func TestAimsAreWithinMusts(t *testing.T) {
	for _, row := range Rows {
		if row.Aim.Exists() {
			require.True(t, row.Must.Holds(row.Aim.limit), row.Title())
		}
	}
}

func TestStandings(t *testing.T) {
	standings, err := tinyEnv(t).Standings()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, PrintStandings(&out, standings))
	require.Equal(t, 1+len(standings), strings.Count(out.String(), "\n"))
	for _, s := range standings {
		requireFinite(t, s.Bytes)
		require.Positive(t, s.Get, s.Name)
		require.Positive(t, s.Set, s.Name)
	}
}

func TestGrowthTableAndPlot(t *testing.T) {
	g, err := tinyEnv(t).Growth()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, g.Print(&out))
	require.Equal(t, 1+len(Tiny.Growth), strings.Count(out.String(), "\n"))

	path, err := g.WritePlot(t.TempDir())
	require.NoError(t, err)
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	lines := 0
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if s, ok := token.(xml.StartElement); ok && s.Name.Local == "path" {
			lines++
		}
	}
	require.GreaterOrEqual(t, lines, 8) // four curves, four legend strokes
}

func TestCancelledRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e, err := NewEnv(ctx, Tiny)
	require.NoError(t, err)
	defer e.Close()
	cancel()
	_, err = Rows[0].Run(e)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTableLines(t *testing.T) {
	row := Row{Name: "GET", Against: "peer", Must: AtMost(1.3), Aim: AtMost(1)}
	for _, c := range []struct {
		markdown bool
		want     []string
	}{
		{false, []string{"what", "GET, peer 240 ns 200 ns 1.20 <= 1.3 <= 1 must close", "GET, peer - - - <= 1.3 <= 1 ERROR no server"}},
		{true, []string{
			"| what | ours | theirs | ratio | must | aim | verdict | note |", "|---|---|---|---|---|---|---|---|",
			"| GET, peer | 240 ns | 200 ns | 1.20 | <= 1.3 | <= 1 | must | close |",
			"| GET, peer | - | - | - | <= 1.3 | <= 1 | ERROR | no server |",
		}},
	} {
		var out bytes.Buffer
		table := Table{Out: &out, Markdown: c.markdown}
		table.Header()
		table.Result(row, Result{Ours: 240, Theirs: 200, Unit: "ns", Ratio: 1.2, Note: "close"})
		table.Failure(row, errors.New("no\nserver"))
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, len(c.want))
		for i, want := range c.want {
			require.Contains(t, strings.Join(strings.Fields(lines[i]), " "), want)
		}
	}
}
