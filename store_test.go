package nook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
)

func TestMain(m *testing.M) { os.Exit(redistest.MainWithoutLeaks(m)) }

// testT is what *testing.T and *rapid.T have in common.
type testT interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

// newStore returns a store that, when the test ends, is checked and closed,
// unless the test has closed it.
func newStore(t testT, o Options) *Store {
	t.Helper()
	s, err := New(&o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if !s.ks.isClosed() {
			s.ks.check(t)
		}
		require.NoError(t, s.Close())
		s.ks.checkClosed(t)
	})
	return s
}

// newTimed returns a store whose time stands still, and its clock.
func newTimed(t testT, o Options) (*Store, *ManualClock) {
	t.Helper()
	clock := NewManualClock(time.Time{})
	o.Clock = clock
	return newStore(t, o), clock
}

// calls are calls of every method that can fail, which all need a database and
// a store that is open.
var calls = map[string]func(c *Commands) error{
	"NewTracker":     func(c *Commands) error { _, err := c.NewTracker(TrackerOptions{}); return err },
	"Track":          func(c *Commands) error { return c.Track(&Tracker{ks: c.ks}, "k") },
	"Get":            func(c *Commands) error { _, _, err := c.Get("k"); return err },
	"AppendGet":      func(c *Commands) error { _, _, err := c.AppendGet(nil, "k"); return err },
	"GetDel":         func(c *Commands) error { _, _, err := c.GetDel("k"); return err },
	"GetEx":          func(c *Commands) error { _, _, err := c.GetEx("k", KeepTTL()); return err },
	"GetRange":       func(c *Commands) error { _, err := c.GetRange("k", 0, 1); return err },
	"Set":            func(c *Commands) error { return c.Set("k", "v") },
	"SetBytes":       func(c *Commands) error { return c.SetBytes("k", nil) },
	"SetWith":        func(c *Commands) error { _, err := c.SetWith("k", "v", SetOptions{}); return err },
	"MGet":           func(c *Commands) error { _, err := c.MGet("k", "l"); return err },
	"MSet":           func(c *Commands) error { return c.MSet(Pair{"k", "v"}) },
	"MSetNX":         func(c *Commands) error { _, err := c.MSetNX(Pair{"k", "v"}); return err },
	"MSetWith":       func(c *Commands) error { _, err := c.MSetWith(MSetOptions{}, Pair{"k", "v"}); return err },
	"Append":         func(c *Commands) error { _, err := c.Append("k", "v"); return err },
	"StrLen":         func(c *Commands) error { _, err := c.StrLen("k"); return err },
	"SetRange":       func(c *Commands) error { _, err := c.SetRange("k", 0, "v"); return err },
	"Incr":           func(c *Commands) error { _, err := c.Incr("k"); return err },
	"Decr":           func(c *Commands) error { _, err := c.Decr("k"); return err },
	"IncrBy":         func(c *Commands) error { _, err := c.IncrBy("k", 1); return err },
	"DecrBy":         func(c *Commands) error { _, err := c.DecrBy("k", 1); return err },
	"IncrByFloat":    func(c *Commands) error { _, err := c.IncrByFloat("k", 1); return err },
	"IncrByDecimal":  func(c *Commands) error { _, err := c.IncrByDecimal("k", "1"); return err },
	"bad decimal":    func(c *Commands) error { _, err := c.IncrByDecimal("k", "x"); return err },
	"LCS":            func(c *Commands) error { _, err := c.LCS("k", "l"); return err },
	"LCSLen":         func(c *Commands) error { _, err := c.LCSLen("k", "l"); return err },
	"LCSIdx":         func(c *Commands) error { _, err := c.LCSIdx("k", "l", 0); return err },
	"DelEx":          func(c *Commands) error { _, err := c.DelEx("k", Condition{}); return err },
	"Digest":         func(c *Commands) error { _, _, err := c.Digest("k"); return err },
	"GetBit":         func(c *Commands) error { _, err := c.GetBit("k", 0); return err },
	"SetBit":         func(c *Commands) error { _, err := c.SetBit("k", 0, 1); return err },
	"BitCount":       func(c *Commands) error { _, err := c.BitCount("k"); return err },
	"BitPos":         func(c *Commands) error { _, err := c.BitPos("k", 1); return err },
	"BitOp":          func(c *Commands) error { _, err := c.BitOp(BitNot, "k", "l"); return err },
	"BitField":       func(c *Commands) error { _, err := c.BitField("k"); return err },
	"BitFieldRO":     func(c *Commands) error { _, err := c.BitFieldRO("k"); return err },
	"HSet":           func(c *Commands) error { _, err := c.HSet("k", Field{"f", "v"}); return err },
	"HSetNX":         func(c *Commands) error { _, err := c.HSetNX("k", "f", "v"); return err },
	"HGet":           func(c *Commands) error { _, _, err := c.HGet("k", "f"); return err },
	"HMGet":          func(c *Commands) error { _, err := c.HMGet("k", "f"); return err },
	"HGetAll":        func(c *Commands) error { _, err := c.HGetAll("k"); return err },
	"HKeys":          func(c *Commands) error { _, err := c.HKeys("k"); return err },
	"HVals":          func(c *Commands) error { _, err := c.HVals("k"); return err },
	"HLen":           func(c *Commands) error { _, err := c.HLen("k"); return err },
	"HExists":        func(c *Commands) error { _, err := c.HExists("k", "f"); return err },
	"HStrLen":        func(c *Commands) error { _, err := c.HStrLen("k", "f"); return err },
	"HDel":           func(c *Commands) error { _, err := c.HDel("k", "f"); return err },
	"HIncrBy":        func(c *Commands) error { _, err := c.HIncrBy("k", "f", 1); return err },
	"HIncrByFloat":   func(c *Commands) error { _, err := c.HIncrByFloat("k", "f", 1); return err },
	"HIncrByDecimal": func(c *Commands) error { _, err := c.HIncrByDecimal("k", "f", "1"); return err },
	"HRandField":     func(c *Commands) error { _, _, err := c.HRandField("k"); return err },
	"HRandFields":    func(c *Commands) error { _, err := c.HRandFields("k", 1); return err },
	"HExpire":        func(c *Commands) error { _, err := c.HExpire("k", 1, "f"); return err },
	"HExpireWith":    func(c *Commands) error { _, err := c.HExpireWith("k", 1, ExpireIfNone, "f"); return err },
	"HExpireAt":      func(c *Commands) error { _, err := c.HExpireAt("k", time.Time{}, "f"); return err },
	"HExpireAtWith":  func(c *Commands) error { _, err := c.HExpireAtWith("k", time.Time{}, ExpireIfNone, "f"); return err },
	"HPersist":       func(c *Commands) error { _, err := c.HPersist("k", "f"); return err },
	"HTTL":           func(c *Commands) error { _, err := c.HTTL("k", "f"); return err },
	"HExpireTime":    func(c *Commands) error { _, err := c.HExpireTime("k", "f"); return err },
	"HGetEx":         func(c *Commands) error { _, err := c.HGetEx("k", KeepTTL(), "f"); return err },
	"HSetWith":       func(c *Commands) error { _, err := c.HSetWith("k", HSetOptions{}, Field{"f", "v"}); return err },
	"HGetDel":        func(c *Commands) error { _, err := c.HGetDel("k", "f"); return err },
	"HScanPage":      func(c *Commands) error { _, _, err := c.HScanPage("k", 0, ScanOptions{}); return err },
	"LPush":          func(c *Commands) error { _, err := c.LPush("k", "a"); return err },
	"RPush":          func(c *Commands) error { _, err := c.RPush("k", "a"); return err },
	"LPushX":         func(c *Commands) error { _, err := c.LPushX("k", "a"); return err },
	"RPushX":         func(c *Commands) error { _, err := c.RPushX("k", "a"); return err },
	"LPop":           func(c *Commands) error { _, _, err := c.LPop("k"); return err },
	"RPop":           func(c *Commands) error { _, _, err := c.RPop("k"); return err },
	"LPopCount":      func(c *Commands) error { _, _, err := c.LPopCount("k", 1); return err },
	"RPopCount":      func(c *Commands) error { _, _, err := c.RPopCount("k", 1); return err },
	"LLen":           func(c *Commands) error { _, err := c.LLen("k"); return err },
	"LIndex":         func(c *Commands) error { _, _, err := c.LIndex("k", 0); return err },
	"LSet":           func(c *Commands) error { return c.LSet("k", 0, "a") },
	"LInsert":        func(c *Commands) error { _, _, err := c.LInsert("k", Before, "a", "b"); return err },
	"LRange":         func(c *Commands) error { _, err := c.LRange("k", 0, 1); return err },
	"LTrim":          func(c *Commands) error { return c.LTrim("k", 0, 1) },
	"LRem":           func(c *Commands) error { _, err := c.LRem("k", 0, "a"); return err },
	"LPos":           func(c *Commands) error { _, _, err := c.LPos("k", "a"); return err },
	"LPosWith":       func(c *Commands) error { _, err := c.LPosWith("k", "a", LPosOptions{}); return err },
	"LMove":          func(c *Commands) error { _, _, err := c.LMove("k", "l", Left, Right); return err },
	"RPopLPush":      func(c *Commands) error { _, _, err := c.RPopLPush("k", "l"); return err },
	"LMPop":          func(c *Commands) error { _, _, err := c.LMPop(Left, 1, "k", "l"); return err },
	"BLPop":          func(c *Commands) error { _, _, err := c.BLPop(context.Background(), 1, "k"); return err },
	"BRPop":          func(c *Commands) error { _, _, err := c.BRPop(context.Background(), 1, "k"); return err },
	"BLMove":         func(c *Commands) error { return moved(c.BLMove(context.Background(), 1, "k", "l", Left, Right)).err },
	"BRPopLPush":     func(c *Commands) error { _, _, err := c.BRPopLPush(context.Background(), 1, "k", "l"); return err },
	"BLMPop":         func(c *Commands) error { _, _, err := c.BLMPop(context.Background(), 1, Left, 1, "k"); return err },
	"PFAdd":          func(c *Commands) error { _, err := c.PFAdd("k", "a"); return err },
	"PFCount":        func(c *Commands) error { _, err := c.PFCount("k"); return err },
	"PFCount of two": func(c *Commands) error { _, err := c.PFCount("k", "l"); return err },
	"PFMerge":        func(c *Commands) error { return c.PFMerge("k", "l") },
	"PFDebugDecode":  func(c *Commands) error { _, _, err := c.PFDebugDecode("k"); return err },
	"PFDebugToDense": func(c *Commands) error { _, _, err := c.PFDebugToDense("k"); return err },
	"PFDebugGetReg":  func(c *Commands) error { _, _, err := c.PFDebugGetReg("k"); return err },
	"Del":            func(c *Commands) error { _, err := c.Del("k"); return err },
	"Del of two":     func(c *Commands) error { _, err := c.Del("k", "l"); return err },
	"Unlink":         func(c *Commands) error { _, err := c.Unlink("k"); return err },
	"Exists":         func(c *Commands) error { _, err := c.Exists("k"); return err },
	"Exists of two":  func(c *Commands) error { _, err := c.Exists("k", "l"); return err },
	"Touch":          func(c *Commands) error { _, err := c.Touch("k"); return err },
	"Type":           func(c *Commands) error { _, err := c.Type("k"); return err },
	"Rename":         func(c *Commands) error { return c.Rename("k", "l") },
	"RenameNX":       func(c *Commands) error { _, err := c.RenameNX("k", "l"); return err },
	"Copy":           func(c *Commands) error { _, err := c.Copy("k", "l"); return err },
	"CopyWith":       func(c *Commands) error { _, err := c.CopyWith("k", "l", CopyOptions{DB: ToDB(1)}); return err },
	"Move":           func(c *Commands) error { _, err := c.Move("k", 1); return err },
	"Keys":           func(c *Commands) error { _, err := c.Keys("*"); return err },
	"ScanPage":       func(c *Commands) error { _, _, err := c.ScanPage(0, ScanOptions{}); return err },
	"RandomKey":      func(c *Commands) error { _, _, err := c.RandomKey(); return err },
	"DBSize":         func(c *Commands) error { _, err := c.DBSize(); return err },
	"ObjectEncoding": func(c *Commands) error { _, _, err := c.ObjectEncoding("k"); return err },
	"ObjectRefCount": func(c *Commands) error { _, _, err := c.ObjectRefCount("k"); return err },
	"ObjectIdleTime": func(c *Commands) error { _, _, err := c.ObjectIdleTime("k"); return err },
	"ObjectFreq":     func(c *Commands) error { _, _, err := c.ObjectFreq("k"); return err },
	"Publish":        func(c *Commands) error { _, err := c.Publish("ch", "m"); return err },
	"SPublish":       func(c *Commands) error { _, err := c.SPublish("ch", "m"); return err },
	"Subscribe":      func(c *Commands) error { return subscribes(c.Subscribe("ch")) },
	"PSubscribe":     func(c *Commands) error { return subscribes(c.PSubscribe("ch")) },
	"SSubscribe":     func(c *Commands) error { return subscribes(c.SSubscribe("ch")) },
	"SubscribeWith":  func(c *Commands) error { return subscribes(c.SubscribeWith(SubscribeOptions{})) },
	"PubSubChannels": func(c *Commands) error { _, err := c.PubSubChannels(); return err },
	"PubSubNumSub":   func(c *Commands) error { _, err := c.PubSubNumSub("ch"); return err },
	"PubSubNumPat":   func(c *Commands) error { _, err := c.PubSubNumPat(); return err },
	"FlushDB":        (*Commands).FlushDB,
	"FlushAll":       (*Commands).FlushAll,
	"SwapDB":         func(c *Commands) error { return c.SwapDB(0, 1) },
	"Expire":         func(c *Commands) error { _, err := c.Expire("k", 1); return err },
	"ExpireWith":     func(c *Commands) error { _, err := c.ExpireWith("k", 1, ExpireIfNone); return err },
	"ExpireAt":       func(c *Commands) error { _, err := c.ExpireAt("k", time.Time{}); return err },
	"ExpireAtWith":   func(c *Commands) error { _, err := c.ExpireAtWith("k", time.Time{}, ExpireIfNone); return err },
	"TTL":            func(c *Commands) error { _, _, err := c.TTL("k"); return err },
	"ExpireTime":     func(c *Commands) error { _, _, err := c.ExpireTime("k"); return err },
	"Persist":        func(c *Commands) error { _, err := c.Persist("k"); return err },
	"SAdd":           func(c *Commands) error { _, err := c.SAdd("k", "a"); return err },
	"SRem":           func(c *Commands) error { _, err := c.SRem("k", "a"); return err },
	"SMembers":       func(c *Commands) error { _, err := c.SMembers("k"); return err },
	"SIsMember":      func(c *Commands) error { _, err := c.SIsMember("k", "a"); return err },
	"SMIsMember":     func(c *Commands) error { _, err := c.SMIsMember("k", "a"); return err },
	"SCard":          func(c *Commands) error { _, err := c.SCard("k"); return err },
	"SMove":          func(c *Commands) error { _, err := c.SMove("k", "l", "a"); return err },
	"SPop":           func(c *Commands) error { _, _, err := c.SPop("k"); return err },
	"SPopCount":      func(c *Commands) error { _, err := c.SPopCount("k", 1); return err },
	"SRandMember":    func(c *Commands) error { _, _, err := c.SRandMember("k"); return err },
	"SRandMembers":   func(c *Commands) error { _, err := c.SRandMembers("k", 1); return err },
	"SInter":         func(c *Commands) error { _, err := c.SInter("k", "l"); return err },
	"SInterStore":    func(c *Commands) error { _, err := c.SInterStore("k", "l"); return err },
	"SInterCard":     func(c *Commands) error { _, err := c.SInterCard("k", "l"); return err },
	"SInterCardWith": func(c *Commands) error { _, err := c.SInterCardWith(SInterCardOptions{}, "k"); return err },
	"SUnion":         func(c *Commands) error { _, err := c.SUnion("k", "l"); return err },
	"SUnionStore":    func(c *Commands) error { _, err := c.SUnionStore("k", "l"); return err },
	"SDiff":          func(c *Commands) error { _, err := c.SDiff("k", "l"); return err },
	"SDiffStore":     func(c *Commands) error { _, err := c.SDiffStore("k", "l"); return err },
	"SScanPage":      func(c *Commands) error { _, _, err := c.SScanPage("k", 0, ScanOptions{}); return err },
	"ZAdd":           func(c *Commands) error { _, err := c.ZAdd("k", Z{"m", 1}); return err },
	"ZAddWith":       func(c *Commands) error { _, err := c.ZAddWith("k", ZAddOptions{}, Z{"m", 1}); return err },
	"ZIncrBy":        func(c *Commands) error { _, err := c.ZIncrBy("k", "m", 1); return err },
	"ZIncrByWith":    func(c *Commands) error { _, _, err := c.ZIncrByWith("k", "m", 1, ZAddOptions{}); return err },
	"ZRem":           func(c *Commands) error { _, err := c.ZRem("k", "m"); return err },
	"ZCard":          func(c *Commands) error { _, err := c.ZCard("k"); return err },
	"ZScore":         func(c *Commands) error { _, _, err := c.ZScore("k", "m"); return err },
	"ZMScore":        func(c *Commands) error { _, err := c.ZMScore("k", "m"); return err },
	"ZRank":          func(c *Commands) error { _, _, err := c.ZRank("k", "m"); return err },
	"ZRevRank":       func(c *Commands) error { _, _, err := c.ZRevRank("k", "m"); return err },
	"ZRankWith":      func(c *Commands) error { _, _, err := c.ZRankWith("k", "m", ZRankOptions{}); return err },
	"ZRange":         func(c *Commands) error { _, err := c.ZRange("k", RankRange(0, -1)); return err },
	"ZRangeWith":     func(c *Commands) error { _, err := c.ZRangeWith("k", ZRange{}, ZRangeOptions{}); return err },
	"ZCount":         func(c *Commands) error { _, err := c.ZCount("k", ScoreRange(0, 1)); return err },
	"ZRemRange":      func(c *Commands) error { _, err := c.ZRemRange("k", ZRange{}); return err },
	"ZRangeStore":    func(c *Commands) error { _, err := c.ZRangeStore("k", "l", ZRange{}, ZRangeOptions{}); return err },
	"ZUnion":         func(c *Commands) error { _, err := c.ZUnion(ZCombineOptions{}, "k", "l"); return err },
	"ZInter":         func(c *Commands) error { _, err := c.ZInter(ZCombineOptions{}, "k", "l"); return err },
	"ZDiff":          func(c *Commands) error { _, err := c.ZDiff("k", "l"); return err },
	"ZUnionStore":    func(c *Commands) error { _, err := c.ZUnionStore("k", ZCombineOptions{}, "l"); return err },
	"ZInterStore":    func(c *Commands) error { _, err := c.ZInterStore("k", ZCombineOptions{}, "l"); return err },
	"ZDiffStore":     func(c *Commands) error { _, err := c.ZDiffStore("k", "l"); return err },
	"ZInterCard":     func(c *Commands) error { _, err := c.ZInterCard(0, "k", "l"); return err },
	"ZPopMin":        func(c *Commands) error { _, _, err := c.ZPopMin("k"); return err },
	"ZPopMax":        func(c *Commands) error { _, _, err := c.ZPopMax("k"); return err },
	"ZPopMinCount":   func(c *Commands) error { _, err := c.ZPopMinCount("k", 1); return err },
	"ZPopMaxCount":   func(c *Commands) error { _, err := c.ZPopMaxCount("k", 1); return err },
	"ZMPop":          func(c *Commands) error { _, _, err := c.ZMPop(ZPopOptions{}, "k", "l"); return err },
	"BZPopMin":       func(c *Commands) error { _, _, err := c.BZPopMin(context.Background(), 1, "k"); return err },
	"BZPopMax":       func(c *Commands) error { _, _, err := c.BZPopMax(context.Background(), 1, "k"); return err },
	"BZMPop": func(c *Commands) error {
		_, _, err := c.BZMPop(context.Background(), 1, ZPopOptions{}, "k")
		return err
	},
	"ZRandMember":    func(c *Commands) error { _, _, err := c.ZRandMember("k"); return err },
	"ZRandMembers":   func(c *Commands) error { _, err := c.ZRandMembers("k", 1); return err },
	"ZScanPage":      func(c *Commands) error { _, _, err := c.ZScanPage("k", 0, ScanOptions{}); return err },
	"GeoAdd":         func(c *Commands) error { _, err := c.GeoAdd("k", GeoLocation{}); return err },
	"GeoPos":         func(c *Commands) error { _, err := c.GeoPos("k", "a"); return err },
	"GeoDist":        func(c *Commands) error { _, _, err := c.GeoDist("k", "a", "b", Meters); return err },
	"GeoHash":        func(c *Commands) error { _, err := c.GeoHash("k", "a"); return err },
	"GeoSearch":      func(c *Commands) error { _, err := c.GeoSearch("k", GeoQuery{}); return err },
	"GeoSearchStore": func(c *Commands) error { _, err := c.GeoSearchStore("k", "l", GeoQuery{}); return err },
	"Sort":           func(c *Commands) error { _, err := c.Sort("k"); return err },
	"SortWith":       func(c *Commands) error { _, err := c.SortWith("k", SortOptions{By: "w*"}); return err },
	"SortStore":      func(c *Commands) error { _, err := c.SortStore("l", "k", SortOptions{}); return err },
	"Stats":          func(c *Commands) error { _, err := c.Stats(); return err },
	"UpdateSettings": func(c *Commands) error { return c.UpdateSettings(func(*Settings) error { return nil }) },
	"SetSettings":    func(c *Commands) error { return c.SetSettings(Settings{}) },
	"Events":         func(c *Commands) error { _, err := c.Events(EventOptions{}); return err },

	"XAdd":            func(c *Commands) error { _, err := c.XAdd("k", Field{"f", "v"}); return err },
	"XLen":            func(c *Commands) error { _, err := c.XLen("k"); return err },
	"XRange":          func(c *Commands) error { _, err := c.XRange("k", StreamLowest(), StreamHighest()); return err },
	"XDel":            func(c *Commands) error { _, err := c.XDel("k"); return err },
	"XDelEx":          func(c *Commands) error { _, err := c.XDelEx("k", KeepRefs); return err },
	"XTrim":           func(c *Commands) error { _, err := c.XTrim("k", StreamTrim{By: TrimMaxLen}); return err },
	"XSetID":          func(c *Commands) error { return c.XSetID("k", StreamID{}) },
	"XInfoStream":     func(c *Commands) error { _, err := c.XInfoStream("k"); return err },
	"XInfoStreamFull": func(c *Commands) error { _, err := c.XInfoStreamFull("k", 1); return err },
	"XRead":           func(c *Commands) error { _, err := c.XRead(StreamFrom{Key: "k"}, StreamFrom{Key: "l"}); return err },
	"XReadWith": func(c *Commands) error {
		_, err := c.XReadWith(context.Background(), XReadOptions{Wait: true}, StreamFrom{Key: "k"})
		return err
	},

	"XGroupCreate":         func(c *Commands) error { return c.XGroupCreate("k", "g", StreamNew()) },
	"XGroupSetID":          func(c *Commands) error { return c.XGroupSetID("k", "g", StreamNew()) },
	"XGroupDestroy":        func(c *Commands) error { _, err := c.XGroupDestroy("k", "g"); return err },
	"XGroupCreateConsumer": func(c *Commands) error { _, err := c.XGroupCreateConsumer("k", "g", "c"); return err },
	"XGroupDelConsumer":    func(c *Commands) error { _, err := c.XGroupDelConsumer("k", "g", "c"); return err },
	"XReadGroup":           func(c *Commands) error { _, err := c.XReadGroup("g", "c", "k", "l"); return err },
	"XReadGroupWith": func(c *Commands) error {
		_, err := c.XReadGroupWith(context.Background(), "g", "c", XReadGroupOptions{Wait: true}, GroupFrom{Key: "k"})
		return err
	},
	"XAck":           func(c *Commands) error { _, err := c.XAck("k", "g"); return err },
	"XAckDel":        func(c *Commands) error { _, err := c.XAckDel("k", "g", KeepRefs); return err },
	"XPending":       func(c *Commands) error { _, err := c.XPending("k", "g"); return err },
	"XClaim":         func(c *Commands) error { _, err := c.XClaim("k", "g", "c", 0); return err },
	"XInfoGroups":    func(c *Commands) error { _, err := c.XInfoGroups("k"); return err },
	"XInfoConsumers": func(c *Commands) error { _, err := c.XInfoConsumers("k", "g"); return err },
	"XPendingRange": func(c *Commands) error {
		_, err := c.XPendingRange("k", "g", StreamLowest(), StreamHighest(), 1)
		return err
	},
	"XAutoClaim": func(c *Commands) error { _, err := c.XAutoClaim("k", "g", "c", 0, StreamLowest()); return err },

	"NewConsumer": func(c *Commands) error {
		_, err := c.NewConsumer(ConsumerOptions{Group: "g", Name: "c", Streams: []string{"k"}})
		return err
	},

	"DebugDigest":      func(c *Commands) error { _, err := c.DebugDigest(); return err },
	"DebugDigestValue": func(c *Commands) error { _, err := c.DebugDigestValue("k"); return err },
	"Dump":             func(c *Commands) error { _, _, err := c.Dump("k"); return err },
	"Restore":          func(c *Commands) error { return c.Restore("restored", "") },
	"DebugObject":      func(c *Commands) error { _, _, err := c.DebugObject("k"); return err },
	"MemoryUsage":      func(c *Commands) error { _, _, err := c.MemoryUsage("k"); return err },
	"SetActiveExpire":  func(c *Commands) error { return c.SetActiveExpire(true) },

	"PutLibrary":     func(c *Commands) error { return c.PutLibrary(Library{Name: "l", Code: "x"}) },
	"DeleteLibrary":  func(c *Commands) error { _, err := c.DeleteLibrary("l"); return err },
	"PutLibraries":   func(c *Commands) error { return c.PutLibraries([]Library{{Name: "l", Code: "x"}}, false) },
	"FlushLibraries": func(c *Commands) error { return c.FlushLibraries() },

	"Exec":  func(c *Commands) error { return c.Exec(func(*Tx) error { panic("called") }) },
	"Watch": func(c *Commands) error { _, err := c.Watch("k"); return err },
}

