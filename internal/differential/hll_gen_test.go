package differential

import (
	"strconv"

	"pgregory.net/rapid"
)

var hllForms = parseForms(`
	6* PFADD {key} {value}+
	PFADD {key}
	3* PFCOUNT {key}
	2* PFCOUNT {key}+
	3* PFMERGE {key} {key}+
	PFMERGE {key}
	PFDEBUG (DECODE|ENCODING|TODENSE|{junk}) {key}
	2* PFDEBUG DECODE {key}
	SET {key} {sketch}
	2* GET {key}
	STRLEN {key}
	OBJECT ENCODING {key}
	COPY {key} {key} [REPLACE]
	APPEND {key} {value}
	SETRANGE {key} (0|2|4|15) {value}
	EXPIRE {key} {secs}
	DEL {key}
`)

var hllChunks = []func(*rapid.T) []step{addMany}

// addMany draws a PFADD of so many elements that a HyperLogLog becomes dense by two or three of them.
func addMany(t *rapid.T) []step {
	c := command{"PFADD", kinds["key"](t)}
	from := 100 * roll(t, 20)
	for i := range pick(t, []int{20, 20, 50, 100, 300, 800}) {
		c = append(c, strconv.Itoa(from+i))
	}
	return []step{{commands: []command{c}}}
}
