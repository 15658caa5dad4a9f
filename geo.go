package nook

import (
	"cmp"
	"math"
	"slices"

	"github.com/nookdb/nook/internal/geohash"
	"github.com/nookdb/nook/internal/pqsort"
	"github.com/nookdb/nook/internal/value"
)

// A GeoPoint is a place on the earth in degrees, positive to the east and to the north. Longitudes
// go to 180, latitudes to 85.05112878.
type GeoPoint struct{ Longitude, Latitude float64 }

// Check returns ErrGeoPoint unless the coordinates are within their limits.
func (p GeoPoint) Check() error {
	if !geohash.Point(p).Valid() {
		return invalidPoint(p)
	}
	return nil
}

// A GeoLocation is a member of a sorted set whose score stands for a place.
type GeoLocation struct {
	Member string
	GeoPoint
}

// An OptionalPoint is a place that may be absent.
type OptionalPoint struct {
	GeoPoint
	OK bool
}

// A GeoUnit is a unit of lengths. Zero means meters.
type GeoUnit uint8

// The units of lengths.
const (
	Meters GeoUnit = iota
	Kilometers
	Feet
	Miles
)

// meters returns the length of a unit, 0 if there is no such.
func (u GeoUnit) meters() float64 {
	switch u {
	case Meters:
		return 1
	case Kilometers:
		return 1000
	case Feet:
		return 0.3048
	case Miles:
		return 1609.34
	}
	return 0
}

// GeoAdd gives members places, in a sorted set that is created if there is none, and returns how
// many of them are new. A place is kept to about half a meter.
//
// Fails with ErrGeoPoint, having changed nothing, and as ZAdd does. O(log n) for each
// member. GEOADD.
func (c *commands) GeoAdd(key string, locations ...GeoLocation) (int, error) {
	r, err := c.GeoAddWith(key, ZAddOptions{}, locations...)
	return r.Added, err
}

// GeoAddWith is GeoAdd under a condition, which is ZAddIfAbsent or ZAddIfPresent.
//
// Fails with ErrSyntax if it is another, or both, and as GeoAdd does. O(log n) for each
// member. See GeoAdd.
func (c *commands) GeoAddWith(key string, o ZAddOptions, locations ...GeoLocation) (ZAddResult, error) {
	if o.If != 0 && o.If != ZAddIfAbsent && o.If != ZAddIfPresent {
		return ZAddResult{}, ErrSyntax
	}
	members := make([]Z, len(locations))
	for i, l := range locations {
		if err := l.Check(); err != nil {
			return ZAddResult{}, err
		}
		members[i] = Z{Member: l.Member, Score: float64(geohash.Encode(geohash.Point(l.GeoPoint)))}
	}
	return c.ZAddWith(key, o, members...)
}

func (c *commands) readZSet(key string) (read, *value.ZSet, error) {
	return readAs[*value.ZSet](c, key)
}

// GeoPos returns the places of members; of one that is not there, none.
//
// Fails with ErrWrongType. O(1) for each member. GEOPOS.
func (c *commands) GeoPos(key string, members ...string) ([]OptionalPoint, error) {
	r, z, err := c.readZSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	places := make([]OptionalPoint, len(members))
	for i, member := range members {
		if p, ok := placeOf(z, member); ok {
			places[i] = OptionalPoint{GeoPoint(p), true}
		}
	}
	return places, nil
}

// placeOf returns the place of a member of a sorted set, which may be nil.
func placeOf(z *value.ZSet, member string) (geohash.Point, bool) {
	if z == nil {
		return geohash.Point{}, false
	}
	s := z.Find(member)
	if !s.Found {
		return geohash.Point{}, false
	}
	return geohash.Decode(geohash.Bits(s.Score)), true
}

