package differential

import (
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/resp"
)

var zsetForms = parseForms(`
	8* ZADD {key} ({score} {member})+
	4* ZADD {key} [NX|XX] [GT|LT] [CH] ({score} {member})+
	2* ZADD {key} [NX|XX|GT|LT|CH] INCR {score} {member}
	ZADD {key} [NX|XX|GT|LT|CH|INCR] {junk}+
	3* ZINCRBY {key} {score} {member}
	3* ZREM {key} {member}+
	ZCARD {key}
	2* ZCOUNT {key} {bound} {bound}
	2* ZSCORE {key} {member}
	ZMSCORE {key} {member}+
	2* ZRANK {key} {member}
	2* ZREVRANK {key} {member}
	3* ZRANGE {key} {index} {index} [WITHSCORES] [REV]
	3* ZRANGE {key} {bound} {bound} BYSCORE [WITHSCORES] [REV] [LIMIT {index} {index}]
	ZRANGE {key} {index} {bound} [BYSCORE] [REV] [LIMIT {index} {index}] [WITHSCORES]
	2* ZRANGESTORE {key} {key} {index} {index} [REV]
	2* ZRANGESTORE {key} {key} {bound} {bound} BYSCORE [REV] [LIMIT {index} {index}]
	2* ZREVRANGE {key} {index} {index} [WITHSCORES]
	2* ZRANGEBYSCORE {key} {bound} {bound} [WITHSCORES] [LIMIT {index} {index}]
	2* ZREVRANGEBYSCORE {key} {bound} {bound} [WITHSCORES] [LIMIT {index} {index}]
	ZREMRANGEBYRANK {key} {index} {index}
	ZREMRANGEBYSCORE {key} {bound} {bound}
	ZPOPMIN {key}
	ZPOPMAX {key}
	ZPOPMIN {key} {count}
	ZPOPMAX {key} {count}
	ZMPOP 1 {key} (MIN|MAX) [COUNT {count}]
	2* ZMPOP 2 {key} {key} (MIN|MAX) [COUNT {count}]
	ZMPOP {int} {key}+ (MIN|MAX|{junk}) [COUNT {count}]
	2* ZUNION 2 {key} {key} [WEIGHTS {score} {score}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
	2* ZINTER 2 {key} {key} [WEIGHTS {score} {score}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
	ZUNION 3 {key} {key} {key} [WEIGHTS {score} {score} {score}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
	ZINTER 3 {key} {key} {key} [WEIGHTS {score} {score} {score}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
	ZDIFF 2 {key} {key} [WITHSCORES]
	ZDIFF 3 {key} {key} {key} [WITHSCORES]
	(ZUNION|ZINTER|ZDIFF) {int} {key}+ [WITHSCORES] [{junk}]
	2* ZUNIONSTORE {key} 2 {key} {key} [WEIGHTS {score} {score}] [AGGREGATE (SUM|MIN|MAX)]
	2* ZINTERSTORE {key} 2 {key} {key} [WEIGHTS {score} {score}] [AGGREGATE (SUM|MIN|MAX)]
	ZDIFFSTORE {key} 2 {key} {key}
	(ZUNIONSTORE|ZINTERSTORE|ZDIFFSTORE) {key} {int} {key}+ [WEIGHTS {score}] [{junk}]
	ZINTERCARD 2 {key} {key} [LIMIT {count}]
	ZINTERCARD {int} {key}+ [LIMIT {int}]
	ZRANDMEMBER {key}
	ZRANDMEMBER {key} {index} [WITHSCORES]
	ZRANDMEMBER {key} (1000|1001) [WITHSCORES]
	ZSCAN {key} 0 [MATCH {pattern}] [COUNT {count}] [{junk}]
	2* SADD {key} {member}+
	OBJECT ENCODING {key}
	TYPE {key}
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	EXPIRE {key} {secs}
	DEL {key}
`)

// lexForms are drawn without mistakes, and no others use their keys, so that all scores are the same:
// else their results are not defined, and those of a skip list depend on its random levels.
var lexForms = parseForms(`
	2* ZRANGE {lexset} {lex} {lex} BYLEX [REV] [LIMIT {index} {index}]
	ZRANGESTORE {lexset} {lexset} {lex} {lex} BYLEX [REV] [LIMIT {index} {index}]
	2* ZRANGEBYLEX {lexset} {lex} {lex} [LIMIT {index} {index}]
	2* ZREVRANGEBYLEX {lexset} {lex} {lex} [LIMIT {index} {index}]
	2* ZLEXCOUNT {lexset} {lex} {lex}
	6* ZADD {lexset} 5 {member} 5 {member} 5 {member}
	ZREMRANGEBYLEX {lexset} {lex} {lex}
`)

// lexSets are the keys of lexForms.
var lexSets = []string{"lex", "lex", "lex{t}"}

func lexRanges(t *rapid.T) []step {
	var steps []step
	for range 1 + roll(t, 5) {
		steps = append(steps, step{commands: []command{pick(t, lexForms).shape.draw(t, nil)}})
	}
	return steps
}

var zsetChunks = []func(*rapid.T) []step{lexRanges, bigZSet, inTransaction(zsetBlockingForms)}

// bigZSet draws the making of a sorted set with more members than fit its small form.
func bigZSet(t *rapid.T) []step {
	lex := chance(t, 2)
	add := command{"ZADD", kinds["key"](t)}
	if lex {
		add[1] = kinds["lexset"](t)
	}
	from := roll(t, 100)
	for i := range 125 + roll(t, 8) {
		score := "5"
		if !lex {
			score = scores[(from+i)%len(scores)]
		}
		add = append(add, score, "m"+strconv.Itoa((from+i)*7919%1009))
	}
	return []step{{commands: []command{add}}}
}

// zsetBlockingForms are only drawn within transactions, where nobody waits.
var zsetBlockingForms = parseForms(`
	BZPOPMIN {key}+ 0
	BZPOPMAX {key}+ 1
	BZMPOP 0 1 {key} (MIN|MAX) [COUNT {count}]
	BZMPOP 0.5 2 {key} {key} (MIN|MAX) [COUNT {count}]
`)

// sameZScan compares the first pages of scans: all of a small sorted set, in any order, and
// of a big one nothing but the shape.
func sameZScan(redis, nook resp.Reply) bool {
	if redis.Kind != resp.KindArray || nook.Kind != resp.KindArray || redis.Elems[0].Str == "0" && nook.Elems[0].Str == "0" {
		a, b := scannedInOrder(redis), scannedInOrder(nook)
		return a.Equal(b)
	}
	return slices.EqualFunc(redis.Elems, nook.Elems, sameKind)
}

// scannedInOrder returns the reply of a scan with its pairs sorted.
func scannedInOrder(r resp.Reply) resp.Reply {
	if r.Kind != resp.KindArray {
		return r
	}
	var pairs []resp.Reply
	for pair := range slices.Chunk(r.Elems[1].Elems, 2) {
		pairs = append(pairs, resp.Reply{Kind: resp.KindArray, Str: pair[0].Str, Elems: pair})
	}
	pairs = sorted(pairs)
	for i := range pairs {
		pairs[i].Str = ""
	}
	return resp.Reply{Kind: resp.KindArray, Elems: []resp.Reply{r.Elems[0], {Kind: resp.KindArray, Elems: pairs}}}
}
