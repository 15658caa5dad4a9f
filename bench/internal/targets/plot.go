package targets

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/nookdb/nook/bench/internal/peer"
)

// The colours tell GET from SET; dashes tell the peer from nook.
var (
	getColor = color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}
	setColor = color.RGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0xff}
	dashed   = []vg.Length{vg.Points(4), vg.Points(3)}
)

// plot draws the curves as SVG: keys on a logarithmic axis, so that O(log n)
// is a straight line and O(1) a level one.
func (g Growth) plot(w io.Writer) error {
	p := plot.New()
	p.Title.Text = "Cost of one operation as the number of keys grows"
	p.X.Label.Text, p.Y.Label.Text = "keys", "ns"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	for _, c := range []struct {
		name   string
		ns     []float64
		color  color.Color
		dashes []vg.Length
	}{
		{"GET nook", g.Get.Ours, getColor, nil},
		{"GET " + peer.XSync.Name, g.Get.Theirs, getColor, dashed},
		{"SET nook", g.Set.Ours, setColor, nil},
		{"SET " + peer.XSync.Name, g.Set.Theirs, setColor, dashed},
	} {
		line, err := plotter.NewLine(g.points(c.ns))
		if err != nil {
			return err
		}
		line.LineStyle = draw.LineStyle{Color: c.color, Width: vg.Points(1.5), Dashes: c.dashes}
		p.Add(line)
		p.Legend.Add(c.name, line)
	}
	canvas := vgsvg.New(18*vg.Centimeter, 11*vg.Centimeter)
	p.Draw(draw.New(canvas))
	_, err := canvas.WriteTo(w)
	return err
}

func (g Growth) points(ns []float64) plotter.XYs {
	points := make(plotter.XYs, len(ns))
	for i := range ns {
		points[i] = plotter.XY{X: float64(g.Keys[i]), Y: ns[i]}
	}
	return points
}
