package command

import (
	"math/rand/v2"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

var lolwutRows = []*Row{
	{
		Name: "lolwut", Arity: -1, Flags: ReadOnly | Fast, Group: "server", Since: "5.0.0",
		Doc:  "Draws something, if asked for a version that has a picture, and returns the version of Redis whose commands there are.",
		Cost: "O(1)",
		Run:  lolwut,
	},
}

// A picture is a rectangle of characters. Its sides are bounded.
type picture struct {
	width, height int // if not said otherwise
	most          int
	draw          func(r *rand.Rand, width, height int) string
}

// pictures are those of versions that have one. The same version and size are the same picture.
var pictures = map[int64]picture{
	5: {width: 66, height: 16, most: 1000, draw: drawTiles},
	6: {width: 80, height: 20, most: 1000, draw: drawSkyline},
}

func lolwut(c *Call) error {
	args := c.Args[1:]
	version, text := int64(0), ""
	if len(args) > 1 && is(args[0], "version") {
		n, ok := number.ParseInt(args[1])
		if !ok {
			return errNotInt
		}
		version, args = n, args[2:]
	}
	if p, ok := pictures[version]; ok {
		sides := [2]int{p.width, p.height}
		for i := range min(len(args), len(sides)) {
			n, ok := number.ParseInt(args[i])
			if !ok {
				return errNotInt
			}
			sides[i] = int(min(max(n, 1), int64(p.most)))
		}
		text = p.draw(rand.New(rand.NewPCG(uint64(version), 0)), sides[0], sides[1]) + "\n"
	}
	c.Out.Verbatim("txt", text+"Redis ver. "+Version+"\n")
	return nil
}

const errNotInt = Error("ERR value is not an integer or out of range")

// drawTiles draws tiles that lie in order above and in none below.
func drawTiles(r *rand.Rand, width, height int) string {
	var b strings.Builder
	for y := range height {
		for range width {
			if r.IntN(height) < y {
				b.WriteByte(`/\_ `[r.IntN(4)])
			} else {
				b.WriteByte('#')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// drawSkyline draws houses against a sky.
func drawSkyline(r *rand.Rand, width, height int) string {
	roofs := make([]int, width)
	for x := 0; x < width; {
		roof := r.IntN(height)
		for range 3 + r.IntN(6) {
			if x < width {
				roofs[x] = roof
				x++
			}
		}
	}
	var b strings.Builder
	for y := range height {
		for x := range width {
			switch {
			case height-y > roofs[x]:
				b.WriteByte(" ."[r.IntN(20)/19])
			default:
				b.WriteByte("@#"[r.IntN(2)])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