// failsOnly are the methods of Commands that calls does not need.
var failsOnly = map[string]string{
	"XAddWith": "is XAdd", "XRangeWith": "is XRange", "XSetIDWith": "is XSetID",
	"XGroupCreateWith": "is XGroupCreate", "XGroupSetIDWith": "is XGroupSetID", "XPendingRangeWith": "is XPendingRange",
	"XClaimWith": "is XClaim", "XClaimJustID": "is XClaim", "XAutoClaimWith": "is XAutoClaim", "XAutoClaimJustID": "is XAutoClaim",
	"BitCountRange": "is BitCount", "BitPosFrom": "is BitPos", "BitPosRange": "is BitPos",
	"RestoreWith": "is Restore", "GeoAddWith": "is GeoAdd", "GeoSearchStoreWith": "is GeoSearchStore",
	"Scan": "ends with the loop", "HScan": "ends with the loop", "SScan": "ends with the loop", "ZScan": "ends with the loop",
	"Sleep": "needs no store", "Now": "cannot fail", "Settings": "cannot fail", "MaxStringLen": "cannot fail", "PubSubShardChannels": "is PubSubChannels", "PubSubShardNumSub": "is PubSubNumSub", "DBIndex": "cannot fail", "Databases": "cannot fail",
	"Commands": "cannot fail", "As": "cannot fail", "Caller": "cannot fail", "Clock": "cannot fail", "Libraries": "cannot fail", "DumpLibraries": "cannot fail", "LibraryRevision": "cannot fail", "Extension": "cannot fail", "Tx": "cannot fail",
	"Select": "cannot fail", "MakeRoom": "does nothing", "PFSelfTest": "needs no store", "PFDebugEncoding": "is PFDebugDecode",
}

