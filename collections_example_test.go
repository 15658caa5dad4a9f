package nook_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nookdb/nook"
)

// newStore is a store for an example.
func newStore() *nook.Store {
	s, err := nook.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// A session: fields of a hash, one of which ends before the others.
func ExampleStore_HSet() {
	s := newStore()
	defer s.Close()
	_, _ = s.HSet("session:42", nook.Field{Name: "user", Value: "ada"}, nook.Field{Name: "cart", Value: "3 books"})
	_, _ = s.HSet("session:42", nook.Field{Name: "code", Value: "117"})
	_, _ = s.HExpire("session:42", 5*time.Minute, "code")
	fields, _ := s.HGetAll("session:42")
	for _, f := range fields {
		ttl, _ := s.HTTL("session:42", f.Name)
		fmt.Println(f.Name+":", f.Value, ttl[0].TTL > 0)
	}
	// Output:
	// user: ada false
	// cart: 3 books false
	// code: 117 true
}

// A leaderboard: who is first, and where one stands.
func ExampleStore_ZRange() {
	s := newStore()
	defer s.Close()
	_, _ = s.ZAdd("board", nook.Z{Member: "ada", Score: 310}, nook.Z{Member: "bob", Score: 250}, nook.Z{Member: "eve", Score: 420})
	score, _ := s.ZIncrBy("board", "bob", 100)
	fmt.Println("bob has", score)
	top, _ := s.ZRangeWith("board", nook.RankRange(0, 1), nook.ZRangeOptions{Reverse: true})
	for i, z := range top {
		fmt.Println(i+1, z.Member, z.Score)
	}
	rank, _, _ := s.ZRevRank("board", "ada")
	fmt.Println("ada is number", rank+1)
	above, _ := s.ZCount("board", nook.ScoreRange(300, 400))
	fmt.Println(above, "from 300 to 400")
	// Output:
	// bob has 350
	// 1 eve 420
	// 2 bob 350
	// ada is number 3
	// 2 from 300 to 400
}

// A queue: the worker waits for jobs, and takes what has waited longest.
func ExampleStore_BLPop() {
	s := newStore()
	defer s.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 3 {
			job, ok, err := s.BLPop(context.Background(), time.Minute, "jobs")
			if err != nil || !ok {
				log.Fatal(ok, err)
			}
			fmt.Println(job.Key, job.Value)
		}
	}()
	_, _ = s.RPush("jobs", "resize image", "send mail", "make report")
	<-done
	// Output:
	// jobs resize image
	// jobs send mail
	// jobs make report
}

// Tags: what has all of several.
func ExampleStore_SInter() {
	s := newStore()
	defer s.Close()
	_, _ = s.SAdd("tag:go", "nook", "caddy", "hugo")
	_, _ = s.SAdd("tag:library", "nook", "lodash")
	both, _ := s.SInter("tag:go", "tag:library")
	fmt.Println(both)
	// Output: [nook]
}

// Places: what is near, the nearest first.
func ExampleStore_GeoSearch() {
	s := newStore()
	defer s.Close()
	at := func(name string, longitude, latitude float64) nook.GeoLocation {
		return nook.GeoLocation{Member: name, GeoPoint: nook.GeoPoint{Longitude: longitude, Latitude: latitude}}
	}
	_, _ = s.GeoAdd("cities", at("Palermo", 13.361389, 38.115556), at("Catania", 15.087269, 37.502669), at("Rome", 12.4964, 41.9028))
	near, _ := s.GeoSearch("cities", nook.GeoQuery{
		Center: nook.GeoAround(15, 37), Shape: nook.GeoCircle(200), Unit: nook.Kilometers, Order: nook.GeoNearestFirst,
	})
	for _, r := range near {
		fmt.Printf("%s, %.1f km\n", r.Member, r.Distance)
	}
	// Output:
	// Catania, 56.4 km
	// Palermo, 190.4 km
}

// Visitors, counted once each in 12 KiB at most, however many there are.
func ExampleStore_PFCount() {
	s := newStore()
	defer s.Close()
	_, _ = s.PFAdd("monday", "ada", "bob", "ada")
	_, _ = s.PFAdd("tuesday", "bob", "eve")
	n, _ := s.PFCount("monday", "tuesday")
	fmt.Println(n)
	// Output: 3
}
