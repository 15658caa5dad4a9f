package differential

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/resp"
)

// Keys to sort are others than those of other families, whose sorted sets may have scores that Redis takes
// for out of range; see sortCleanly.
var sortForms = parseForms(`
	4* RPUSH {sortkey} {element}+
	2* SADD {sortkey} {element}+
	2* SADD {sortkey} {number}+
	2* ZADD {sortkey} {number} {element}
	SET {sortkey} {element}
	3* SET {weightkey} {weight}
	2* HSET {weightkey} f {weight}
	SET {weightkey} {element}
	LRANGE {key} 0 -1
	OBJECT ENCODING {sortkey}
	2* DEL {sortkey}
`)

// sorts are drawn by sortCleanly.
var sorts = parseForms(`
	6* SORT {sortkey} [BY {weights}] [LIMIT {index} {index}] [ASC|DESC] [GET {got}] [GET {got}]
	3* SORT {sortkey} ALPHA [LIMIT {index} {index}] [ASC|DESC] [GET {got}]
	2* SORT {sortkey} BY {weights} [LIMIT {index} {index}] [ASC|DESC] [GET {got}]
	3* SORT {sortkey} [BY {weights}] [LIMIT {index} {index}] [ASC|DESC] [GET {got}] STORE {key}
	2* SORT {sortkey} ALPHA [LIMIT {index} {index}] [DESC] STORE {key}
	SORT {sortkey} BY none [LIMIT {index} {index}] [DESC] [GET {got}]
	SORT {sortkey} [BY {weights}] [LIMIT {index} {index}|STORE {key}|{junk}]
	3* SORT_RO {sortkey} [BY {weights}] [ALPHA] [LIMIT {index} {index}] [ASC|DESC] [GET {got}] [GET {got}]
	SORT_RO {sortkey} BY none [LIMIT {index} {index}] [DESC] [GET {got}]
	SORT_RO {sortkey} STORE {key}
`)

var sortChunks = []func(*rapid.T) []step{sortCleanly}

// sortCleanly draws a SORT with a command before it that clears the C library's errno. Redis 7.0 looks at
// that to find numbers out of range, but does not clear it: any such number, in any command before, makes it fail.
func sortCleanly(t *rapid.T) []step {
	c := family{forms: sorts}.form(t).shape.draw(t, nil)
	if chance(t, 12) {
		c = mutate(t, c)
	}
	return []step{{commands: []command{{"SSCAN", "nosuchkey", "0"}, c}}}
}

var (
	sortKeys = []string{"s1", "s1", "s2", "s3", "nosuch"}

	// elements are mostly numbers, since all must be for most kinds of sorting.
	// None is out of range: Redis 7.0 then has the error for sequences that follow, too.
	elements = []string{
		"1", "2", "3", "10", "-1", "1", "2", "3.5", "1e3", " 7", "", "0x10", "inf", "1", "10", "2", "a", "b",
	}

	// weightKeys are those that patterns make of elements.
	weightKeys = []string{"w1", "w2", "w3", "w10", "w-1", "w3.5", "w", "wa", "w1x", "w2x", "1", "2"}
	weights    = []string{"1", "2", "3", "-5", "2", "1.5", "", "heavy", "nan", "100", "0"}

	weightPatterns = []string{"w*", "w*", "w*->f", "w*x", "*", "w*->g", "w*->", "*w*"}
	gotPatterns    = []string{"#", "#", "w*", "w*->f", "w*x->f", "nothing", "*", "#x", "w*->"}
)

// sortComparer returns how the replies to a SORT are compared. Redis has no order of sets that
// are not sorted, and, beyond lists, none among elements of equal weight that are sorted as text. So
// that the other cases are compared exactly, forms draw the latter only of SORT_RO. Scripts write
// "nosort" where they sort no set.
//
// Sorted as text, elements are equal that differ behind a zero byte only, where the C library sees their end. Sets have those in
// any order then, and what GET finds for them cannot be told apart.
func sortComparer(c command) func(redis, nook resp.Reply) bool {
	loose := c.name() == "SORT_RO" && c.has("ALPHA") && c.has("BY")
	for i := 1; i+1 < len(c); i++ {
		if strings.EqualFold(c[i], "BY") && !strings.Contains(c[i+1], "*") && c[i+1] != "nosort" {
			loose = true
		}
	}
	texts := c.has("ALPHA") && !c.has("STORE")
	switch {
	case !loose && texts && !c.has("GET"):
		return sameTexts
	case !loose && !texts:
		return exactly
	case c.has("LIMIT"):
		return sameLength
	}
	return inAnyOrder
}

// sameTexts compares replies exactly but for the order of elements that are the same text up to a zero byte.
func sameTexts(redis, nook resp.Reply) bool {
	if redis.Equal(nook) {
		return true
	}
	cut := func(r resp.Reply) (texts []string) {
		for _, e := range r.Elems {
			text, _, _ := strings.Cut(e.Str, "\x00")
			texts = append(texts, text)
		}
		return texts
	}
	return redis.Kind == resp.KindArray && sameLength(redis, nook) && slices.Equal(cut(redis), cut(nook))
}

// TestSameTexts shows what sameTexts lets pass: SORT s ALPHA of a set with an empty text and one that begins with a zero byte.
func TestSameTexts(t *testing.T) {
	reply := func(texts ...string) resp.Reply {
		r := resp.Reply{Kind: resp.KindArray}
		for _, text := range texts {
			r.Elems = append(r.Elems, resp.Reply{Kind: resp.KindBulk, Str: text})
		}
		return r
	}
	same := sortComparer(command{"SORT_RO", "s", "ALPHA"})
	require.True(t, same(reply("\x00a", "", "1"), reply("", "\x00a", "1")))
	require.True(t, same(reply("", "1"), reply("", "1")))
	require.False(t, same(reply("", "1", "2"), reply("", "2", "1")))
	require.False(t, same(reply("", "1"), reply("", "1", "1")))
	require.False(t, same(reply("", "1"), resp.Reply{Kind: resp.KindError, Str: "ERR"}))
	require.False(t, sortComparer(command{"SORT", "s"})(reply("\x00a", ""), reply("", "\x00a")))
}
