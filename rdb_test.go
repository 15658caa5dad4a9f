package nook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

// saved returns what SaveRDB writes.
func saved(t require.TestingT, s *nook.Store, o *nook.SaveOptions) []byte {
	var file bytes.Buffer
	report, err := s.SaveRDB(&file, o)
	require.NoError(t, err)
	require.EqualValues(t, file.Len(), report.Bytes)
	return file.Bytes()
}

// loaded returns a store with what a file holds.
func loaded(t require.TestingT, file []byte, o nook.Options) (*nook.Store, nook.LoadReport) {
	s, err := nook.New(&o)
	require.NoError(t, err)
	report, rest, err := s.LoadRDB(bytes.NewReader(file), nil)
	require.NoError(t, err)
	behind, err := io.ReadAll(rest)
	require.NoError(t, err)
	require.Empty(t, behind)
	return s, report
}

// keptDump is dump without encodings: a file does not keep that a string was edited, or a small collection once large.
func keptDump(t require.TestingT, s *nook.Store) map[string]string {
	all := dump(t, s)
	for place, text := range all {
		_, all[place], _ = strings.Cut(text, " ")
	}
	return all
}

// TestSaveAndLoadModel saves random stores, in which something changes while that is done.
func TestSaveAndLoadModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := nook.NewManualClock(time.Time{})
		o := nook.Options{Shards: 4, Databases: 3, Clock: clock, Seed: 1}
		s := nook.NewChecked(t, o)
		change := func(n int) {
			for range n {
				do(t, s.Select(rapid.IntRange(0, 2).Draw(t, "db")), snapshotCommand(t)...)
			}
		}
		change(rapid.IntRange(0, 60).Draw(t, "before"))
		want, done := keptDump(t, s), 0
		file := saved(t, s, &nook.SaveOptions{
			Uncompressed: rapid.Bool().Draw(t, "uncompressed"),
			Progress: func(n, total int) {
				require.Len(t, want, total)
				done = n
				change(rapid.IntRange(0, 3).Draw(t, "meanwhile"))
			},
		})
		require.Equal(t, len(want), done)
		again, report := loaded(t, file, o)
		nook.Check(t, again)
		require.Equal(t, want, keptDump(t, again))
		require.Equal(t, len(want), report.Keys)
		require.EqualValues(t, len(file), report.Bytes)
		require.NoError(t, again.Close())
	})
}

func TestLoadReport(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	s := nook.NewChecked(t, nook.Options{Clock: clock})
	makeEveryType(t, s.Commands())
	file := saved(t, s, &nook.SaveOptions{Base: true})
	clock.Advance(time.Hour)
	again, report := loaded(t, file, nook.Options{Clock: clock})
	require.Equal(t, 1, report.Expired)
	require.Equal(t, "1", report.Aux["aof-base"])
	require.Equal(t, "7.0.15", report.Aux["redis-ver"])
	require.NoError(t, again.Close())

	again, report = loaded(t, file, nook.Options{Clock: clock, Loading: true})
	require.Zero(t, report.Expired)
	require.NoError(t, again.Close())
}

// TestLoadRefuses reads files that the store cannot take.
func TestLoadRefuses(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.DB(5).Set("k", "v"))
	require.NoError(t, s.PutLibrary(nook.Library{Name: "l", Engine: "LUA", Code: "#!lua name=l"}))
	file := saved(t, s, nil)
	load := func(to *nook.Store, file []byte, o *nook.LoadOptions) error {
		_, _, err := to.LoadRDB(bytes.NewReader(file), o)
		return err
	}
	var code string
	take := &nook.LoadOptions{Library: func(text string) error { code = text; return nil }}
	require.NoError(t, load(nook.NewChecked(t, nook.Options{}), file, take))
	require.Equal(t, "#!lua name=l", code)
	require.ErrorContains(t, load(nook.NewChecked(t, nook.Options{}), file, nil), "libraries")
	require.ErrorContains(t, load(nook.NewChecked(t, nook.Options{Databases: 5}), file, take), "database 5")
	require.ErrorContains(t, load(s, file, take), `key "k"`)
	for _, damaged := range [][]byte{nil, file[:len(file)/2], append([]byte("X"), file...), bytes.Replace(file, []byte("REDIS00"), []byte("REDIS99"), 1)} {
		require.Error(t, load(nook.NewChecked(t, nook.Options{}), damaged, take))
	}
	damaged := bytes.Clone(file)
	damaged[len(damaged)-1] ^= 1
	require.Error(t, load(nook.NewChecked(t, nook.Options{}), damaged, take), "the checksum")
	failure := errors.New("failure")
	require.ErrorIs(t, load(nook.NewChecked(t, nook.Options{}), file, &nook.LoadOptions{Library: func(string) error { return failure }}), failure)
}

