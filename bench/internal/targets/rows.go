package targets

import "github.com/nookdb/nook/bench/internal/peer"

// Rows is the table of targets, in the order they run.
var Rows = []Row{
	{"GET uniform 1 goroutine", "xsync.Map", AtMost(1.3), AtMost(1.0), access(getOp, uniform, one, peer.XSync)},
	{"GET uniform all cores", "xsync.Map", AtMost(1.3), AtMost(1.0), access(getOp, uniform, cores, peer.XSync)},
	{"GET Zipf 1 goroutine", "xsync.Map", AtMost(1.3), AtMost(1.0), access(getOp, zipf, one, peer.XSync)},
	{"GET Zipf all cores", "xsync.Map", AtMost(1.3), AtMost(1.0), access(getOp, zipf, cores, peer.XSync)},
	{"SET uniform 1 goroutine", "xsync.Map", AtMost(1.0), AtMost(0.7), access(setOp, uniform, one, peer.XSync)},
	{"SET uniform all cores", "xsync.Map", AtMost(1.0), AtMost(0.7), access(setOp, uniform, cores, peer.XSync)},
	{"SET Zipf 1 goroutine", "xsync.Map", AtMost(1.0), AtMost(0.7), access(setOp, zipf, one, peer.XSync)},
	{"SET Zipf all cores", "xsync.Map", AtMost(1.0), AtMost(0.7), access(setOp, zipf, cores, peer.XSync)},
	{"GET allocations", "", AtMost(0), AtMost(0), getAllocations},

	{"mix 90/10 uniform all cores", "otter", AtMost(0.6), AtMost(0.4), access(mixOp, uniform, cores, peer.Otter)},
	{"mix 90/10 Zipf all cores", "otter", AtMost(0.6), AtMost(0.4), access(mixOp, zipf, cores, peer.Otter)},
	{"mix 90/10 uniform all cores", "ristretto", AtMost(0.6), AtMost(0.4), access(mixOp, uniform, cores, peer.Ristretto)},
	{"mix 90/10 Zipf all cores", "ristretto", AtMost(0.6), AtMost(0.4), access(mixOp, zipf, cores, peer.Ristretto)},

	{"bytes a key", "redis-server", AtMost(0.95), AtMost(0.8), bytesPerKey},
	{"heap objects a key", "", AtMost(3), Bound{}, objectsPerKey},

	{"GET growth", "xsync.Map", Bound{}, Bound{}, growthOf(Growth.get)},
	{"SET growth", "xsync.Map", Bound{}, Bound{}, growthOf(Growth.set)},
	{"longest single insert", "Go map", AtMost(1.0), AtMost(0.1), longestInsert},

	{"HGET of 10 fields", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(hgetTask, fixed(10))},
	{"HGET of all keys", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(hgetTask, keys)},
	{"HSET of 10 fields", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(hsetTask, fixed(10))},
	{"HSET of all keys", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(hsetTask, keys)},
	{"LPUSH", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(lpushTask, fixed(1000))},
	{"RPOP", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(rpopTask, fixed(0))},
	{"SADD", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(saddTask, keys)},
	{"SISMEMBER", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(sismemberTask, keys)},
	{"ZADD", "redis-server", AtMost(0.5), AtMost(0.3), insideOf(zaddTask, keys)},
	{"ZINCRBY", "redis-server", AtMost(0.5), AtMost(0.3), insideOf(zincrbyTask, keys)},
	{"ZRANK", "redis-server", AtMost(0.5), AtMost(0.3), insideOf(zrankTask, keys)},
	{"ZRANGE of 10", "redis-server", AtMost(0.5), AtMost(0.3), insideOf(zrangeTask, keys)},
	{"ZRANGEBYSCORE of 10", "redis-server", AtMost(0.5), AtMost(0.3), insideOf(zrangeByScoreTask, keys)},
	{"GEOSEARCH of 100 km", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(geosearchTask, keys)},
	{"PFADD", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(pfaddTask, keys)},
	{"BITCOUNT of 1 MiB", "redis-server", AtMost(1.0), AtMost(0.5), insideOf(bitcountTask, fixed(1))},
	{"ZADD growth", "", Bound{}, Bound{}, taskGrowth(zaddTask)},
	{"ZRANK growth", "", Bound{}, Bound{}, taskGrowth(zrankTask)},
	{"bytes a zset member", "redis-server", AtMost(1.0), AtMost(0.8), bigZSetBytes},
	{"bytes of a hash of 10", "redis-server", AtMost(1.1), AtMost(0.9), bytesOf(smallHash)},
	{"bytes of a list of 1000", "redis-server", AtMost(1.1), AtMost(0.9), bytesOf(smallList)},
	{"bytes of 1000 integers", "redis-server", AtMost(1.1), AtMost(0.9), bytesOf(intSet)},
	{"bytes of a zset of 100", "redis-server", AtMost(1.1), AtMost(0.9), bytesOf(smallZSet)},
	{"heap objects a small hash", "", AtMost(3), Bound{}, objectsOf(smallHash)},

	{"GET in process over loopback", "go-redis", AtLeast(100), Bound{}, loopback},
	{"server GET -P 1", "redis-server", AtLeast(0.9), AtLeast(1.1), serverRate(1, gets)},
	{"server SET -P 1", "redis-server", AtLeast(0.9), AtLeast(1.1), serverRate(1, sets)},
	{"server GET -P 16", "redis-server", AtLeast(1.2), AtLeast(2), serverRate(16, gets)},
	{"server SET -P 16", "redis-server", AtLeast(1.2), AtLeast(2), serverRate(16, sets)},
}