// TestCallsAreAll keeps the list of calls complete.
func TestCallsAreAll(t *testing.T) {
	for m := range reflect.TypeFor[*Commands]().Methods() {
		if _, listed := calls[m.Name]; !listed {
			require.NotEmpty(t, failsOnly[m.Name], m.Name)
		}
	}
}

func TestClose(t *testing.T) {
	for _, o := range []Options{{}, {MaxMemory: 100}, {MaxMemory: 100, MaxMemoryPolicy: AllKeysLRU}} {
		s, _ := newTimed(t, o)
		_ = s.Set("k", "v")
		_, _ = s.SetWith("timed", strings.Repeat("v", 1000), SetOptions{Expire: ExpireIn(time.Minute)})
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		for name, call := range calls {
			require.ErrorIs(t, call(&s.commands), ErrClosed, name)
			require.ErrorIs(t, call(s.Select(3)), ErrClosed, name)
		}
		require.NotZero(t, s.Now())
	}
}

// TestCloseWaits shows that a transaction under way is finished first.
func TestCloseWaits(t *testing.T) {
	s := newStore(t, Options{})
	closed := make(chan error)
	require.NoError(t, s.Exec(func(tx *Tx) error {
		go func() { closed <- s.Close() }()
		runtime.Gosched()
		for range 100 {
			try(tx.Set("k", "v"))
			require.Equal(t, some("v"), found(tx.Get("k")))
		}
		return nil
	}))
	require.NoError(t, <-closed)
	fails(t, ErrClosed)(s.Get("k"))
}

