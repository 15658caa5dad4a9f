package differential

import (
	"strings"

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
func sortComparer(c command) func(redis, nook resp.Reply) bool {
	loose := c.name() == "SORT_RO" && c.has("ALPHA") && c.has("BY")
	for i := 1; i+1 < len(c); i++ {
		if strings.EqualFold(c[i], "BY") && !strings.Contains(c[i+1], "*") && c[i+1] != "nosort" {
			loose = true
		}
	}
	switch {
	case !loose:
		return exactly
	case c.has("LIMIT"):
		return sameLength
	}
	return inAnyOrder
}
