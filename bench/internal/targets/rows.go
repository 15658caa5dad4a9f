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

	{"GET in process over loopback", "go-redis", AtLeast(100), Bound{}, loopback},
	{"server GET -P 1", "redis-server", AtLeast(0.9), AtLeast(1.1), serverRate(1, gets)},
	{"server SET -P 1", "redis-server", AtLeast(0.9), AtLeast(1.1), serverRate(1, sets)},
	{"server GET -P 16", "redis-server", AtLeast(1.2), AtLeast(2), serverRate(16, gets)},
	{"server SET -P 16", "redis-server", AtLeast(1.2), AtLeast(2), serverRate(16, sets)},
}
