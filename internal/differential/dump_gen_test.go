package differential

import (
	"encoding/binary"
	"hash/crc64"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	rows "github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// dumpFamily restores what nook has dumped, and some of it damaged.
var dumpFamily = family{name: "dump", conns: 1, forms: dumpForms, chunks: []func(*rapid.T) []step{inTransaction(dumpForms)}}

var dumpForms = append(payloadForms(dumped, `
	6* RESTORE {key} 0 PAYLOAD [REPLACE]
	3* RESTORE {key} {ms} PAYLOAD [REPLACE] [IDLETIME {seconds}|FREQ {frequency}|{junk}]
	2* RESTORE {key} {atms} PAYLOAD [REPLACE] [ABSTTL]
	RESTORE {key} 1000000000 PAYLOAD ABSTTL [REPLACE]
	RESTORE-ASKING {key} 0 PAYLOAD [REPLACE]
`), parseForms(`
	4* DUMP {key}
	DEL {key}
	TYPE {key}
	APPEND {key} {value}
	HSET {key} {field} {value}
	HDEL {key} {field}
	LPUSH {key} {value}
	RPOP {key}
	SADD {key} {member}
	SREM {key} {member}
	ZADD {key} {score} {member}
	ZREM {key} {member}
	XADD {key} {newid} {field} {value}
	XLEN {key}
`)...)

// payloadForms are forms with a payload, whose place is between two others.
func payloadForms(draw func(*rapid.T) string, text string) (forms []form) {
	for line := range strings.Lines(text) {
		head, tail, ok := strings.Cut(strings.TrimSpace(line), " PAYLOAD")
		if !ok {
			continue
		}
		f := parseForm(head)
		f.shape = series{f.shape, payload(draw), parseForm(tail).shape}
		forms = append(forms, f)
	}
	return forms
}

// A payload is an argument that no kind can be, since it takes forms to draw it.
type payload func(*rapid.T) string

func (p payload) draw(t *rapid.T, c command) command { return append(c, p(t)) }

// dumped draws what DUMP returns for a value that some commands have made.
func dumped(t *rapid.T) string {
	s, err := nook.New(nil)
	require.NoError(t, err)
	defer func() { _ = s.Close() }()
	forms := slices.Concat(stringForms, hashForms, listForms, setForms, zsetForms, streamForms, hllForms)
	for range 1 + roll(t, 12) {
		form := pick(t, forms)
		if chance(t, 3) {
			form = pick(t, pick(t, types).forms)
		}
		perform(s, form.shape.draw(t, nil))
	}
	found, err := s.Keys("*")
	require.NoError(t, err)
	slices.Sort(found)
	if len(found) == 0 {
		require.NoError(t, s.Set("k", "v"))
		found = []string{"k"}
	}
	p, _, err := s.Dump(pick(t, found))
	require.NoError(t, err)
	return damaged(t, p)
}

// perform runs a command, whatever comes of it.
func perform(s *nook.Store, c command) {
	if row, err := rows.Lookup(c); err == nil {
		call := rows.Call{DB: s.Commands(), Args: c, Out: resp.NewBuffer(), Row: row}
		call.Run()
	}
}

// damaged returns a payload as it is, or one time in some damaged, so that a server without deep checks notices too.
func damaged(t *rapid.T, p string) string {
	b := []byte(p)
	switch roll(t, 24) {
	case 20:
		return p[:roll(t, len(p))]
	case 21:
		b[roll(t, len(b))] ^= 1 << roll(t, 8)
	case 22: // of a version to come
		binary.LittleEndian.PutUint16(b[len(b)-10:], 99)
		reseal(b)
	case 23: // of no type
		b[0] = pick(t, []byte{8, 200})
		reseal(b)
	}
	return string(b)
}

var jones = crc64.MakeTable(0x95ac9329ac4bc9b5)

// reseal gives a payload the checksum that it should have.
func reseal(b []byte) {
	sum := ^crc64.Update(^uint64(0), jones, b[:len(b)-8])
	binary.LittleEndian.PutUint64(b[len(b)-8:], sum)
}

func TestReseal(t *testing.T) {
	s, err := nook.New(nil)
	require.NoError(t, err)
	defer func() { _ = s.Close() }()
	require.NoError(t, s.Set("k", "v"))
	p, _, err := s.Dump("k")
	require.NoError(t, err)
	b := []byte(p)
	clear(b[len(b)-8:])
	reseal(b)
	require.Equal(t, p, string(b))
}

// functions draws a payload of libraries.
func functions(t *rapid.T) string {
	var codes []string
	for range roll(t, 4) {
		codes = append(codes, pick(t, luaLibraries))
	}
	return damaged(t, string(new(rdb.Writer).AppendFunctions(nil, codes)))
}

// sameDump compares payloads by what comes of them: the order of what has none may be another. Streams have times in them.
func sameDump(redis, nook resp.Reply) bool {
	if redis.Equal(nook) || redis.Kind != resp.KindBulk || nook.Kind != resp.KindBulk || redis.Null || nook.Null {
		return redis.Equal(nook)
	}
	a, b := restored(redis.Str), restored(nook.Str)
	return a != "" && a == b
}

// restored describes the value of a payload, "" if it is none.
func restored(p string) string {
	s, err := nook.New(nil)
	if err != nil {
		return ""
	}
	defer func() { _ = s.Close() }()
	if s.Restore("k", p) != nil {
		return ""
	}
	kind, err := s.Type("k")
	if err != nil {
		return ""
	}
	encoding, _, err := s.ObjectEncoding("k")
	if err != nil {
		return ""
	}
	text := kind + " " + encoding
	if kind == "stream" {
		return text
	}
	digest, err := s.DebugDigestValue("k")
	if err != nil {
		return ""
	}
	return text + " " + digest
}

// sameFunctions compares payloads of libraries, whose order is none.
func sameFunctions(redis, nook resp.Reply) bool {
	if redis.Equal(nook) || redis.Kind != resp.KindBulk || nook.Kind != resp.KindBulk {
		return redis.Equal(nook)
	}
	a, errA := rdb.Functions([]byte(redis.Str))
	b, errB := rdb.Functions([]byte(nook.Str))
	slices.Sort(a)
	slices.Sort(b)
	return errA == nil && errB == nil && slices.Equal(a, b)
}

// sameCollision compares the replies of FUNCTION RESTORE, which names any of the libraries or functions that are there already.
func sameCollision(redis, nook resp.Reply) bool {
	const library, function, exists = "ERR Library ", "ERR Function ", " already exists"
	for _, kind := range []string{library, function} {
		if strings.HasPrefix(redis.Str, kind) && strings.HasSuffix(redis.Str, exists) && strings.HasPrefix(nook.Str, kind) && strings.HasSuffix(nook.Str, exists) {
			return true
		}
	}
	return redis.Equal(nook)
}

// TestDumpsGoBothWays runs sequences of all families, and then restores on each side what the other one has dumped, under a new name.
func TestDumpsGoBothWays(t *testing.T) {
	sides := versus(t)
	for _, f := range append(families, everything()) {
		t.Run(f.name, func(t *testing.T) {
			setChecks(t, *checks/8+1)
			sequences := f.sequences()
			rapid.Check(t, func(t *rapid.T) {
				r := begin(t, sides, 2)
				defer r.close()
				if r.steps(sequences.Draw(t, "sequence")) && r.exchange() {
					r.compareKeyspaces()
				}
				if !r.log.agree() {
					t.Fatal(r.log.String())
				}
			})
		})
	}
}

// exchange restores on each side what the other has dumped.
func (r *replay) exchange() bool {
	var conns [2]*redistest.Conn
	for i, s := range r.sides {
		conns[i] = redistest.NewConn(r.t, s.dial(r.t))
		defer func() { _ = conns[i].Close() }()
	}
	for db := range databaseCount {
		for _, c := range conns {
			c.Do("SELECT", strconv.Itoa(db))
		}
		for _, key := range conns[0].Do("KEYS", "*").Elems {
			if !r.exchangeKey(conns, key.Str) {
				return false
			}
		}
	}
	return true
}

func (r *replay) exchangeKey(conns [2]*redistest.Conn, key string) bool {
	dump := command{"DUMP", key}
	dumps := [2]resp.Reply{conns[0].Do(dump...), conns[1].Do(dump...)}
	var outs [2]outcome
	for i, c := range conns {
		outs[i].replies = []resp.Reply{c.Do("RESTORE", "copy of "+key, "0", dumps[1-i].Str)}
	}
	s := step{conn: checker, commands: []command{{"RESTORE", "copy of " + key, "0", dumps[0].Str}}}
	differs := (&client{}).firstDifference(s, outs)
	if differs == none && outs[0].replies[0].Str != "OK" {
		differs = 0
	}
	r.log.add(line{s, outs, differs})
	return differs == none
}
