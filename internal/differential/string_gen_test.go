package differential

import "pgregory.net/rapid"

var stringForms = parseForms(`
	4* SET {key} {value}
	5* SET {key} {value} [NX|XX] [GET] [EX {secs}|PX {ms}|EXAT {at}|PXAT {atms}|KEEPTTL]
	SETNX {key} {value}
	SETEX {key} {secs} {value}
	PSETEX {key} {ms} {value}
	4* GET {key}
	GETDEL {key}
	GETSET {key} {value}
	2* GETEX {key} [EX {secs}|PX {ms}|PERSIST] [EXAT ({at}|{past})|PXAT ({atms}|{past})]
	2* GETRANGE {key} {index} {index}
	SUBSTR {key} {index} {index}
	2* SETRANGE {key} {offset} {value}
	STRLEN {key}
	2* APPEND {key} {value}
	2* INCR {key}
	DECR {key}
	2* INCRBY {key} {int}
	2* DECRBY {key} {int}
	3* INCRBYFLOAT {key} {float}
	MGET {key}+
	2* MSET ({key} {value})+
	2* MSETNX ({key} {value})+
	3* LCS {key} {key} [LEN] [IDX] [MINMATCHLEN {int}] [WITHMATCHLEN]
	TTL {key}
	PTTL {key}
	OBJECT ENCODING {key}
	OBJECT REFCOUNT {key}
	DEL {key}
`)

var stringChunks = []func(*rapid.T) []step{setInThePast}

// setInThePast draws a SET with a deadline that has passed, and something that
// looks at the key at once. A real server holds such a key until it is looked
// at or swept, and only DBSIZE can tell.
func setInThePast(t *rapid.T) []step {
	key := kinds["key"](t)
	set := command{"SET", key, kinds["value"](t), pick(t, []string{"EXAT", "PXAT"}), kinds["past"](t)}
	look := pick(t, []command{{"EXISTS", key}, {"GET", key}, {"INCR", key}, {"SET", key, "x", "NX"}})
	return []step{{commands: []command{set, look}}}
}