// fullDisk takes so many bytes.
type fullDisk struct{ room int }

var errFull = errors.New("the disk is full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestSaveFails writes to a disk that is full, and changes the store afterwards.
func TestSaveFails(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	makeEveryType(t, s.Commands())
	require.NoError(t, s.Set("large", strings.Repeat("many different words ", 100_000)))
	size := len(saved(t, s, &nook.SaveOptions{Uncompressed: true}))
	for room := 0; room < size; room += size/10 + 1 {
		_, err := s.SaveRDB(&fullDisk{room}, &nook.SaveOptions{Uncompressed: true})
		require.ErrorIs(t, err, errFull)
	}
	nook.Check(t, s)
	runs(t, s.Commands(), "APPEND large x")
	require.NoError(t, s.Close())
	_, err := s.SaveRDB(io.Discard, nil)
	require.ErrorIs(t, err, nook.ErrClosed)
}

// TestSaveKeepsAccess saves what the policy of eviction looks at.
func TestSaveKeepsAccess(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	lru := nook.Options{Clock: clock, MaxMemory: 1 << 30, MaxMemoryPolicy: nook.AllKeysLRU}
	s := nook.NewChecked(t, lru)
	require.NoError(t, s.Set("k", "v"))
	clock.Advance(100 * time.Second)
	again, _ := loaded(t, saved(t, s, nil), lru)
	idle, _, err := again.ObjectIdleTime("k")
	require.NoError(t, err)
	require.Equal(t, 100*time.Second, idle)
	require.NoError(t, again.Close())

	require.NoError(t, s.Close())
	lfu := nook.Options{Clock: clock, MaxMemory: 1 << 30, MaxMemoryPolicy: nook.AllKeysLFU, LFULogFactor: -1}
	s = nook.NewChecked(t, lfu)
	require.NoError(t, s.Set("k", "v"))
	for range 50 {
		_, _, err := s.Get("k")
		require.NoError(t, err)
	}
	want, _, err := s.ObjectFreq("k")
	require.NoError(t, err)
	again, _ = loaded(t, saved(t, s, nil), lfu)
	got, _, err := again.ObjectFreq("k")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, again.Close())
}

// fillMany gives a store so many keys in each of two databases: strings of all forms, with deadlines and without, and collections.
func fillMany(t require.TestingT, s *nook.Store, n int) {
	for _, db := range []*nook.Commands{s.Commands(), s.Select(1)} {
		for i := range n {
			key := "key:" + strconv.Itoa(i)
			switch i % 8 {
			case 0:
				runs(t, db, "RPUSH "+key+" a b c")
			case 1:
				runs(t, db, "SET "+key+" 12345")
			case 2:
				runs(t, db, "SET "+key+" v PX 3600000")
			case 3:
				runs(t, db, "APPEND "+key+" a")
				runs(t, db, "APPEND "+key+" b")
			case 4:
				runs(t, db, "ZADD "+key+" 1 a 2 b")
			default:
				runs(t, db, "SET "+key+" "+strings.Repeat(key, i%16))
			}
		}
	}
}

