// Package geohash maps places on the earth to integers such that those of near places are
// near each other, as a rule, and finds the ranges of integers that cover an area. It
// does so as Redis does, to the last bit.
//
// # Cells
//
// A range of longitudes and one of latitudes make a rectangle. Halving both, again and
// again, gives ever smaller cells; a cell's number has two bits for each halving, of which the
// upper one chooses the half of longitudes. All places within a cell of so many
// halvings have numbers with the same beginning, so that a cell is one range of numbers.
// A place is known by its cell of 26 halvings, 52 bits, which is below 0.6 m wide and high,
// and which a float64 holds exactly.
//
// Latitudes end at about 85 degrees, where the projection of web maps does. Degrees are
// positive to the east and to the north.
//
// # Arithmetic
//
// Distances, and what is within one, must not depend on how a compiler
// joins multiplications and additions. Conversions such as float64(a*b) keep it from that.
package geohash

import "math"

// The limits of coordinates.
const (
	MaxLongitude = 180
	MaxLatitude  = 85.05112878

	// Steps is the number of halvings of a Cell that stands for a place.
	Steps = 26
)

// A Point is a place in degrees.
type Point struct{ Longitude, Latitude float64 }

// Valid reports whether the coordinates are within the limits. NaN is not.
func (p Point) Valid() bool {
	return -MaxLongitude <= p.Longitude && p.Longitude <= MaxLongitude &&
		-MaxLatitude <= p.Latitude && p.Latitude <= MaxLatitude
}

// Encode returns the 52 bits of the cell of a valid point.
func Encode(p Point) uint64 { return encode(p, MaxLatitude, Steps) }

// encode returns the bits of the cell of a point after so many halvings, where latitudes
// are within a limit and its negative.
func encode(p Point, limit float64, steps uint) uint64 {
	scale := float64(uint64(1) << steps)
	lat := (p.Latitude + limit) / (limit + limit) * scale
	lon := (p.Longitude + MaxLongitude) / (2 * MaxLongitude) * scale
	return spread(uint32(lat)) | spread(uint32(lon))<<1
}

// Decode returns the middle of the cell of 52 bits. Bits that no cell has are taken as Redis
// takes them: scores of sorted sets can be anything.
func Decode(bits uint64) Point {
	c := Cell{bits, Steps}
	a := c.Area()
	return Point{
		Longitude: clamp((a.West+a.East)/2, MaxLongitude),
		Latitude:  clamp((a.South+a.North)/2, MaxLatitude),
	}
}

func clamp(x, limit float64) float64 { return max(-limit, min(x, limit)) }

// Bits returns the bits that a score of a sorted set stands for: as C converts it to an unsigned
// integer on the machines that Redis runs on, if it is none.
func Bits(score float64) uint64 {
	const half = 1 << 63
	switch {
	case math.IsNaN(score) || score < -half:
		return half
	case score < half:
		return uint64(int64(score))
	case score < 2*half:
		return uint64(int64(score-half)) ^ half
	}
	return 0
}

// spread puts the bits of x at the even places.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000FFFF0000FFFF
	v = (v | v<<8) & 0x00FF00FF00FF00FF
	v = (v | v<<4) & 0x0F0F0F0F0F0F0F0F
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & evens
}

// gather is the inverse of spread.
func gather(v uint64) uint32 {
	v &= evens
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0F0F0F0F0F0F0F0F
	v = (v | v>>4) & 0x00FF00FF00FF00FF
	v = (v | v>>8) & 0x0000FFFF0000FFFF
	return uint32(v | v>>16)
}

const (
	evens = 0x5555555555555555 // the bits of latitudes
	odds  = 0xAAAAAAAAAAAAAAAA // the bits of longitudes
)

// A Cell is a cell of so many halvings. The zero value is none.
type Cell struct {
	Bits  uint64
	Steps uint
}

// An Area is a rectangle of degrees.
type Area struct{ West, South, East, North float64 }

// Area returns what the cell covers.
func (c Cell) Area() Area {
	lat, lon := gather(c.Bits), gather(c.Bits>>1)
	scale := float64(uint64(1) << c.Steps)
	edge := func(n uint32, limit float64) float64 {
		return -limit + float64(float64(n)/scale*(limit+limit))
	}
	return Area{
		West: edge(lon, MaxLongitude), East: edge(lon+1, MaxLongitude),
		South: edge(lat, MaxLatitude), North: edge(lat+1, MaxLatitude),
	}
}

// Range returns the 52 bits of the places within the cell: those from low and below high.
func (c Cell) Range() (low, high uint64) {
	shift := 2*Steps - 2*c.Steps
	return c.Bits << shift, (c.Bits + 1) << shift
}

// neighbor returns the cell so many cells to the east and to the north, 1, 0 or -1; at the
// edges of the world it goes on at the other side. The cell of the greatest longitude or latitude
// itself is beyond the edge, and there it stays unless it moves in that direction.
func (c Cell) neighbor(east, north int64) Cell {
	lon, lat := gather(c.Bits>>1), gather(c.Bits)
	mask := uint32(1)<<c.Steps - 1
	if east != 0 {
		lon = uint32(int64(lon)+east) & mask
	}
	if north != 0 {
		lat = uint32(int64(lat)+north) & mask
	}
	return Cell{spread(lon)<<1 | spread(lat), c.Steps}
}

// alphabet is that of standard geohashes.
const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// hashLen is the length of a Hash, of which the last letter is always 0: there are
// no more bits.
const hashLen = 11

// Hash returns the standard geohash of the place that 52 bits stand for. That divides
// latitudes up to the poles, so the place is encoded anew.
func Hash(b uint64) string {
	standard := encode(Decode(b), 90, Steps)
	var text [hashLen]byte
	for i := range text {
		text[i] = alphabet[0]
		if shift := 2*Steps - 5*(i+1); shift >= 0 {
			text[i] = alphabet[standard>>shift&31]
		}
	}
	return string(text[:])
}

// stepsFor returns after how many halvings cells are about as large as a circle of a radius
// in meters.
func stepsFor(radius, latitude float64) uint {
	const (
		half = 20037726.37 // meters of half the equator on the map
		most = Steps
	)
	if radius == 0 {
		return most
	}
	steps := 1
	for radius < half {
		radius *= 2
		steps++
	}
	steps -= 2 // so that neighbours cover the circle in most cases
	// Towards the poles a degree of longitude is shorter.
	if latitude > 66 || latitude < -66 {
		steps--
	}
	if latitude > 80 || latitude < -80 {
		steps--
	}
	return uint(min(max(steps, 1), most))
}
