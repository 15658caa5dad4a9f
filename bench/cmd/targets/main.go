// Command targets measures nook against its peers and prints how each target
// is met.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"

	"github.com/nookdb/nook/bench/internal/targets"
)

// outDir takes the plots. The repository ignores it.
const outDir = "out"

type options struct {
	rows     string
	scale    string
	rounds   int
	markdown bool
	profile  string
	growth   bool
	peers    bool
}

func main() {
	var o options
	flag.StringVar(&o.rows, "rows", "", "run only the rows whose title matches this `regexp`")
	flag.StringVar(&o.scale, "scale", "full", "full, or small to see within a minute that every row runs")
	flag.IntVar(&o.rounds, "rounds", 0, "`number` of rounds; 0 for the scale's own")
	flag.BoolVar(&o.markdown, "markdown", false, "print the table as Markdown")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile for each row into this `directory`")
	flag.BoolVar(&o.growth, "growth", false, "print only the cost per operation as the number of keys grows, and plot it")
	flag.BoolVar(&o.peers, "peers", false, "print only all contestants side by side")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "targets:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	scale, err := o.size()
	if err != nil {
		return err
	}
	env, err := targets.NewEnv(ctx, scale)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	fmt.Println(env.Machine())
	fmt.Println()
	switch {
	case o.growth:
		return growth(env)
	case o.peers:
		return peers(env)
	}
	return rows(env, o)
}

func (o options) size() (targets.Scale, error) {
	scale := targets.Full
	switch o.scale {
	case "full":
	case "small":
		scale = targets.Small
	default:
		return scale, fmt.Errorf("-scale is full or small, not %q", o.scale)
	}
	if o.rounds > 0 {
		scale.Rounds = o.rounds
	}
	return scale, nil
}

// rows runs the rows asked for. A row that misses its target is a result; one
// that cannot be measured is an error, reported after the others have run.
func rows(env *targets.Env, o options) error {
	wanted, err := regexp.Compile(o.rows)
	if err != nil {
		return err
	}
	table := targets.Table{Out: os.Stdout, Markdown: o.markdown}
	table.Header()
	ran, failed := 0, 0
	for _, row := range targets.Rows {
		if !wanted.MatchString(row.Title()) {
			continue
		}
		ran++
		result, err := profiled(row, env, o.profile)
		if err != nil {
			failed++
			table.Failure(row, err)
			continue
		}
		table.Result(row, result)
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d rows could not be measured", failed, ran)
	case ran == 0:
		return fmt.Errorf("no row matches %q", o.rows)
	}
	return nil
}

// profiled runs the row, with a CPU profile into the directory unless it is "".
func profiled(row targets.Row, env *targets.Env, dir string) (targets.Result, error) {
	if dir == "" {
		return row.Run(env)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return targets.Result{}, err
	}
	f, err := os.Create(filepath.Join(dir, fileName(row.Title())+".pprof"))
	if err != nil {
		return targets.Result{}, err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return targets.Result{}, err
	}
	defer pprof.StopCPUProfile()
	return row.Run(env)
}

var outsideNames = regexp.MustCompile(`[^a-z0-9]+`)

// fileName turns a title into a name that needs no quoting.
func fileName(title string) string {
	return strings.Trim(outsideNames.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

func growth(env *targets.Env) error {
	g, err := env.Growth()
	if err != nil {
		return err
	}
	if err := g.Print(os.Stdout); err != nil {
		return err
	}
	path, err := g.WritePlot(outDir)
	if err != nil {
		return err
	}
	fmt.Println("\nplot:", path)
	return nil
}

func peers(env *targets.Env) error {
	standings, err := env.Standings()
	if err != nil {
		return err
	}
	return targets.PrintStandings(os.Stdout, standings)
}
