package differential

import "pgregory.net/rapid"

var setForms = parseForms(`
	6* SADD {key} {member}+
	2* SADD {key} {int}+
	3* SREM {key} {member}+
	2* SMEMBERS {key}
	2* SISMEMBER {key} {member}
	SMISMEMBER {key} {member}+
	2* SCARD {key}
	3* SMOVE {key} {key} {member}
	2* SINTER {key}+
	2* SUNION {key}+
	2* SDIFF {key}+
	3* SINTERSTORE {key} {key}+
	3* SUNIONSTORE {key} {key}+
	3* SDIFFSTORE {key} {key}+
	SINTERCARD 1 {key} [LIMIT {count}]
	2* SINTERCARD 2 {key} {key} [LIMIT ({count}|{int})]
	SINTERCARD {count} {key}+
	SRANDMEMBER {key}
	SRANDMEMBER {key} {count}
	SRANDMEMBER {key} (-3|-100)
	SSCAN {key} 0 [MATCH {pattern}]
	SSCAN {key} {cursor} [MATCH {pattern}] [COUNT {count}] [TYPE {type}] [{junk}]
	OBJECT ENCODING {key}
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	EXPIRE {key} {secs}
	PERSIST {key}
	TTL {key}
	DEL {key}
`)

var setChunks = []func(*rapid.T) []step{popFromSet}

// popFromSet draws commands that take random members out of a set, whose rest nothing looks
// at but its size.
func popFromSet(t *rapid.T) []step {
	key, n := kinds["key"](t), pick(t, []string{"1", "2", "3", "5", "20"})
	fill := command{"SADD", key}
	for range 1 + roll(t, 7) {
		fill = append(fill, kinds["member"](t))
	}
	pop := pick(t, []command{{"SPOP", key}, {"SPOP", key, n}, {"SPOP", key, n}})
	look := pick(t, []command{{"SCARD", key}, {"EXISTS", key}})
	return []step{{commands: []command{{"DEL", key}, fill, pop, look, {"DEL", key}}}}
}
