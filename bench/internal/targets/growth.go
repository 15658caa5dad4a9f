package targets

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/nookdb/nook/bench/internal/peer"
)

// Growth is the cost of an operation at growing numbers of keys. A bare
// concurrent map is measured beside nook: what an O(1) operation loses to caches
// and the page table, it loses as well.
type Growth struct {
	Keys []int
	Get  Curves
	Set  Curves
}

// Curves are ns per operation, one for each number of keys.
type Curves struct{ Ours, Theirs []float64 }

func (g Growth) get() Curves { return g.Get }
func (g Growth) set() Curves { return g.Set }

// factor returns how many times dearer the last point is than the first.
func factor(curve []float64) float64 { return curve[len(curve)-1] / curve[0] }

// growthOf is the row of one operation.
func growthOf(pick func(Growth) Curves) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		g, err := e.growth()
		if err != nil {
			return Result{}, err
		}
		c := pick(g)
		return Result{
			Ours: factor(c.Ours), Theirs: factor(c.Theirs), Unit: "x",
			Ratio: factor(c.Ours) / factor(c.Theirs),
			Note:  fmt.Sprintf("%s to %s ns", number(c.Ours[0]), number(c.Ours[len(c.Ours)-1])),
		}, nil
	}
}

// Growth measures, or returns what an earlier call has measured.
func (e *Env) Growth() (Growth, error) { return e.growth() }

func (e *Env) measureGrowth() (Growth, error) {
	g := Growth{Keys: e.Scale.Growth}
	for _, n := range g.Keys {
		if err := e.growTo(n, &g); err != nil {
			return Growth{}, err
		}
	}
	return g, nil
}

// growTo adds the points at n keys.
func (e *Env) growTo(n int, g *Growth) error {
	stores, err := filled(n, peer.Nook, peer.XSync)
	if err != nil {
		return err
	}
	defer closeAll(stores)
	for _, part := range []struct {
		op     operation
		curves *Curves
	}{{getOp, &g.Get}, {setOp, &g.Set}} {
		s := newScript(part.op, uniform(n), 1, e.Ops)
		times, err := e.interleaveLong(s.on(stores[0]), s.on(stores[1]))
		if err != nil {
			return err
		}
		part.curves.Ours = append(part.curves.Ours, times[0].median())
		part.curves.Theirs = append(part.curves.Theirs, times[1].median())
	}
	return nil
}

// Print writes the table.
func (g Growth) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "keys\tGET nook\tGET %[1]s\tSET nook\tSET %[1]s\t\n", peer.XSync.Name)
	for i, n := range g.Keys {
		fmt.Fprintf(t, "%d\t%s ns\t%s ns\t%s ns\t%s ns\t\n", n,
			number(g.Get.Ours[i]), number(g.Get.Theirs[i]), number(g.Set.Ours[i]), number(g.Set.Theirs[i]))
	}
	return t.Flush()
}

// WritePlot writes the plot into the directory and returns the file's path.
func (g Growth) WritePlot(dir string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "growth.svg")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := g.plot(f); err != nil {
		f.Close()
		return "", err
	}
	return path, f.Close()
}