// TestSaveAndLoadMany saves and loads so many keys that several goroutines do it, while all of them change.
func TestSaveAndLoadMany(t *testing.T) {
	clock := nook.NewManualClock(time.Time{})
	o := nook.Options{Shards: 16, Databases: 3, Clock: clock, Seed: 1}
	s := nook.NewChecked(t, o)
	const n = 10_000 // more than one goroutine alone would save
	fillMany(t, s, n)
	runs(t, s.Select(2), "ZADD large 1 a")
	for i := range 2000 {
		runs(t, s.Select(2), fmt.Sprintf("ZADD large %d member:%d", i, i))
		runs(t, s.Select(2), fmt.Sprintf("HSET hash field:%d %d", i, i))
		runs(t, s.Select(2), fmt.Sprintf("RPUSH list element:%d %d", i, i))
		runs(t, s.Select(2), fmt.Sprintf("XADD stream %d-1 name value:%d", i+1, i))
	}
	want := keptDump(t, s)
	stop := make(chan struct{})
	var changing sync.WaitGroup
	var file bytes.Buffer
	report, err := s.SaveRDB(&file, &nook.SaveOptions{At: func() {
		for g := range 2 {
			changing.Go(func() {
				db := s.Select(g)
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					key := "key:" + strconv.Itoa(i*7919%n)
					_, _ = db.Append(key, "more")
					_, _ = db.Del("key:" + strconv.Itoa(i*104729%n))
					_, _ = s.Select(2).ZIncrBy("large", "member:"+strconv.Itoa(i%2000), 1e6)
					_, _ = s.Select(2).HSet("hash", nook.Field{Name: "field:" + strconv.Itoa(i%2000), Value: "x"})
					_ = s.Select(2).LSet("list", int64(i*31%4000), "x")
					_, _, _ = s.Select(2).RPop("list")
					_, _ = s.Select(2).XDel("stream", nook.StreamID{Ms: uint64(i*31%2000 + 1), Seq: 1})
				}
			})
		}
	}, Progress: func(done, total int) { require.LessOrEqual(t, done, total) }})
	close(stop)
	changing.Wait()
	require.NoError(t, err)
	require.Equal(t, len(want), report.Keys)
	require.EqualValues(t, file.Len(), report.Bytes)

	again, loading := loaded(t, file.Bytes(), o)
	defer again.Close()
	nook.Check(t, again)
	require.Equal(t, want, keptDump(t, again))
	require.Equal(t, len(want), loading.Keys)
	require.Equal(t, 1, bytes.Count(file.Bytes(), []byte{0xfe, 1, 0xfb}), "a database is named once")

	nook.Check(t, s)
	before := len(dump(t, s))
	_, _, err = again.LoadRDB(bytes.NewReader(file.Bytes()), nil)
	require.ErrorContains(t, err, "has already")
	require.Len(t, dump(t, s), before)
}

// TestSaveManyFails writes many keys to a disk that is full.
func TestSaveManyFails(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{Shards: 16})
	for i := range 60_000 {
		require.NoError(t, s.Set(strconv.Itoa(i), strings.Repeat("v", 20)+strconv.Itoa(i)))
	}
	for _, room := range []int{0, 200_000, 400_000} {
		_, err := s.SaveRDB(&fullDisk{room}, nil)
		require.ErrorIs(t, err, errFull)
	}
	_, err := s.SaveRDB(io.Discard, &nook.SaveOptions{Uncompressed: true, Progress: func(int, int) { _ = s.Close() }})
	require.ErrorIs(t, err, nook.ErrClosed)
}

// TestSaveLargeValues saves values that are written in pieces, alone and with others at work.
func TestSaveLargeValues(t *testing.T) {
	for _, others := range []int{0, 20_000} {
		s := nook.NewChecked(t, nook.Options{Shards: 8})
		for i := range others {
			require.NoError(t, s.Set("key:"+strconv.Itoa(i), strings.Repeat("v", i%100)))
		}
		for i := range 5000 {
			name := fmt.Sprintf("%064d", i)
			_, err := s.RPush("list", name)
			require.NoError(t, err)
			_, err = s.SAdd("set", name)
			require.NoError(t, err)
			_, err = s.ZAdd("zset", nook.Z{Member: name, Score: float64(i)})
			require.NoError(t, err)
			_, err = s.HSet("hash", nook.Field{Name: name, Value: name})
			require.NoError(t, err)
			_, err = s.XAdd("stream", nook.Field{Name: name, Value: name})
			require.NoError(t, err)
		}
		var reported int
		file := saved(t, s, &nook.SaveOptions{Uncompressed: true, Progress: func(done, _ int) { reported = done }})
		require.Equal(t, others+5, reported)
		again, _ := loaded(t, file, nook.Options{})
		require.Equal(t, keptDump(t, s), keptDump(t, again))
		require.NoError(t, again.Close())
		for room := 0; room < len(file); room += len(file)/3 + 1 {
			_, err := s.SaveRDB(&fullDisk{room}, &nook.SaveOptions{Uncompressed: true})
			require.ErrorIs(t, err, errFull)
		}
	}
}
