package nook_test

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// do runs a command as it comes over the wire, or from a journal.
func do(t require.TestingT, db *nook.Commands, args ...string) resp.Reply {
	row, err := command.Lookup(args)
	require.NoError(t, err, args)
	out := resp.NewBuffer()
	call := command.Call{DB: db, Args: args, Out: out, Row: row}
	call.Run()
	reply, err := resp.ReadReply(bufio.NewReader(bytes.NewReader(out.Bytes())))
	require.NoError(t, err, args)
	return reply
}

// eventLetters are the classes of events as notify-keyspace-events names them.
var eventLetters = map[nook.EventClass]string{
	nook.EventGeneric: "g", nook.EventString: "$", nook.EventExpired: "x", nook.EventNew: "n", nook.EventKeyMiss: "m",
	nook.EventHash: "h",
	nook.EventList: "l",
	nook.EventSet:  "s",
	nook.EventZSet: "z",

	nook.EventStream: "t",
}

// eventRows are commands and their events in order, each with its class, name and
// key, and the database if that is not 0: those of the real server. Before stands for what
// is done before it listens.
var eventRows = []struct{ before, command, events string }{
	{"", "set k v", "n new k, $ set k"},
	{"set k v", "set k w", "$ set k"},
	{"", "set k v EX 10", "n new k, $ set k, g expire k"},
	{"", "set k v PXAT 99999999999999", "n new k, $ set k, g expire k"},
	{"set k v EX 100", "set k w KEEPTTL", "$ set k"},
	{"set k v EX 100", "set k w", "$ set k"},
	{"set k v", "set k w NX", ""},
	{"set k v", "set k w XX GET", "$ set k"},
	{"", "set k v GET", "m keymiss k, n new k, $ set k"},
	{"", "setnx k v", "n new k, $ set k"},
	{"set k v", "setnx k w", ""},
	{"", "setex k 10 v", "n new k, $ set k, g expire k"},
	{"", "psetex k 10000 v", "n new k, $ set k, g expire k"},
	{"", "getset k v", "m keymiss k, n new k, $ set k"},
	{"set k v", "getset k w", "$ set k"},
	{"", "get k", "m keymiss k"},
	{"set k v", "get k", ""},
	{"set k v", "getdel k", "g del k"},
	{"", "getdel k", "m keymiss k"},
	{"set k v", "getex k", ""},
	{"set k v", "getex k EX 10", "g expire k"},
	{"set k v EX 10", "getex k PERSIST", "g persist k"},
	{"set k v", "getex k PERSIST", ""},
	{"set k v", "getex k PXAT 1", "g del k"},
	{"", "mget a b", "m keymiss a, m keymiss b"},
	{"", "mset a 1 b 2 a 3", "n new a, $ set a, n new b, $ set b, $ set a"},
	{"", "msetnx a 1 b 2", "n new a, $ set a, n new b, $ set b"},
	{"set b 1", "msetnx a 1 b 2", ""},
	{"", "append k v", "n new k, $ append k"},
	{"set k v", "append k w", "$ append k"},
	{"", "append k x", "n new k, $ append k"},
	{"", "setrange k 2 v", "n new k, $ setrange k"},
	{"set k v", "setrange k 0 w", "$ setrange k"},
	{"set k v", "setrange k 0 w", "$ setrange k"},
	{"", "strlen k", "m keymiss k"},
	{"", "incr k", "n new k, $ incrby k"},
	{"", "decr k", "n new k, $ incrby k"},
	{"", "incrby k 5", "n new k, $ incrby k"},
	{"", "decrby k 5", "n new k, $ incrby k"},
	{"", "incrbyfloat k 1.5", "n new k, $ incrbyfloat k"},
	{"set k v", "incr k", ""},
	{"", "lcs k k", "m keymiss k, m keymiss k"},
	{"", "del k", ""},
	{"set k v", "del k", "g del k"},
	{"mset a 1 b 2", "del a x b a", "g del a, g del b"},
	{"set k v", "unlink k", "g del k"},
	{"set k v", "exists k", ""},
	{"set k v", "touch k", ""},
	{"set k v", "expire k 10", "g expire k"},
	{"", "expire k 10", ""},
	{"set k v", "expire k 0", "g del k"},
	{"set k v", "expire k -1", "g del k"},
	{"set k v", "expireat k 1", "g del k"},
	{"set k v", "pexpire k 10 XX", ""},
	{"set k v", "pexpireat k 99999999999999", "g expire k"},
	{"set k v EX 10", "persist k", "g persist k"},
	{"set k v", "persist k", ""},
	{"set k v", "ttl k", ""},
	{"set k v", "rename k l", "n new l, g rename_from k, g rename_to l"},
	{"mset k v l w", "rename k l", "n new l, g rename_from k, g rename_to l"},
	{"set k v", "rename k k", ""},
	{"mset k v l w", "renamenx k l", ""},
	{"set k v", "renamenx k l", "n new l, g rename_from k, g rename_to l"},
	{"set k v", "copy k l", "n new l, g copy_to l"},
	{"set k v", "copy k k DB 2", "n new k@2, g copy_to k@2"},
	{"mset k v l w", "copy k l", ""},
	{"mset k v l w", "copy k l REPLACE", "n new l, g copy_to l"},
	{"set k v", "move k 1", "n new k@1, g move_from k, g move_to k@1"},
	{"", "move k 1", ""},
	{"mset a 1 b 2", "flushdb", ""},
	{"mset a 1 b 2", "flushall", ""},
	{"set k v", "swapdb 0 1", ""},
	{"set k v", "randomkey", ""},
	{"set k v", "keys *", ""},
	{"set k v", "type k", ""},
	{"set k v", "object encoding k", ""},
	{"", "setbit k 1 1", "n new k, $ setbit k"},
	{"set k v", "setbit k 1 1", ""},
	{"", "bitop or dst a b", "m keymiss a, m keymiss b"},
	{"set a v", "bitop not dst a", "n new dst, $ set dst"},
	{"set dst v", "bitop or dst a b", "m keymiss a, m keymiss b, g del dst"},
	{"set a v", "bitcount a", ""},
	{"", "bitfield k set u8 0 1", "n new k, $ setbit k"},
	{"set k v", "bitfield k get u8 0", ""},
	{"", "sadd k a b", "n new k, s sadd k"},
	{"sadd k a", "sadd k a", ""},
	{"sadd k a", "sadd k a b", "s sadd k"},
	{"sadd k a b", "srem k a x", "s srem k"},
	{"sadd k a b", "srem k a b", "s srem k, g del k"},
	{"sadd k a", "srem k x", ""},
	{"", "srem k x", ""},
	{"", "smembers k", "m keymiss k"},
	{"", "sismember k a", "m keymiss k"},
	{"", "smismember k a", "m keymiss k"},
	{"", "scard k", "m keymiss k"},
	{"sadd k a", "smove k l a", "s srem k, g del k, n new l, s sadd l"},
	{"sadd k a b; sadd l a", "smove k l a", "s srem k"},
	{"sadd k a b; sadd l c", "smove k l a", "s srem k, s sadd l"},
	{"sadd k a", "smove k k a", ""},
	{"sadd k a", "smove k l b", ""},
	{"", "smove k l b", ""},
	{"sadd k a b", "spop k", "s spop k"},
	{"sadd k a", "spop k", "s spop k, g del k"},
	{"", "spop k", ""},
	{"", "spop k 2", ""},
	{"sadd k a b", "spop k 0", ""},
	{"sadd k a b", "spop k 1", "s spop k"},
	{"sadd k a b", "spop k 2", "s spop k, g del k"},
	{"", "srandmember k", "m keymiss k"},
	{"", "srandmember k 2", "m keymiss k"},
	{"", "sinter k l", "m keymiss k, m keymiss l"},
	{"", "sunion k l", "m keymiss k, m keymiss l"},
	{"", "sdiff k l", "m keymiss k, m keymiss l"},
	{"", "sintercard 2 k l", "m keymiss k, m keymiss l"},
	{"sadd k a", "sinterstore d k k", "n new d, s sinterstore d"},
	{"sadd k a; set d v", "sinterstore d k l", "m keymiss l, g del d"},
	{"sadd k a", "sunionstore d k l", "m keymiss l, n new d, s sunionstore d"},
	{"sadd k a", "sunionstore k k", "s sunionstore k"},
	{"sadd k a", "sdiffstore d k k", ""},
	{"sadd k a; sadd d b", "sdiffstore d k k", "g del d"},
	{"sadd k a", "sdiffstore d k l", "m keymiss l, n new d, s sdiffstore d"},
	{"", "sscan k 0", "m keymiss k"},
	{"", "sscan k 0 count x", "m keymiss k"},
	{"", "georadiusbymember k m x km", "m keymiss k"},
	{"", "georadiusbymember k m x km foo", "m keymiss k"},
	{"", "geosearch k frommember a byradius x km", "m keymiss k"},
	{"", "sort k", "m keymiss k"},
	{"rpush k 2 1", "sort k by w* get v*", "m keymiss w2, m keymiss w1, m keymiss v1, m keymiss v2"},
	{"rpush k 2 1", "sort k store d", "n new d, l sortstore d"},
	{"rpush k 2 1; set d v", "sort k store d", "l sortstore d"},
	{"set d v", "sort k store d", "m keymiss k, g del d"},
	{"", "geoadd k 1 2 a", "n new k, z zadd k"},
	{"geoadd k 1 2 a", "geoadd k 1 2 a", ""},
	{"", "geopos k a", "m keymiss k"},
	{"", "geodist k a b", "m keymiss k"},
	{"", "geohash k a", "m keymiss k"},
	{"", "geosearch k fromlonlat 1 2 byradius 1 km", "m keymiss k"},
	{"geoadd k 1 2 a", "geosearchstore d k fromlonlat 1 2 byradius 1 km", "n new d, z geosearchstore d"},
	{"geoadd k 1 2 a; set d v", "geosearchstore d k fromlonlat 0 0 byradius 1 km", "g del d"},
	{"set d v", "geosearchstore d k fromlonlat 0 0 byradius 1 km", "m keymiss k, g del d"},
	{"geoadd k 1 2 a", "georadius k 1 2 1 km store d", "n new d, z georadiusstore d"},
	{"geoadd k 1 2 a", "georadiusbymember k a 1 km storedist d", "n new d, z georadiusstore d"},
	{"geoadd k 1 2 a", "georadius k 1 2 1 km", ""},
	{"", "hset k a 1 b 2", "n new k, h hset k"},
	{"hset k a 1", "hset k a 1", "h hset k"},
	{"hset k a 1", "hmset k a 1", "h hset k"},
	{"", "hsetnx k a 1", "n new k, h hset k"},
	{"hset k a 1", "hsetnx k a 2", ""},
	{"hset k a 1 b 2", "hdel k a x", "h hdel k"},
	{"hset k a 1 b 2", "hdel k a b", "h hdel k, g del k"},
	{"hset k a 1", "hdel k x", ""},
	{"", "hdel k x", ""},
	{"", "hincrby k a 1", "n new k, h hincrby k"},
	{"hset k a x", "hincrby k a 1", ""},
	{"", "hincrbyfloat k a 1.5", "n new k, h hincrbyfloat k"},
	{"", "hget k a", "m keymiss k"},
	{"hset k a 1", "hget k x", ""},
	{"", "hmget k a b", "m keymiss k"},
	{"", "hgetall k", "m keymiss k"},
	{"", "hkeys k", "m keymiss k"},
	{"", "hvals k", "m keymiss k"},
	{"", "hlen k", "m keymiss k"},
	{"", "hexists k a", "m keymiss k"},
	{"", "hstrlen k a", "m keymiss k"},
	{"", "hrandfield k", "m keymiss k"},
	{"", "hrandfield k 2", "m keymiss k"},
	{"", "hscan k 0", "m keymiss k"},
	{"hset k a 1", "rename k l", "n new l, g rename_from k, g rename_to l"},
	{"", "zadd k 1 a", "n new k, z zadd k"},
	{"", "zadd k xx 1 a", ""},
	{"zadd k 1 a", "zadd k 1 a", ""},
	{"zadd k 1 a", "zadd k 2 a", "z zadd k"},
	{"zadd k 1 a", "zadd k gt 0 a", ""},
	{"zadd k 1 a", "zadd k incr 2 a", "z zincr k"},
	{"zadd k 1 a", "zadd k nx incr 2 a", ""},
	{"", "zincrby k 1 a", "n new k, z zincr k"},
	{"zadd k 1 a", "zincrby k 0 a", ""},
	{"zadd k 1 a 2 b", "zrem k a x", "z zrem k"},
	{"zadd k 1 a", "zrem k a", "z zrem k, g del k"},
	{"zadd k 1 a", "zrem k x", ""},
	{"", "zrem k x", ""},
	{"", "zcard k", "m keymiss k"},
	{"", "zcount k 1 2", "m keymiss k"},
	{"", "zlexcount k - +", "m keymiss k"},
	{"", "zscore k a", "m keymiss k"},
	{"", "zmscore k a", "m keymiss k"},
	{"", "zrank k a", "m keymiss k"},
	{"", "zrange k 0 1", "m keymiss k"},
	{"", "zrangebyscore k 0 1", "m keymiss k"},
	{"", "zrandmember k", "m keymiss k"},
	{"", "zrandmember k 2", "m keymiss k"},
	{"", "zscan k 0", "m keymiss k"},
	{"zadd k 1 a 2 b", "zremrangebyrank k 0 0", "z zremrangebyrank k"},
	{"zadd k 1 a", "zremrangebyscore k 0 1", "z zremrangebyscore k, g del k"},
	{"zadd k 1 a", "zremrangebylex k - +", "z zremrangebylex k, g del k"},
	{"zadd k 1 a", "zremrangebyrank k 5 6", ""},
	{"", "zremrangebyrank k 5 6", ""},
	{"zadd k 1 a 2 b", "zpopmin k", "z zpopmin k"},
	{"zadd k 1 a 2 b", "zpopmax k 2", "z zpopmax k, g del k"},
	{"zadd k 1 a", "zpopmax k 0", ""},
	{"", "zpopmin k", ""},
	{"zadd k 1 a 2 b", "zmpop 2 l k max count 9", "z zpopmax k, g del k"},
	{"", "zmpop 1 k min", ""},
	{"zadd k 1 a 2 b", "bzpopmin l k 0", "z zpopmin k"},
	{"zadd k 1 a", "zrangestore d k 0 -1", "n new d, z zrangestore d"},
	{"zadd k 1 a; set d v", "zrangestore d k 0 -1", "z zrangestore d"},
	{"zadd k 1 a; set d v", "zrangestore d k 5 6", "g del d"},
	{"", "zrangestore d k 5 6", "m keymiss k"},
	{"", "zunion 2 k l", "m keymiss k, m keymiss l"},
	{"", "zinter 2 k l", "m keymiss k, m keymiss l"},
	{"", "zdiff 2 k l", "m keymiss k, m keymiss l"},
	{"", "zintercard 2 k l", "m keymiss k, m keymiss l"},
	{"zadd k 1 a", "zunionstore d 2 k l", "m keymiss l, n new d, z zunionstore d"},
	{"zadd k 1 a; sadd d x", "zinterstore d 2 k k", "z zinterstore d"},
	{"zadd k 1 a", "zunionstore k 1 k", "z zunionstore k"},
	{"zadd k 1 a", "zdiffstore d 2 k l", "m keymiss l, n new d, z zdiffstore d"},
	{"zadd k 1 a; set d v", "zdiffstore d 2 k k", "g del d"},
	{"", "zdiffstore d 2 k k", "m keymiss k, m keymiss k"},
	{"", "set k v PXAT 1", "n new k, $ set k, g expire k"},
	{"", "ttl k", "m keymiss k"},
	{"", "type k", "m keymiss k"},
	{"", "exists k k", "m keymiss k, m keymiss k"},
	{"", "object encoding k", ""},
	{"", "copy k l", "m keymiss k"},
	{"", "rename k l", ""},
	{"", "getex k", "m keymiss k"},
	{"", "touch k", "m keymiss k"},
	{"", "expiretime k", "m keymiss k"},
	{"", "persist k", ""},
	{"", "expire k 10", ""},
	{"", "getrange k 0 1", "m keymiss k"},
	{"", "getbit k 1", "m keymiss k"},
	{"", "bitcount k", "m keymiss k"},
	{"", "bitpos k 1", "m keymiss k"},
	{"", "bitfield_ro k get u8 0", "m keymiss k"},
	{"", "bitfield k get u8 0", "m keymiss k"},
	{"", "bitop not dst k", "m keymiss k"},
	{"set k v PXAT 1", "get k", "x expired k, m keymiss k"},
	{"set k v PXAT 1", "set k w", "x expired k, n new k, $ set k"},
	{"set k v PXAT 1", "del k", "x expired k"},
	{"", "rpush k a b", "n new k, l rpush k"},
	{"rpush k a", "lpush k b", "l lpush k"},
	{"rpush k a", "lpushx k b", "l lpush k"},
	{"", "rpushx k b", ""},
	{"rpush k a b", "lpop k", "l lpop k"},
	{"rpush k a b", "rpop k 2", "l rpop k, g del k"},
	{"rpush k a b", "rpop k 0", ""},
	{"", "lpop k", ""},
	{"", "llen k", "m keymiss k"},
	{"", "lindex k 0", "m keymiss k"},
	{"", "lrange k 0 1", "m keymiss k"},
	{"", "lpos k a", "m keymiss k"},
	{"rpush k a b", "lset k 0 c", "l lset k"},
	{"rpush k a b", "linsert k before a c", "l linsert k"},
	{"rpush k a b", "linsert k before x c", ""},
	{"rpush k a b", "ltrim k 0 9", "l ltrim k"},
	{"rpush k a b", "ltrim k 5 9", "l ltrim k, g del k"},
	{"rpush k a b", "lrem k 0 a", "l lrem k"},
	{"rpush k a a", "lrem k 0 a", "l lrem k, g del k"},
	{"rpush k a a", "lrem k 0 x", ""},
	{"rpush k a b", "lmove k l left right", "n new l, l rpush l, l lpop k"},
	{"rpush k a; rpush l b", "rpoplpush k l", "l lpush l, l rpop k, g del k"},
	{"rpush k a", "lmove k k left right", "l rpush k, l lpop k"},
	{"", "lmove k l left right", ""},
	{"rpush k a b", "lmpop 2 l k right count 9", "l rpop k, g del k"},
	{"", "lmpop 1 k left", ""},
	{"", "pfadd k a", "n new k, $ pfadd k"},
	{"", "pfadd k", "n new k, $ pfadd k"},
	{"pfadd k a", "pfadd k a", ""},
	{"pfadd k a", "pfadd k b", "$ pfadd k"},
	{"pfadd k a", "pfcount k", ""},
	{"", "pfcount k", "m keymiss k"},
	{"pfadd k a", "pfcount k l", "m keymiss l"},
	{"pfadd k a", "pfmerge l k", "m keymiss l, n new l, $ pfadd l"},
	{"pfadd k a", "pfmerge k k", "$ pfadd k"},
	{"", "pfmerge k l", "m keymiss k, m keymiss l, n new k, $ pfadd k"},
	{"pfadd k a", "pfdebug todense k", ""},
	{"", "pfdebug todense k", ""},
	{"", "xadd k 1-1 f v", "n new k, t xadd k"},
	{"xadd k 1-1 f v", "xadd k 1-2 f v", "t xadd k"},
	{"xadd k 1-1 f v", "xadd k maxlen 1 1-2 f v", "t xadd k, t xtrim k"},
	{"xadd k 1-1 f v", "xadd k maxlen 5 1-2 f v", "t xadd k"},
	{"", "xadd k maxlen 0 1-2 f v", "n new k, t xadd k, t xtrim k"},
	{"", "xadd k nomkstream 1-2 f v", ""},
	{"xadd k 1-1 f v", "xadd k 1-1 f v", ""},
	{"xadd k 1-1 f v", "xdel k 1-1", "t xdel k"},
	{"xadd k 1-1 f v; xadd k 1-2 f v", "xdel k 1-1 1-2", "t xdel k"},
	{"xadd k 1-1 f v", "xdel k 1-2", ""},
	{"xadd k 1-1 f v", "xtrim k maxlen 0", "t xtrim k"},
	{"xadd k 1-1 f v", "xtrim k minid 1", ""},
	{"xadd k 1-1 f v", "xsetid k 5", "t xsetid k"},
	{"xadd k 1-1 f v", "xsetid k 1", ""},
	{"", "xlen k", "m keymiss k"},
	{"", "xrange k - +", "m keymiss k"},
	{"", "xrevrange k + -", "m keymiss k"},
	{"", "xrange k - + count 0", "m keymiss k"},
	{"", "xdel k 1", ""},
	{"", "xdel k x", ""},
	{"", "xtrim k maxlen 0", ""},
	{"", "xsetid k 5", ""},
	{"", "xinfo stream k", "m keymiss k"},
	{"", "xinfo stream k full", "m keymiss k"},
	{"", "xread streams k 0", "m keymiss k, m keymiss k"},
	{"xadd k 1-1 f v", "xread streams l k 0 0", "m keymiss l, m keymiss l"},
	{"xadd k 1-1 f v", "copy k l", "n new l, g copy_to l"},
	{"mset l v k v; pexpireat k 99999999999999; set k v PXAT 1", "rename l k", "x expired k, n new k, g rename_from l, g rename_to k"},
	{"xadd k 1-0 f v", "xgroup create k g 0", "t xgroup-create k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xgroup create k g 0", ""},
	{"", "xgroup create k g 0", ""},
	{"", "xgroup create k g $ mkstream", "n new k, t xgroup-create k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xgroup setid k g 1", "t xgroup-setid k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xgroup destroy k g", "t xgroup-destroy k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xgroup destroy k h", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xgroup createconsumer k g c", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xgroup createconsumer k g c", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xgroup delconsumer k g c", "t xgroup-delconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xgroup delconsumer k g d", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xreadgroup group g c streams k >", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xreadgroup group g c noack streams k >", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xreadgroup group g c streams k >", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xreadgroup group g c streams k 0", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xreadgroup group g d streams k >", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xreadgroup group g d streams k 0", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xreadgroup group g c streams l >", "m keymiss l"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xreadgroup group g c streams l k > >", "m keymiss l"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0", "xreadgroup group g c streams k l > >", "m keymiss l"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xack k g 1-0", ""},
	{"", "xack k g 1-0", "m keymiss k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xpending k g", ""},
	{"", "xpending k g", "m keymiss k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xclaim k g d 0 1-0", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xclaim k g c 0 1-0", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xclaim k g d 0 5-0", ""},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xclaim k g d 1000 1-0", ""},
	{"", "xclaim k g d 0 5-0", "m keymiss k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xautoclaim k g d 0 0", "t xgroup-createconsumer k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >; xdel k 1-0 2-0", "xautoclaim k g d 0 0", ""},
	{"", "xautoclaim k g d 0 0", "m keymiss k"},
	{"", "xinfo groups k", "m keymiss k"},
	{"", "xinfo consumers k g", "m keymiss k"},
	{"xadd k 1-0 f v; xadd k 2-0 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xinfo stream k full", ""},
}

// newerEventRows are commands that a 7.0 server does not know; those of hashes are fieldEventRows.
var newerEventRows = []struct{ before, command, events string }{
	{"set k v", "set k w IFEQ v", "$ set k"},
	{"set k v", "set k w IFEQ x", ""},
	{"", "set k w IFEQ x", ""},
	{"set k v", "set k w IFNE x EX 10", "$ set k, g expire k"},
	{"set k v", "delex k", "g del k"},
	{"set k v", "delex k IFEQ v", "g del k"},
	{"set k v", "delex k IFEQ x", ""},
	{"", "delex k IFEQ x", ""},
	{"", "digest k", "m keymiss k"},
	{"", "msetex 2 a 1 b 2", "n new a, $ set a, n new b, $ set b"},
	{"set a 1", "msetex 2 a 1 b 2 NX", ""},
	{"", "msetex 2 a 1 b 2 EX 10", "n new a, $ set a, g expire a, n new b, $ set b, g expire b"},
	{"set a v", "bitop diff dst a b", "m keymiss b, n new dst, $ set dst"},
	{"set a v; set dst v", "bitop andor dst b a", "m keymiss b, $ set dst"},
	{"zadd k 1 a", "zrank k a withscore", ""},
	{"", "zrank k a withscore", "m keymiss k"},
	{"xadd k 1-1 f v", "xdelex k ids 1 1-1", "t xdel k"},
	{"xadd k 1-1 f v", "xdelex k ids 1 5-5", ""},
	{"", "xdelex k ids 1 5-5", ""},
	{"xadd k 1-1 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xackdel k g ids 1 1-1", "t xdel k"},
	{"xadd k 1-1 f v; xgroup create k g 0; xreadgroup group g c streams k >", "xackdel k g keepref ids 1 2-1", ""},
	{"xadd k 1-1 f v; xadd k 2-1 f v", "xtrim k maxlen 1 delref", "t xtrim k"},
	{"xadd k 1-1 f v", "xread streams k +", ""},
}

func TestEvents(t *testing.T) {
	for _, row := range slices.Concat(eventRows, newerEventRows) {
		t.Run(row.before+";"+row.command, func(t *testing.T) {
			s := nook.NewChecked(t, nook.Options{Clock: nook.NewManualClock(time.Time{})})
			for _, line := range strings.Split(row.before, "; ") {
				if line != "" {
					do(t, s.Select(0), strings.Fields(line)...)
				}
			}
			var events []string
			nook.Listen(s, ^nook.EventClass(0), func(e nook.Event) {
				text := eventLetters[e.Class] + " " + e.Name + " " + e.Key
				if e.DB != 0 {
					text += fmt.Sprint("@", e.DB)
				}
				events = append(events, text)
			})
			do(t, s.Select(0), strings.Fields(row.command)...)
			require.Equal(t, row.events, strings.Join(events, ", "))
		})
	}
}

// TestEventsServer checks the rows with the real server.
func TestEventsServer(t *testing.T) {
	server := redistest.Start(t, "--enable-debug-command", "yes")
	conn, sub := server.Dial(t), server.Dial(t)
	require.Equal(t, "OK", conn.Do("DEBUG", "SET-ACTIVE-EXPIRE", "0").Str)
	sub.Do("PSUBSCRIBE", "__keyevent@*__:*")
	events := func(before, command, classes string) (list []string) {
		conn.Do("CONFIG", "SET", "notify-keyspace-events", "")
		conn.Do("FLUSHALL")
		for _, line := range strings.Split(before, "; ") {
			if line != "" {
				conn.Do(strings.Fields(line)...)
			}
		}
		conn.Do("CONFIG", "SET", "notify-keyspace-events", "E"+classes)
		conn.Do(strings.Fields(command)...)
		conn.Do("PUBLISH", "__keyevent@0__:end", "")
		for {
			message, err := sub.Receive()
			require.NoError(t, err)
			db, name, _ := strings.Cut(strings.TrimPrefix(message.Elems[2].Str, "__keyevent@"), "__:")
			if name == "end" {
				return list
			}
			text := name + " " + message.Elems[3].Str
			if db != "0" {
				text += "@" + db
			}
			list = append(list, text)
		}
	}
	for _, row := range eventRows {
		class := map[string]string{}
		for _, letter := range eventLetters {
			for _, e := range events(row.before, row.command, letter) {
				class[e] = letter
			}
		}
		list := events(row.before, row.command, "Anm")
		for i, e := range list {
			list[i] = class[e] + " " + e
		}
		require.Equal(t, row.events, strings.Join(list, ", "), "%s; %s", row.before, row.command)
	}
}
