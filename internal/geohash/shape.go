package geohash

import "math"

// earthRadius is in meters. Distances are those on a ball.
const earthRadius = 6372797.560856

// degree is one in radians, rounded as C does it.
const degree = float64(math.Pi) / 180

func radians(degrees float64) float64 { return degrees * degree }
func degrees(radians float64) float64 { return radians / degree }

// Distance returns the meters between two points along the great circle, by the haversine
// formula. To the last digit it matters that points on one meridian have a simpler one.
func Distance(a, b Point) float64 {
	lat1, lat2 := radians(a.Latitude), radians(b.Latitude)
	v := sinOf((radians(b.Longitude) - radians(a.Longitude)) / 2)
	if v == 0 {
		return earthRadius * math.Abs(lat2-lat1)
	}
	u := sinOf((lat2 - lat1) / 2)
	h := float64(u*u) + float64(cosOf(lat1)*cosOf(lat2)*v*v)
	return 2 * earthRadius * asinOf(math.Sqrt(h))
}

// A Shape is what points are looked for in: a circle, or a box whose sides run to the
// north and to the east. All lengths are meters.
type Shape struct {
	Center Point
	Radius float64 // of a circle

	Box           bool
	Width, Height float64 // of a box
}

// Contains reports whether a point is within the shape, and its distance from
// the center. It is a box's own rule that the distances in longitude and in latitude
// count, the former at the latitude of the point.
func (s *Shape) Contains(p Point) (float64, bool) {
	if s.Box && !s.boxes(p) || !s.Box && s.clears(p) {
		return 0, false
	}
	d := Distance(s.Center, p)
	return d, s.Box || d <= s.Radius
}

// clears reports whether a point is outside of a circle beyond doubt. Most points that are looked
// at are, and this takes a fraction of the time that the exact distance does.
func (s *Shape) clears(p Point) bool {
	most := s.Radius*(1+doubt) + doubt
	north := radians(p.Latitude - s.Center.Latitude)
	return math.Abs(north)*earthRadius > most || roughly(s.Center, p) > most
}

// doubt is more than what rough distances are wrong, in meters and as a part of the whole.
const doubt = 1e-3

// roughly is Distance with the functions of package math.
func roughly(a, b Point) float64 {
	lat1, lat2 := radians(a.Latitude), radians(b.Latitude)
	u, v := math.Sin((lat2-lat1)/2), math.Sin(radians(b.Longitude-a.Longitude)/2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(u*u+math.Cos(lat1)*math.Cos(lat2)*v*v, 1)))
}

func (s *Shape) boxes(p Point) bool {
	east := Distance(p, Point{s.Center.Longitude, p.Latitude})
	north := Distance(p, Point{p.Longitude, s.Center.Latitude})
	return east <= s.Width/2 && north <= s.Height/2
}

// bounds returns an area around the shape. In longitude it is as wide as the shape is at its
// edge away from the equator: there, degrees are shortest.
func (s *Shape) bounds() Area {
	width, height := s.Radius, s.Radius
	if s.Box {
		width, height = s.Width/2, s.Height/2
	}
	c := s.Center
	lat := degrees(height / earthRadius)
	edge := c.Latitude + lat
	if c.Latitude < 0 {
		edge = c.Latitude - lat
	}
	lon := degrees(width / earthRadius / math.Cos(radians(edge)))
	return Area{West: c.Longitude - lon, East: c.Longitude + lon, South: c.Latitude - lat, North: c.Latitude + lat}
}

// reach returns how far the farthest point of the shape is from its center.
func (s *Shape) reach() float64 {
	if !s.Box {
		return s.Radius
	}
	return math.Sqrt(float64(s.Width/2*(s.Width/2)) + float64(s.Height/2*(s.Height/2)))
}

// Cover returns cells that together cover the shape, appended to dst, in the order in which Redis
// searches them: that of the center, then of its neighbours those that are needed.
func (s *Shape) Cover(dst []Cell) []Cell {
	steps, bounds := stepsFor(s.reach(), s.Center.Latitude), s.bounds()
	center := Cell{encode(s.Center, MaxLatitude, steps), steps}
	if steps > 1 && center.short(bounds) {
		steps--
		center = Cell{encode(s.Center, MaxLatitude, steps), steps}
	}
	area := center.Area()
	last := Cell{} // the neighbour before, which in the coarsest grid may be the same
	dst = append(dst, center)
	for _, n := range neighbors {
		if steps >= 2 && area.beyond(n.east, n.north, bounds) {
			continue
		}
		if c := center.neighbor(n.east, n.north); c != last {
			dst = append(dst, c)
			last = c
		}
	}
	return dst
}

// neighbors are those of a cell, in the order in which Redis searches them.
var neighbors = [...]struct{ east, north int64 }{
	{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// short reports whether the cell with its neighbours is not enough to cover an area. Bounds that are
// NaN, as those of an infinite circle, are none.
func (c Cell) short(a Area) bool {
	return c.neighbor(0, 1).Area().North < a.North || c.neighbor(0, -1).Area().South > a.South ||
		c.neighbor(1, 0).Area().East < a.East || c.neighbor(-1, 0).Area().West > a.West
}

// beyond reports whether the neighbour of a cell with area a, on that side, is not needed
// to cover bounds.
func (a Area) beyond(east, north int64, bounds Area) bool {
	return north < 0 && a.South < bounds.South || north > 0 && a.North > bounds.North ||
		east < 0 && a.West < bounds.West || east > 0 && a.East > bounds.East
}