// TestCloseWhileInUse closes a store that many goroutines use: each call works
// wholly or finds the store closed.
func TestCloseWhileInUse(t *testing.T) {
	for range 20 {
		s := newStore(t, Options{Shards: 4})
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 4 {
			wg.Go(func() {
				key := fmt.Sprint(i)
				<-start
				for n := int64(1); ; n++ {
					got, err := s.Incr(key)
					if err != nil {
						requireClosed(err)
						return
					}
					v, ok, err := s.Get(key)
					if err != nil {
						requireClosed(err)
						return
					}
					if got != n || !ok || v != fmt.Sprint(n) {
						panic(fmt.Sprintf("%s is %q after %d", key, v, n))
					}
				}
			})
		}
		close(start)
		require.NoError(t, s.Close())
		wg.Wait()
	}
}

func requireClosed(err error) {
	if !errors.Is(err, ErrClosed) {
		panic(err)
	}
}

func TestDBOutOfRange(t *testing.T) {
	s := newStore(t, Options{Databases: 2})
	for _, n := range []int{-1 << 63, -1, 2, 16, 1 << 40} {
		for name, call := range calls {
			require.ErrorIs(t, call(&s.DB(n).commands), ErrDBIndex, name)
		}
		require.Equal(t, n, s.DB(n).DBIndex())
		require.Equal(t, n, s.Select(n).DBIndex())
		require.NotZero(t, s.DB(n).Now())
		require.NoError(t, s.Exec(func(tx *Tx) error {
			for name, call := range calls {
				if name != "Watch" { // which comes to nothing anyway
					require.ErrorIs(t, call(&tx.DB(n).commands), ErrDBIndex, name)
				}
			}
			return nil
		}))
	}
}

