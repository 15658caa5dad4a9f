package command

import (
	"math"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var geoRows = []*Row{
	{
		Name: "geoadd", Arity: -5, Flags: Write | DenyOOM, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Gives members of a sorted set places, as longitude and latitude.",
		Cost:    "O(log(N)) for each member where N is the size of the sorted set.",
		History: []Change{{"6.2.0", "Takes `CH`, `NX` and `XX`."}},
		Run:     geoAdd,
	},
	{
		Name: "geodist", Arity: -4, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the distance between two members.",
		Cost: "O(1)",
		Run:  geoDist,
	},
	{
		Name: "geohash", Arity: -2, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the geohashes of the places of members.",
		Cost: "O(N) where N is the number of members asked for.",
		Run:  geoHash,
	},
	{
		Name: "geopos", Arity: -2, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Returns the places of members.",
		Cost: "O(N) where N is the number of members asked for.",
		Run:  geoPos,
	},
	{
		Name: "georadius", Arity: -6, Flags: Write | DenyOOM, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys: []KeySpec{
			key(1, RO|Access),
			{Begin: Begin{Keyword: "STORE", From: 6}, Find: span(0, 1), Flags: OW | Update},
			{Begin: Begin{Keyword: "STOREDIST", From: 6}, Find: span(0, 1), Flags: OW | Update},
		},
		Doc:  "Finds the members around a place, and may store them.",
		Cost: "O(log(N)+M) where N is the size of the sorted set and M the number of members around.",
		Old:  &Deprecation{"6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"},
		History: []Change{
			{"6.2.0", "Takes `ANY`."},
			{"7.0.0", "Units may be written in any case."},
		},
		Run: geoRadius,
	},
	{
		Name: "georadius_ro", Arity: -6, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "3.2.10",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Finds the members around a place.",
		Cost:    "O(log(N)+M) where N is the size of the sorted set and M the number of members around.",
		Old:     &Deprecation{"6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument"},
		History: []Change{{"6.2.0", "Takes `ANY`."}},
		Run:     geoRadiusRO,
	},
	{
		Name: "georadiusbymember", Arity: -5, Flags: Write | DenyOOM, Class: ClassGeo, Group: "geo", Since: "3.2.0",
		Keys: []KeySpec{
			key(1, RO|Access),
			{Begin: Begin{Keyword: "STORE", From: 5}, Find: span(0, 1), Flags: OW | Update},
			{Begin: Begin{Keyword: "STOREDIST", From: 5}, Find: span(0, 1), Flags: OW | Update},
		},
		Doc:  "Finds the members around a member, and may store them.",
		Cost: "O(log(N)+M) where N is the size of the sorted set and M the number of members around.",
		Old:  &Deprecation{"6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"},
		History: []Change{
			{"7.0.0", "Units may be written in any case."},
		},
		Run: geoRadiusByMember,
	},
	{
		Name: "georadiusbymember_ro", Arity: -5, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "3.2.10",
		Keys: []KeySpec{key(1, RO|Access)},
		Doc:  "Finds the members around a member.",
		Cost: "O(log(N)+M) where N is the size of the sorted set and M the number of members around.",
		Old:  &Deprecation{"6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"},
		Run:  geoRadiusByMemberRO,
	},
	{
		Name: "geosearch", Arity: -7, Flags: ReadOnly, Class: ClassGeo, Group: "geo", Since: "6.2.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Finds the members within a circle or a box.",
		Cost:    "O(log(N)+M) where N is the size of the sorted set and M the number of members around.",
		History: []Change{{"7.0.0", "Units may be written in any case."}},
		Run:     geoSearch,
	},
	{
		Name: "geosearchstore", Arity: -8, Flags: Write | DenyOOM, Class: ClassGeo, Group: "geo", Since: "6.2.0",
		Keys:    []KeySpec{key(1, OW|Update), key(2, RO|Access)},
		Doc:     "Stores the members within a circle or a box.",
		Cost:    "O(log(N)+M*log(M)) where N is the size of the sorted set and M the number of members around.",
		History: []Change{{"7.0.0", "Units may be written in any case."}},
		Run:     geoSearchStore,
	},
}

// Errors of geo commands that only the wire form can have.
const (
	errGeoRadius   = Error("ERR need numeric radius")
	errGeoWidth    = Error("ERR need numeric width")
	errGeoHeight   = Error("ERR need numeric height")
	errGeoStore    = Error("ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	errSearchStore = Error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
)

func geoAdd(c *Call) error {
	o, rest := parseZAdd(c.Args[2:])
	order := o.If & (nook.ZAddIfGreater | nook.ZAddIfLess)
	if len(rest) == 0 || len(rest)%3 != 0 || order != 0 || o.incr || o.If == nook.ZAddIfAbsent|nook.ZAddIfPresent {
		return nook.ErrSyntax
	}
	locations := make([]nook.GeoLocation, 0, len(rest)/3)
	for ; len(rest) > 0; rest = rest[3:] {
		p, err := geoPoint(rest[0], rest[1])
		if err != nil {
			return err
		}
		locations = append(locations, nook.GeoLocation{Member: rest[2], GeoPoint: p})
	}
	r, err := c.DB.GeoAddWith(c.Args[1], o.ZAddOptions, locations...)
	if o.changed {
		return c.count(r.Added+r.Updated, err)
	}
	return c.count(r.Added, err)
}

// geoPoint reads a longitude and a latitude.
func geoPoint(longitude, latitude string) (p nook.GeoPoint, err error) {
	if p.Longitude, err = float(longitude); err != nil {
		return p, err
	}
	if p.Latitude, err = float(latitude); err != nil {
		return p, err
	}
	return p, p.Check()
}

func geoUnit(arg string) (nook.GeoUnit, error) {
	for u, name := range [...]string{"m", "km", "ft", "mi"} {
		if is(arg, name) {
			return nook.GeoUnit(u), nil
		}
	}
	return 0, nook.ErrGeoUnit
}

// geoLength reads a length; failure is the error of what is no number.
func geoLength(arg string, failure Error) (float64, error) {
	f, ok := number.ParseFloat(arg)
	if !ok {
		return 0, failure
	}
	return f, nil
}

func geoDist(c *Call) error {
	unit := nook.Meters
	if len(c.Args) > 5 {
		return nook.ErrSyntax
	}
	if len(c.Args) == 5 {
		var err error
		if unit, err = geoUnit(c.Args[4]); err != nil {
			return err
		}
	}
	d, ok, err := c.DB.GeoDist(c.Args[1], c.Args[2], c.Args[3], unit)
	if err != nil {
		return err
	}
	if !ok {
		c.Out.Null()
		return nil
	}
	c.geoDistance(d)
	return nil
}

// geoDistance replies a distance: even in RESP3 a bulk.
func (c *Call) geoDistance(d float64) {
	var b [32]byte
	c.Out.BulkBytes(strconv.AppendFloat(b[:0], d, 'f', 4, 64))
}

func geoHash(c *Call) error {
	hashes, err := c.DB.GeoHash(c.Args[1], c.Args[2:]...)
	if err != nil {
		return err
	}
	c.Out.Array(len(hashes))
	for _, h := range hashes {
		if err = c.optional(h.Value, h.OK, nil); err != nil {
			return err
		}
	}
	return nil
}

func geoPos(c *Call) error {
	places, err := c.DB.GeoPos(c.Args[1], c.Args[2:]...)
	if err != nil {
		return err
	}
	c.Out.Array(len(places))
	for _, p := range places {
		if p.OK {
			c.geoPlace(p.GeoPoint)
		} else {
			c.Out.NullArray()
		}
	}
	return nil
}

// geoPlace replies a pair of coordinates with as many digits as a long double has.
func (c *Call) geoPlace(p nook.GeoPoint) {
	var b [32]byte
	c.Out.Array(2)
	c.Out.Decimal(string(number.LongDoubleOf(p.Longitude).Append(b[:0])))
	c.Out.Decimal(string(number.LongDoubleOf(p.Latitude).Append(b[:0])))
}

func geoRadius(c *Call) error { return c.geo(geoCall{key: c.Args[1], radius: true, mayStore: true}) }

func geoRadiusRO(c *Call) error { return c.geo(geoCall{key: c.Args[1], radius: true}) }

func geoRadiusByMember(c *Call) error {
	return c.geo(geoCall{key: c.Args[1], radius: true, byMember: true, mayStore: true})
}

func geoRadiusByMemberRO(c *Call) error {
	return c.geo(geoCall{key: c.Args[1], radius: true, byMember: true})
}

func geoSearch(c *Call) error { return c.geo(geoCall{key: c.Args[1]}) }

func geoSearchStore(c *Call) error {
	return c.geo(geoCall{key: c.Args[2], stores: true, dst: c.Args[1]})
}

// geoCall is a search as it comes over the wire.
type geoCall struct {
	key      string
	radius   bool // GEORADIUS and its kin, not GEOSEARCH
	byMember bool // GEORADIUSBYMEMBER
	mayStore bool // STORE and STOREDIST are options

	query     nook.GeoQuery
	places    bool // WITHCOORD
	distances bool // WITHDIST
	hashes    bool // WITHHASH
	stores    bool
	dst       string
	store     nook.GeoStoreOptions

	from, by string   // the words that said center and shape, in lower case
	centers  []string // the members that were named as centers
	wrong    error    // about the radius; it counts only if there is a sorted set
}

// geo runs a search. What is wrong about its arguments is told only after what is wrong about the
// sorted set, as far as that was looked at before.
func (c *Call) geo(g geoCall) error {
	if err := g.parse(c.Args); err != nil || g.wrong != nil || len(g.centers) > 1 {
		if failure := c.geoFailure(&g, err); failure != nil {
			return failure
		}
		if g.wrong != nil { // there is nothing to search
			g.query.Shape, g.query.Unit = nook.GeoCircle(0), nook.Meters
		}
	}
	if g.stores {
		g.store.Radius = g.radius
		return c.count(c.DB.GeoSearchStoreWith(g.dst, g.key, g.query, g.store))
	}
	found, err := c.DB.GeoSearch(g.key, g.query)
	if err != nil {
		return err
	}
	c.geoResults(&g, found)
	return nil
}

// geoFailure returns the error of a call whose arguments have the error err, if any.
func (c *Call) geoFailure(g *geoCall, err error) error {
	exists := c.exists(g.key)
	if !exists && err == nil {
		return nil
	}
	places, failure := c.DB.GeoPos(g.key, g.centers...)
	if failure != nil {
		return failure
	}
	if !exists {
		return err
	}
	for _, p := range places {
		if !p.OK {
			return nook.ErrGeoMember
		}
	}
	if g.wrong != nil {
		return g.wrong
	}
	return err
}

func (c *Call) geoResults(g *geoCall, found []nook.GeoResult) {
	fields := 1
	for _, more := range [...]bool{g.distances, g.hashes, g.places} {
		if more {
			fields++
		}
	}
	c.Out.Array(len(found))
	for i := range found {
		if fields > 1 {
			c.Out.Array(fields)
		}
		c.Out.Bulk(found[i].Member)
		if g.distances {
			c.geoDistance(found[i].Distance)
		}
		if g.hashes {
			c.Out.Int(geoInt(found[i].Score))
		}
		if g.places {
			c.geoPlace(found[i].GeoPoint)
		}
	}
}

// geoInt returns a score as an integer, as C converts it if it is none.
func geoInt(score float64) int64 {
	if -1<<63 <= score && score < 1<<63 {
		return int64(score)
	}
	return math.MinInt64
}

// parse reads the arguments of a search.
func (g *geoCall) parse(args []string) error {
	name := args[0]
	switch {
	case g.byMember:
		g.from, g.by, g.centers = "frommember", "byradius", args[2:3]
		g.query.Center = nook.GeoAroundMember(args[2])
		g.wrong = g.circle(args[3:])
		args = args[5:]
	case g.radius:
		g.from, g.by = "fromlonlat", "byradius"
		if err := g.point(args[2:]); err != nil {
			return err
		}
		if err := g.circle(args[4:]); err != nil {
			return err
		}
		args = args[6:]
	case g.stores:
		args = args[3:]
	default:
		args = args[2:]
	}
	for len(args) > 0 {
		n, err := g.option(args)
		if err != nil {
			return err
		}
		args = args[n:]
	}
	return g.check(name)
}

// point reads the center.
func (g *geoCall) point(args []string) error {
	p, err := geoPoint(args[0], args[1])
	g.query.Center = nook.GeoAround(p.Longitude, p.Latitude)
	return err
}

// circle reads the radius and its unit.
func (g *geoCall) circle(args []string) error {
	radius, err := geoLength(args[0], errGeoRadius)
	if err != nil {
		return err
	}
	if radius < 0 {
		return nook.ErrGeoRadius
	}
	g.query.Shape = nook.GeoCircle(radius)
	g.query.Unit, err = geoUnit(args[1])
	return err
}

// box reads the width, the height and their unit.
func (g *geoCall) box(args []string) error {
	width, err := geoLength(args[0], errGeoWidth)
	if err != nil {
		return err
	}
	height, err := geoLength(args[1], errGeoHeight)
	if err != nil {
		return err
	}
	if width < 0 || height < 0 {
		return nook.ErrGeoBox
	}
	g.query.Shape = nook.GeoBox(width, height)
	g.query.Unit, err = geoUnit(args[2])
	return err
}

// option reads the option at the beginning of args, and returns how many words it has.
func (g *geoCall) option(args []string) (int, error) {
	switch word := args[0]; {
	case is(word, "withdist"):
		g.distances = true
	case is(word, "withhash"):
		g.hashes = true
	case is(word, "withcoord"):
		g.places = true
	case is(word, "any"):
		g.query.Any = true
	case is(word, "asc"):
		g.query.Order = nook.GeoNearestFirst
	case is(word, "desc"):
		g.query.Order = nook.GeoFarthestFirst
	case is(word, "count") && len(args) > 1:
		n, err := integer(args[1])
		if err == nil && n <= 0 {
			err = nook.ErrGeoCount
		}
		g.query.Count = int(n)
		return 2, err
	case g.radius:
		return g.storeOption(args)
	case is(word, "storedist") && g.stores:
		g.store.Distances = true
	default:
		return g.searchOption(args)
	}
	return 1, nil
}

// storeOption reads an option of GEORADIUS alone.
func (g *geoCall) storeOption(args []string) (int, error) {
	distances := is(args[0], "storedist")
	if !g.mayStore || len(args) < 2 || !distances && !is(args[0], "store") {
		return 0, nook.ErrSyntax
	}
	g.stores, g.dst, g.store.Distances = true, args[1], distances
	return 2, nil
}

// searchOption reads an option of GEOSEARCH alone.
func (g *geoCall) searchOption(args []string) (int, error) {
	const member, point, circle, box = "frommember", "fromlonlat", "byradius", "bybox"
	switch word := args[0]; {
	case is(word, member) && len(args) > 1 && g.from != point:
		g.from, g.centers = member, append(g.centers, args[1])
		g.query.Center = nook.GeoAroundMember(args[1])
		return 2, nil
	case is(word, point) && len(args) > 2 && g.from != member:
		g.from = point
		return 3, g.point(args[1:])
	case is(word, circle) && len(args) > 2 && g.by != box:
		g.by = circle
		return 3, g.circle(args[1:])
	case is(word, box) && len(args) > 3 && g.by != circle:
		g.by = box
		return 4, g.box(args[1:])
	}
	return 0, nook.ErrSyntax
}

// check looks for options that do not go together or are not there; the command is named as it
// was called.
func (g *geoCall) check(name string) error {
	with := g.distances || g.hashes || g.places
	switch {
	case g.stores && with && g.radius:
		return errGeoStore
	case g.stores && with:
		return errSearchStore
	case g.from == "":
		return Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + cString(name))
	case g.by == "":
		return Error("ERR exactly one of BYRADIUS and BYBOX can be specified for " + cString(name))
	case g.query.Any && g.query.Count == 0:
		return nook.ErrGeoAny
	}
	return nil
}
