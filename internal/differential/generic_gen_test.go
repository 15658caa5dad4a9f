package differential

var genericForms = parseForms(`
	4* SET {key} {value}
	2* SET {key} {value} [EX {secs}|PX {ms}|EXAT {at}|PXAT {atms}|KEEPTTL]
	GET {key}
	3* DEL {key}+
	2* UNLINK {key}+
	2* EXISTS {key}+
	TOUCH {key}+
	TYPE {key}
	4* COPY {key} {key} [DB {db}] [REPLACE]
	3* MOVE {key} {db}
	3* RENAME {key} {key}
	3* RENAMENX {key} {key}
	2* EXPIRE {key} {secs} [NX|XX|GT|LT]
	2* PEXPIRE {key} {ms} [NX|XX|GT|LT]
	2* EXPIREAT {key} ({at}|{at}|{past}) [NX|XX|GT|LT]
	2* PEXPIREAT {key} ({atms}|{atms}|{past}) [NX|XX|GT|LT]
	2* PERSIST {key}
	TTL {key}
	PTTL {key}
	2* EXPIRETIME {key}
	2* PEXPIRETIME {key}
	2* KEYS {pattern}
	3* SCANALL [MATCH {pattern}] [COUNT {count}] [TYPE {type}]
	SCAN {cursor} [MATCH {pattern}] [COUNT {count}] [TYPE {type}] [{junk}]
	RANDOMKEY
	DBSIZE
	2* OBJECT ENCODING {key}
	2* OBJECT REFCOUNT {key}
	OBJECT IDLETIME {key}
	OBJECT FREQ {key}
	OBJECT {junk} {key}
	OBJECT (ENCODING|REFCOUNT|IDLETIME|FREQ)
	2* SELECT {db}
	2* SWAPDB {db} {db}
	FLUSHDB [SYNC|ASYNC]
	FLUSHALL [SYNC|ASYNC]
`)