// GeoDist returns the distance between two members along the surface of the earth, taken as a
// ball, and false if one of them is not there.
//
// Fails with ErrGeoUnit and ErrWrongType. O(1). GEODIST.
func (c *commands) GeoDist(key, a, b string, u GeoUnit) (float64, bool, error) {
	if u.meters() == 0 {
		return 0, false, ErrGeoUnit
	}
	r, z, err := c.readZSet(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	p, found := placeOf(z, a)
	q, also := placeOf(z, b)
	if !found || !also {
		return 0, false, nil
	}
	return geohash.Distance(p, q) / u.meters(), true, nil
}

// GeoHash returns the standard geohashes, of 11 letters, of the places of members; of one that is
// not there, none.
//
// Fails with ErrWrongType. O(1) for each member. GEOHASH.
func (c *commands) GeoHash(key string, members ...string) ([]Optional, error) {
	r, z, err := c.readZSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	hashes := make([]Optional, len(members))
	for i, member := range members {
		if z == nil {
			break
		}
		if s := z.Find(member); s.Found {
			hashes[i] = Optional{geohash.Hash(geohash.Bits(s.Score)), true}
		}
	}
	return hashes, nil
}

// A GeoCenter is the place around which GeoSearch looks; see GeoAround and GeoAroundMember.
// Zero is the point at 0, 0.
type GeoCenter struct {
	point    GeoPoint
	member   string
	byMember bool
}

// GeoAround is a point as a center.
func GeoAround(longitude, latitude float64) GeoCenter {
	return GeoCenter{point: GeoPoint{longitude, latitude}}
}

// GeoAroundMember is the place of a member as a center.
func GeoAroundMember(member string) GeoCenter { return GeoCenter{member: member, byMember: true} }

// A GeoShape is where GeoSearch looks for members; see GeoCircle and GeoBox. Zero is the center
// alone.
type GeoShape struct {
	radius, width, height float64
	box                   bool
}

// GeoCircle is a circle.
func GeoCircle(radius float64) GeoShape { return GeoShape{radius: radius} }

// GeoBox is a rectangle whose sides run to the north and to the east.
func GeoBox(width, height float64) GeoShape { return GeoShape{width: width, height: height, box: true} }

// A GeoOrder is an order of what GeoSearch finds. Zero means none in particular.
type GeoOrder uint8

// The orders of what is found.
const (
	GeoUnordered GeoOrder = iota
	GeoNearestFirst
	GeoFarthestFirst
)

// A GeoQuery says what GeoSearch looks for.
type GeoQuery struct {
	Center GeoCenter
	Shape  GeoShape
	Unit   GeoUnit // of the shape, and of distances
	Order  GeoOrder

	// Count is how many members are returned at most: the first ones in the order, the
	// nearest ones if there is none. 0 means all.
	Count int

	// Any takes the first Count members that are met, which saves looking at all.
	Any bool
}

// A GeoResult is a member that GeoSearch has found.
type GeoResult struct {
	GeoLocation
	Distance float64 // from the center, in the unit of the query
	Score    float64 // of which the integer part is the place
}

// check fails if a query makes no sense.
func (q *GeoQuery) check() error {
	s := &q.Shape
	if err := q.Center.point.Check(); err != nil {
		return err
	}
	switch {
	case !s.box && !(s.radius >= 0):
		return ErrGeoRadius
	case s.box && !(s.width >= 0 && s.height >= 0):
		return ErrGeoBox
	case q.Unit.meters() == 0:
		return ErrGeoUnit
	case q.Count < 0:
		return ErrGeoCount
	case q.Any && q.Count == 0:
		return ErrGeoAny
	}
	return nil
}

// GeoSearch returns the members of a sorted set within a circle or a box. There are none if there
// is no such key.
//
// Fails with ErrGeoMember if the center is a member that is not there, with ErrGeoPoint, ErrGeoRadius,
// ErrGeoBox, ErrGeoUnit, ErrGeoCount or ErrGeoAny if the query makes no sense, and with
// ErrWrongType. O(log n + m) for m members around. GEOSEARCH, GEORADIUS_RO, GEORADIUSBYMEMBER_RO.
func (c *commands) GeoSearch(key string, q GeoQuery) ([]GeoResult, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	r, z, err := c.readZSet(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	return q.search(z)
}

// GeoStoreOptions are the options of GeoSearchStoreWith.
type GeoStoreOptions struct {
	Distances bool // scores become the distances, not the places
	Radius    bool // the event is that of GEORADIUS, not that of GEOSEARCHSTORE
}

// GeoSearchStore makes what GeoSearch finds in src the sorted set dst, whatever that was, and returns
// how many members it has. If there are none, dst is deleted.
//
// Fails as GeoSearch does, and with ErrOutOfMemory. O(log n + m · log m) for m members around. GEOSEARCHSTORE,
// GEORADIUS, GEORADIUSBYMEMBER.
func (c *commands) GeoSearchStore(dst, src string, q GeoQuery) (int, error) {
	return c.GeoSearchStoreWith(dst, src, q, GeoStoreOptions{})
}

// GeoSearchStoreWith is GeoSearchStore that may store distances.
//
// Fails as GeoSearchStore does. O(log n + m · log m). See GeoSearchStore.
func (c *commands) GeoSearchStoreWith(dst, src string, q GeoQuery, o GeoStoreOptions) (stored int, err error) {
	if err := q.check(); err != nil {
		return 0, err
	}
	m, err := c.writeAll(dst, src)
	if err != nil {
		return 0, err
	}
	defer m.done(&err)
	z, err := m.sourceZSet(src)
	if err != nil {
		return 0, err
	}
	found, err := q.search(z)
	if err != nil {
		return 0, err
	}
	members := make([]Z, len(found))
	for i := range found {
		members[i] = Z{found[i].Member, found[i].Score}
		if o.Distances {
			members[i].Score = found[i].Distance
		}
	}
	event := "geosearchstore"
	if o.Radius {
		event = "georadiusstore"
	}
	longest := 0
	for i := range members {
		longest = max(longest, len(members[i].Member))
	}
	sorted := value.NewZSet()
	sorted.Enlarge(len(members), longest, &c.ks.limits)
	return m.storeZSet(dst, event, sorted, members), nil
}

// search returns what the query finds in a sorted set, which may be nil.
func (q *GeoQuery) search(z *value.ZSet) ([]GeoResult, error) {
	if z == nil {
		return nil, nil
	}
	center := geohash.Point(q.Center.point)
	if q.Center.byMember {
		var found bool
		if center, found = placeOf(z, q.Center.member); !found {
			return nil, ErrGeoMember
		}
	}
	unit := q.Unit.meters()
	shape := geohash.Shape{Center: center, Radius: q.Shape.radius * unit}
	if q.Shape.box {
		shape = geohash.Shape{Center: center, Box: true, Width: q.Shape.width * unit, Height: q.Shape.height * unit}
	}
	found := q.arrange(q.within(z, &shape))
	for i := range found {
		found[i].Distance /= unit
	}
	return found, nil
}

// within returns the members within a shape with their distances in meters, cell by cell.
func (q *GeoQuery) within(z *value.ZSet, s *geohash.Shape) (found []GeoResult) {
	most := math.MaxInt
	if q.Any {
		most = q.Count
	}
	var room [9]geohash.Cell
	for _, cell := range s.Cover(room[:0]) {
		low, high := cell.Range()
		from, to := z.ScoreSpan(value.ScoreBound{Score: float64(low)}, value.ScoreBound{Score: float64(high), Open: true})
		if from >= to {
			continue
		}
		for cursor := z.From(from, false); from < to && len(found) < most; from++ {
			p := geohash.Decode(geohash.Bits(cursor.Score()))
			d, ok := s.Contains(p)
			if !ok {
				cursor.Skip()
				continue
			}
			member, score := cursor.Next()
			found = append(found, GeoResult{GeoLocation{member, GeoPoint(p)}, d, score})
		}
	}
	return found
}

// arrange returns those of the members found that count, in their order. Members at the same
// distance are in the order in which they were found, unless only some of all are taken.
func (q *GeoQuery) arrange(found []GeoResult) []GeoResult {
	count := len(found)
	if q.Count > 0 {
		count = min(count, q.Count)
	}
	order := q.Order
	if order == GeoUnordered && q.Count > 0 && !q.Any {
		order = GeoNearestFirst
	}
	if order == GeoUnordered || count == 0 {
		return found[:count]
	}
	nearer := func(a, b GeoResult) int { return cmp.Compare(a.Distance, b.Distance) }
	if order == GeoFarthestFirst {
		nearer = func(a, b GeoResult) int { return cmp.Compare(b.Distance, a.Distance) }
	}
	if count == len(found) {
		slices.SortStableFunc(found, nearer)
	} else {
		pqsort.Range(found, 0, count-1, nearer)
	}
	return found[:count:count]
}
