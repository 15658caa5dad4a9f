package differential

import "pgregory.net/rapid"

var listForms = parseForms(`
	5* RPUSH {key} {value}+
	4* LPUSH {key} {value}+
	RPUSHX {key} {value}+
	LPUSHX {key} {value}+
	RPUSH {key} {value} {value} {value} {value} {value} {value} {value} {value} {value} {value} {value} {value}
	RPUSH {key} {big}+
	LPUSH {key} {big}+
	LPOP {key}
	RPOP {key}
	2* LPOP {key} {count}
	2* RPOP {key} {count}
	LLEN {key}
	3* LINDEX {key} {index}
	3* LSET {key} {index} {value}
	LSET {key} {index} {big}
	4* LINSERT {key} (BEFORE|AFTER|BEFORE|AFTER|{junk}) {value} {value}
	2* LINSERT {key} (BEFORE|AFTER) {value} {big}
	3* LRANGE {key} {index} {index}
	LRANGE {key} 0 -1
	3* LREM {key} (0|1|-1|2|-2|{int}) {value}
	LREM {key} 0 {big}
	2* LTRIM {key} {index} {index}
	2* LTRIM {key} (0|1|2) (-1|-2|5|10)
	4* LPOS {key} {value} [RANK (1|2|-1|-2|{int})] [COUNT (0|1|2|{int})] [MAXLEN (0|1|5|{int})]
	3* LMOVE {key} {key} (LEFT|RIGHT) (LEFT|RIGHT)
	LMOVE {key} {key} ({junk}|LEFT) ({junk}|RIGHT)
	2* RPOPLPUSH {key} {key}
	LMPOP 1 {key} (LEFT|RIGHT) [COUNT {count}]
	2* LMPOP 2 {key} {key} (LEFT|RIGHT) [COUNT {count}]
	LMPOP {int} {key}+ (LEFT|RIGHT) [COUNT {count}]
	OBJECT ENCODING {key}
	TYPE {key}
	COPY {key} {key} [REPLACE]
	RENAME {key} {key}
	EXPIRE {key} {secs}
	DEL {key}
`)

var listChunks = []func(*rapid.T) []step{inTransaction(listBlockingForms)}

// listBlockingForms are only drawn within transactions, where nobody waits.
var listBlockingForms = parseForms(`
	BLPOP {key}+ 0
	BRPOP {key}+ 1
	BLMOVE {key} {key} (LEFT|RIGHT) (LEFT|RIGHT) 0.5
	BRPOPLPUSH {key} {key} 0
	BLMPOP 0 1 {key} (LEFT|RIGHT) [COUNT {count}]
	BLMPOP 0 2 {key} {key} (LEFT|RIGHT) [COUNT {count}]
`)
