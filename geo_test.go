package nook

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func at(member string, longitude, latitude float64) GeoLocation {
	return GeoLocation{member, GeoPoint{longitude, latitude}}
}

// sicily makes the sorted set of Redis's documentation.
func sicily(s *Store) {
	must(s.GeoAdd("sicily", at("Palermo", 13.361389, 38.115556), at("Catania", 15.087269, 37.502669)))
}

func names(found []GeoResult) []string {
	list := []string{}
	for _, f := range found {
		list = append(list, f.Member)
	}
	return list
}

func TestGeo(t *testing.T) {
	for _, n := range []int{0, -1} { // as a listpack, and not
		s := newStore(t, Options{Encodings: Encodings{ZSetMaxListpackEntries: n}})
		sicily(s)
		require.Equal(t, 0, must(s.GeoAdd("sicily", at("Palermo", 13.361389, 38.115556))))
		score, _, err := s.ZScore("sicily", "Palermo")
		require.NoError(t, err)
		require.EqualValues(t, 3479099956230698, score)

		d, ok, err := s.GeoDist("sicily", "Palermo", "Catania", Meters)
		require.NoError(t, err)
		require.True(t, ok)
		require.InDelta(t, 166274.1516, d, 0.0001)
		d, _, _ = s.GeoDist("sicily", "Palermo", "Catania", Miles)
		require.InDelta(t, 103.3182, d, 0.0001)
		_, ok, err = s.GeoDist("sicily", "Palermo", "Rome", Meters)
		require.NoError(t, err)
		require.False(t, ok)

		require.Equal(t, []Optional{some("sqc8b49rny0"), none, some("sqdtr74hyu0")},
			must(s.GeoHash("sicily", "Palermo", "Rome", "Catania")))
		places := must(s.GeoPos("sicily", "Catania", "Rome"))
		require.True(t, places[0].OK)
		require.InDelta(t, 15.087269, places[0].Longitude, 1e-5)
		require.InDelta(t, 37.502669, places[0].Latitude, 1e-5)
		require.Equal(t, OptionalPoint{}, places[1])

		q := GeoQuery{Center: GeoAround(15, 37), Shape: GeoCircle(200), Unit: Kilometers, Order: GeoNearestFirst}
		found := must(s.GeoSearch("sicily", q))
		require.Equal(t, []string{"Catania", "Palermo"}, names(found))
		require.InDelta(t, 56.4413, found[0].Distance, 0.0001)
		require.InDelta(t, 190.4424, found[1].Distance, 0.0001)
		q.Order = GeoFarthestFirst
		require.Equal(t, []string{"Palermo", "Catania"}, names(must(s.GeoSearch("sicily", q))))
		q.Order, q.Count = GeoUnordered, 1
		require.Equal(t, []string{"Catania"}, names(must(s.GeoSearch("sicily", q))), "the nearest")
		q.Shape, q.Count = GeoCircle(100), 0
		require.Equal(t, []string{"Catania"}, names(must(s.GeoSearch("sicily", q))))
		q.Shape = GeoBox(400, 100)
		require.Empty(t, must(s.GeoSearch("sicily", q)))
		q.Center, q.Shape = GeoAroundMember("Palermo"), GeoBox(400, 400)
		require.Equal(t, 2, must(s.GeoSearchStoreWith("near", "sicily", q, GeoStoreOptions{Distances: true})))
		score, _, err = s.ZScore("near", "Catania")
		require.NoError(t, err)
		require.InDelta(t, 166.2742, score, 0.0001)
		require.Equal(t, 2, must(s.GeoSearchStore("near", "sicily", q)))
		require.Equal(t, must(s.GeoHash("sicily", "Catania")), must(s.GeoHash("near", "Catania")))
		q.Center = GeoAround(0, 0)
		require.Equal(t, 0, must(s.GeoSearchStore("near", "sicily", q)))
		require.Equal(t, 0, must(s.Exists("near")))
	}
}

