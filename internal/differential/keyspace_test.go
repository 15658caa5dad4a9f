package differential

import (
	"strconv"

	"github.com/nookdb/nook/internal/resp"
)

// valueType is a type of value: how sequences make values of it and how all of
// a value is read.
type valueType struct {
	name  string                     // as TYPE answers
	forms []form                     // commands that make a key of this type
	dump  func(key string) []command // commands whose replies are all of the value
}

// types are the types that nook has. Every family makes keys of all of them,
// so that its commands meet wrong ones.
var types = []valueType{
	{
		name:  "string",
		forms: parseForms(`SET {key} {value}`),
		dump:  func(key string) []command { return []command{{"GET", key}} },
	},
	{
		name:  "hash",
		forms: parseForms(`HSET {key} ({field} {value})+`),
		dump:  func(key string) []command { return []command{{"HGETALL", key}} },
	},
	{
		name:  "list",
		forms: parseForms(`RPUSH {key} {value}+`),
		dump:  func(key string) []command { return []command{{"LLEN", key}, {"LRANGE", key, "0", "-1"}} },
	},
	{
		name:  "set",
		forms: parseForms(`SADD {key} {member}+`),
		dump:  func(key string) []command { return []command{{"SMEMBERS", key}} },
	},
	{
		name:  "zset",
		forms: parseForms(`ZADD {key} ({score} {member})+`),
		dump:  func(key string) []command { return []command{{"ZCARD", key}, {"ZRANGE", key, "0", "-1", "WITHSCORES"}} },
	},
	{
		name:  "stream",
		forms: parseForms(`XADD {key} {newid} ({field} {value})+`),
		dump: func(key string) []command {
			return []command{{"XLEN", key}, {"XRANGE", key, "-", "+"}, {"XINFO", "STREAM", key}, {"XINFO", "STREAM", key, "FULL", "COUNT", "0"}}
		},
	},
}

// databaseCount is the number of databases of both servers.
const databaseCount = 16

// compareKeyspaces compares all that both servers hold, by commands that are
// logged as steps of the checker.
func (r *replay) compareKeyspaces() {
	r.t.Helper()
	all := step{conn: checker}
	for db := range databaseCount {
		all.commands = append(all.commands, command{"SELECT", strconv.Itoa(db)}, command{"KEYS", "*"})
	}
	if !r.step(all) {
		return
	}
	found := r.lastReplies()
	for db := range databaseCount {
		if !r.compareKeys(db, found[2*db+1].Elems) {
			return
		}
	}
}

// compareKeys compares the given keys of a database, and reports whether they
// agree.
func (r *replay) compareKeys(db int, keys []resp.Reply) bool {
	if len(keys) == 0 {
		return true
	}
	looks := step{conn: checker, commands: []command{{"SELECT", strconv.Itoa(db)}, {"DBSIZE"}}}
	for _, key := range keys {
		looks.commands = append(looks.commands, command{"TYPE", key.Str},
			command{"OBJECT", "ENCODING", key.Str}, command{"PEXPIRETIME", key.Str})
	}
	if !r.step(looks) {
		return false
	}
	dumps := step{conn: checker}
	for i, key := range keys {
		t := r.lastReplies()[2+3*i].Str
		dumps.commands = append(dumps.commands, dump(t, key.Str)...)
		if t != "stream" { // whose IDs may be those of the time
			dumps.commands = append(dumps.commands, command{"DEBUG", "DIGEST-VALUE", key.Str})
		}
	}
	return r.step(dumps)
}

// lastReplies returns a real server's replies to the last step.
func (r *replay) lastReplies() []resp.Reply {
	return r.log.lines[len(r.log.lines)-1].outs[0].replies
}

// dump returns the commands that read all of the value of a key.
func dump(typeName, key string) []command {
	for _, t := range types {
		if t.name == typeName {
			return t.dump(key)
		}
	}
	return nil
}