func TestDatabasesAreApart(t *testing.T) {
	s := newStore(t, Options{Databases: 3})
	require.Equal(t, 3, s.Databases())
	for n := range 3 {
		try(s.DB(n).Set("k", fmt.Sprint(n)))
	}
	require.Equal(t, some("0"), found(s.Get("k")))
	require.Equal(t, some("1"), found(s.DB(1).Get("k")))
	require.Equal(t, some("2"), found(s.DB(1).Select(2).Get("k")))
	must(s.DB(2).Del("k"))
	require.Equal(t, 1, must(s.DBSize()))
	require.Zero(t, must(s.DB(2).DBSize()))
}

func TestStats(t *testing.T) {
	s, clock := newTimed(t, Options{Databases: 3, MaxMemory: 1 << 30, MaxMemoryPolicy: AllKeysLRU})
	for i := range 10 {
		try(s.Set(fmt.Sprint(i), "v"))
		must(s.DB(2).SetWith(fmt.Sprint(i), "v", SetOptions{Expire: ExpireIn(time.Duration(i+1) * time.Minute)}))
	}
	must(s.Append("0", strings.Repeat("x", 1000)))
	clock.Advance(30 * time.Second)
	got := must(s.Stats())
	for i := range got.Databases {
		db := &got.Databases[i]
		require.Equal(t, i != 1, db.TableBytes > 0)
		require.Equal(t, i == 2, db.DeadlineBytes > 0)
		db.TableBytes, db.DeadlineBytes = 0, 0
	}
	require.Equal(t, []DatabaseStats{{Keys: 10}, {}, {Keys: 10, Expires: 10, TTL: 5 * time.Minute}}, got.Databases)
	require.EqualValues(t, 1<<30, got.MaxMemory)
	require.Equal(t, AllKeysLRU, got.MaxMemoryPolicy)
	require.EqualValues(t, 21, got.Changes)
	require.Zero(t, got.Evicted)
	require.Greater(t, got.Bytes, int64(1000+20*24))
	must(s.Del("0"))
	require.Less(t, must(s.Stats()).Bytes, got.Bytes-1000)
}

func TestErrors(t *testing.T) {
	require.Equal(t, "WRONGTYPE", ErrWrongType.Code())
	require.Equal(t, "ERR", ErrSyntax.Code())
	err := error(invalidExpire("setex"))
	require.EqualError(t, err, "ERR invalid expire time in 'setex' command")
	require.ErrorIs(t, err, ErrInvalidExpire)
	require.NotErrorIs(t, err, ErrSyntax)
	require.NotErrorIs(t, ErrInvalidExpire, err)
	require.NotErrorIs(t, ErrSyntax, (*Error)(nil))
	var e *Error
	require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &e)
	require.Equal(t, "ERR", e.Code())
}