func TestGeoErrors(t *testing.T) {
	s := newStore(t, Options{})
	sicily(s)
	try(s.Set("str", "v"))
	q := GeoQuery{Shape: GeoCircle(1)}
	fails(t, ErrGeoPoint)(s.GeoAdd("sicily", at("a", 1, 2), at("b", 181, 0)))
	fails(t, ErrGeoPoint)(s.GeoAdd("sicily", at("a", math.NaN(), 0)))
	fails(t, ErrSyntax)(s.GeoAddWith("sicily", ZAddOptions{If: ZAddIfAbsent | ZAddIfPresent}, at("a", 1, 2)))
	fails(t, ErrSyntax)(s.GeoAddWith("sicily", ZAddOptions{If: ZAddIfGreater}, at("a", 1, 2)))
	require.Equal(t, 2, must(s.ZCard("sicily")))
	wrong := fails(t, ErrWrongType)
	wrong(s.GeoAdd("str", at("a", 1, 2)))
	wrong(s.GeoPos("str"))
	wrong(s.GeoHash("str", "a"))
	wrong(s.GeoDist("str", "a", "b", Meters))
	wrong(s.GeoSearch("str", q))
	wrong(s.GeoSearchStore("sicily", "str", q))
	fails(t, ErrGeoUnit)(s.GeoDist("sicily", "a", "b", 7))
	for err, q := range map[error]GeoQuery{
		ErrGeoMember: {Center: GeoAroundMember("Rome")},
		ErrGeoPoint:  {Center: GeoAround(0, 90)},
		ErrGeoRadius: {Shape: GeoCircle(-1)},
		ErrGeoBox:    {Shape: GeoBox(1, math.NaN())},
		ErrGeoUnit:   {Unit: 4},
		ErrGeoCount:  {Count: -1},
		ErrGeoAny:    {Any: true},
	} {
		fails(t, err)(s.GeoSearch("sicily", q))
		fails(t, err)(s.GeoSearchStore("sicily", "sicily", q))
	}
	require.Empty(t, must(s.GeoSearch("none", GeoQuery{Center: GeoAroundMember("Rome")})))
	require.Equal(t, 2, must(s.ZCard("sicily")))
	require.EqualError(t, GeoPoint{181, -math.MaxInt16}.Check(), "ERR invalid longitude,latitude pair 181.000000,-32767.000000")
	require.EqualError(t, GeoPoint{math.Inf(1), math.Inf(-1)}.Check(), "ERR invalid longitude,latitude pair inf,-inf")
}

// TestGeoSearchFindsAll compares with a look at every member, where the earth is neither too
// narrow nor cut.
func TestGeoSearchFindsAll(t *testing.T) {
	s := newStore(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		must(s.GeoAdd("g", at(fmt.Sprint(i), r.Float64()*200-100, r.Float64()*100-50)))
	}
	members := make([]string, 2000)
	for i := range members {
		members[i] = fmt.Sprint(i)
	}
	for range 200 {
		center, radius := fmt.Sprint(r.IntN(2000)), math.Pow(10, 3+3.5*r.Float64())
		want := []string{}
		for _, m := range members {
			if d, _, _ := s.GeoDist("g", center, m, Meters); d <= radius {
				want = append(want, m)
			}
		}
		q := GeoQuery{Center: GeoAroundMember(center), Shape: GeoCircle(radius)}
		found := must(s.GeoSearch("g", q))
		require.ElementsMatch(t, want, names(found), "%s %v", center, radius)
		q.Order = GeoNearestFirst
		require.True(t, slices.IsSortedFunc(must(s.GeoSearch("g", q)), func(a, b GeoResult) int {
			return int(math.Copysign(1, a.Distance-b.Distance))
		}) || len(found) < 2)
		q.Count, q.Any, q.Order = 3, true, GeoUnordered
		require.Equal(t, names(found)[:min(3, len(found))], names(must(s.GeoSearch("g", q))))
	}
}
