package geohash

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/redistest"
)

// somewhere returns points: any, near to each other, at the edges.
func somewhere(r *rand.Rand) Point {
	switch r.IntN(8) {
	case 0:
		return Point{180 * float64(r.IntN(3)-1), MaxLatitude * float64(r.IntN(3)-1)}
	case 1:
		return Point{r.Float64()*360 - 180, (80 + 5*r.Float64()) * float64(2*r.IntN(2)-1)}
	case 2, 3, 4:
		return Point{15 + r.Float64(), 37 + r.Float64()}
	}
	return Point{r.Float64()*360 - 180, r.Float64()*170 - 85}
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// TestPointsOfRedis compares coordinates, scores, geohashes and distances with those of a real
// server. Where points are nearly opposite each other, it may happen that the last digits of a distance
// differ: the C library does not always find the nearest float.
func TestPointsOfRedis(t *testing.T) {
	c := redistest.Start(t).Dial(t)
	r := rand.New(rand.NewPCG(5, 6))
	wrong := 0
	for i := range 2000 {
		a, b := somewhere(r), somewhere(r)
		if i%10 == 0 {
			b = Point{math.Remainder(a.Longitude+180, 360), clamp(r.Float64()*1e-3-a.Latitude, MaxLatitude)}
		}
		c.Do("DEL", "g")
		c.Do("GEOADD", "g", decimal(a.Longitude), decimal(a.Latitude), "a", decimal(b.Longitude), decimal(b.Latitude), "b")
		bitsA, bitsB := Bits(float64(Encode(a))), Bits(float64(Encode(b)))
		require.Equal(t, string(number.AppendDouble(nil, float64(bitsA))), c.Do("ZSCORE", "g", "a").Str)
		require.Equal(t, Hash(bitsB), c.Do("GEOHASH", "g", "b").Elems[0].Str, "%v", b)
		p := Decode(bitsA)
		pos := c.Do("GEOPOS", "g", "a").Elems[0].Elems
		require.Equal(t, pos[0].Str, string(number.LongDoubleOf(p.Longitude).Append(nil)))
		require.Equal(t, pos[1].Str, string(number.LongDoubleOf(p.Latitude).Append(nil)))
		d := Distance(p, Decode(bitsB))
		if want := c.Do("GEODIST", "g", "a", "b").Str; want != strconv.FormatFloat(d, 'f', 4, 64) {
			wrong++
			w, err := strconv.ParseFloat(want, 64)
			require.NoError(t, err)
			require.InDelta(t, w, d, 1, "%v %v", a, b)
		}
	}
	require.LessOrEqual(t, wrong, 3)
}

// TestStoredDistancesOfRedis compares all digits of distances. Nearly all are the same; see sinOf.
func TestStoredDistancesOfRedis(t *testing.T) {
	c := redistest.Start(t).Dial(t)
	r := rand.New(rand.NewPCG(9, 10))
	wrong := 0
	for i := range 1000 {
		a, b := somewhere(r), somewhere(r)
		if i%4 == 0 {
			b.Longitude = a.Longitude
		}
		c.Do("DEL", "g")
		c.Do("GEOADD", "g", decimal(a.Longitude), decimal(a.Latitude), "a", decimal(b.Longitude), decimal(b.Latitude), "b")
		c.Do("GEORADIUSBYMEMBER", "g", "a", "30000000", "m", "STOREDIST", "d")
		want := c.Do("ZSCORE", "d", "b").Str
		if want == "" {
			continue // Redis does not find what is behind the edge of the map
		}
		d := Distance(Decode(Bits(float64(Encode(a)))), Decode(Bits(float64(Encode(b)))))
		if want != string(number.AppendDouble(nil, d)) {
			wrong++
			require.NotEqual(t, 0, i%4, "%v %v", a, b)
			w, err := strconv.ParseFloat(want, 64)
			require.NoError(t, err)
			require.InEpsilon(t, w, d, 1e-12, "%v %v", a, b)
		}
	}
	require.Less(t, wrong, 20)
}

// TestScoresOfRedis decodes scores that no point has.
func TestScoresOfRedis(t *testing.T) {
	c := redistest.Start(t).Dial(t)
	for _, score := range []float64{
		0, 1, -1, 0.5, -0.5, 1 << 52, 1<<53 + 2, -(1 << 52), 1e18, 9.3e18, 1e19, 1.9e19, 1e300, -1e300, math.Inf(1), math.Inf(-1),
	} {
		c.Do("ZADD", "g", decimal(score), "a")
		p := Decode(Bits(score))
		pos := c.Do("GEOPOS", "g", "a").Elems[0].Elems
		require.Equal(t, pos[0].Str, string(number.LongDoubleOf(p.Longitude).Append(nil)), "%v", score)
		require.Equal(t, pos[1].Str, string(number.LongDoubleOf(p.Latitude).Append(nil)), "%v", score)
		require.Equal(t, Hash(Bits(score)), c.Do("GEOHASH", "g", "a").Elems[0].Str, "%v", score)
	}
}

// TestOrderOfRedis compares what is found, in the order of the cells.
func TestOrderOfRedis(t *testing.T) {
	c := redistest.Start(t).Dial(t)
	r := rand.New(rand.NewPCG(7, 8))
	points := map[string]uint64{}
	args := []string{"GEOADD", "g"}
	for i := range 400 {
		p := somewhere(r)
		name := "p" + strconv.Itoa(i)
		points[name] = Bits(float64(Encode(p)))
		args = append(args, decimal(p.Longitude), decimal(p.Latitude), name)
	}
	c.Do(args...)
	names := slices.SortedFunc(maps.Keys(points), func(a, b string) int {
		return cmp.Or(cmp.Compare(points[a], points[b]), cmp.Compare(a, b))
	})
	search := func(s *Shape) []string {
		found := []string{}
		for _, cell := range s.Cover(nil) {
			low, high := cell.Range()
			for _, name := range names {
				if bits := points[name]; low <= bits && bits < high {
					if _, ok := s.Contains(Decode(bits)); ok {
						found = append(found, name)
					}
				}
			}
		}
		return found
	}
	for range 3000 {
		s := Shape{Center: somewhere(r), Radius: math.Pow(10, r.Float64()*8)}
		by := []string{"BYRADIUS", decimal(s.Radius), "m"}
		if r.IntN(2) == 0 {
			s.Box, s.Width, s.Height = true, math.Pow(10, r.Float64()*8), math.Pow(10, r.Float64()*8)
			by = []string{"BYBOX", decimal(s.Width), decimal(s.Height), "m"}
		}
		reply := c.Do(append([]string{"GEOSEARCH", "g", "FROMLONLAT", decimal(s.Center.Longitude), decimal(s.Center.Latitude)}, by...)...)
		want := []string{}
		for _, e := range reply.Elems {
			want = append(want, e.Str)
		}
		require.Equal(t, want, search(&s), "%+v", s)
	}
}
