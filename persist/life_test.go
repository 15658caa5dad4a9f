package persist

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/script"
)

// # Lives
//
// A store runs random commands of all families, alone and in transactions, while time passes, and is saved, rewritten and opened again. Commands also come
// while a snapshot or a base is being written: whenever its progress is told, and between the steps of the disk. At some operation of the disk the power
// goes. What the disk then has must be what the store held when the last command was acknowledged, or after one that came later.

// lifeForms are commands, with the kinds of arguments in braces.
var lifeForms = strings.Split(strings.TrimSpace(`
SET {str} {value}
SET {str} {value} PX {ms}
SETRANGE {str} 3 {value}
APPEND {str} {value}
INCRBY {num} {int}
INCRBYFLOAT {num} 1.5
GETDEL {str}
GETEX {str} PX {ms}
MSET {str} {value} {str} {value}
SETBIT {str} {int} 1
BITOP XOR {str} {str} {str}
BITFIELD {str} INCRBY u8 3 7 SET i5 0 3
LPUSH {list} {value} {value}
RPUSH {list} {value} {big}
LPOP {list} 2
LMOVE {list} {list} LEFT RIGHT
LINSERT {list} BEFORE {value} {value}
LTRIM {list} 1 -2
LMPOP 2 {list} {list} RIGHT COUNT 2
SADD {set} {value} {int} {value}
SPOP {set}
SPOP {set} 2
SMOVE {set} {set} {value}
SUNIONSTORE {set} {set} {set}
SINTERSTORE {set} {set} {set}
HSET {hash} {value} {value} {int} {big}
HDEL {hash} {value}
HINCRBY {hash} n {int}
HEXPIRE {hash} 5 FIELDS 2 {value} {int}
HPEXPIRE {hash} {ms} FIELDS 2 {value} {int}
HPERSIST {hash} FIELDS 1 {value}
HSETEX {hash} PX {ms} FIELDS 1 {value} {value}
HGETDEL {hash} FIELDS 1 {value}
HRANDFIELD {hash} 2
ZADD {zset} {int} {value} {int} {value}
ZADD {zset} GT CH INCR {int} {value}
ZINCRBY {zset} 0.1 {value}
ZPOPMIN {zset} 2
ZUNIONSTORE {zset} 2 {zset} {zset} WEIGHTS 2 3
ZRANGESTORE {zset} {zset} 0 -2
ZREMRANGEBYRANK {zset} 0 1
GEOADD {geo} 1{int} 1{int} {value}
GEOSEARCHSTORE {geo} {geo} FROMLONLAT 15 15 BYRADIUS 1000 km
PFADD {hll} {value} {int}
PFCOUNT {hll}
PFCOUNT {hll} {hll}
PFMERGE {hll} {hll}
XADD {stream} * f {value}
XADD {stream} MAXLEN ~ 3 * f {value} g {value}
XADD {stream} NOMKSTREAM MINID = 5 * f {value}
XTRIM {stream} MAXLEN 2
XDEL {stream} {id}
XSETID {stream} 9999999999999-1
XGROUP CREATE {stream} g 0 MKSTREAM
XGROUP CREATECONSUMER {stream} g c
XGROUP DELCONSUMER {stream} g c
XGROUP DESTROY {stream} g
XREADGROUP GROUP g {consumer} COUNT 2 STREAMS {stream} >
XREADGROUP GROUP g {consumer} NOACK STREAMS {stream} >
XACK {stream} g {id}
XCLAIM {stream} g {consumer} 0 {id}
XAUTOCLAIM {stream} g {consumer} 0 0
SORT {set} ALPHA STORE {list}
SORT {list} ALPHA DESC LIMIT 0 3 STORE {list}
COPY {any} {any} DB {db} REPLACE
RENAME {any} {any}
RENAMENX {any} {any}
MOVE {any} {db}
DEL {any} {any}
PEXPIRE {any} {ms}
PEXPIREAT {any} 1
PERSIST {any}
GET {any}
TYPE {any}
OBJECT ENCODING {any}
SCAN 0
FLUSHDB ASYNC
SWAPDB {db} {db}
EVAL {script} {any}
FUNCTION {library}
FUNCTION {library}
`), "\n")

// lifeScripts are run with one key of any type.
var lifeScripts = []string{
	"redis.call('SET', KEYS[1], redis.call('INCR', 'num0')); redis.call('NONE')",
	"redis.pcall('LPUSH', KEYS[1], 'x'); redis.pcall('INCR', KEYS[1]); return redis.pcall('PEXPIRE', KEYS[1], 50)",
	"return redis.call('DEL', KEYS[1])",
	"redis.set_repl(redis.REPL_NONE); redis.call('TYPE', KEYS[1]); redis.set_repl(redis.REPL_ALL); return redis.pcall('RPUSH', KEYS[1], 'x')",
}

const lifeLibrary = "#!lua name=lib%d\nredis.register_function('f%d', function() return %d end)"

// A life is that of a store.
type life struct {
	t      *rapid.T
	rnd    *rand.Rand // what happens; apart from t, as it is asked for by several goroutines
	clock  *nook.ManualClock
	disk   *disk
	o      Options
	store  *Store
	log    []string
	states []string             // that the store has had since what was acknowledged last, that included
	lost   atomic.Pointer[disk] // what the disk had when the power went; nil before
	inside atomic.Bool

	between bool // no append-only file is sure
}

func (l *life) pick(list ...string) string { return list[l.rnd.IntN(len(list))] }

func (l *life) number(n int) string { return strconv.Itoa(l.rnd.IntN(n)) }

// argument draws one of a kind.
func (l *life) argument(kind string) string {
	switch kind {
	case "any":
		return l.argument(l.pick("str", "num", "list", "set", "hash", "zset", "geo", "hll", "stream"))
	case "value":
		return l.pick("a", "b", "c", "", "\r\n*1\r\n", "12", "-1.50")
	case "big":
		return strings.Repeat(l.pick("x", "yz"), 1+l.rnd.IntN(1000))
	case "int":
		return l.number(100)
	case "ms":
		return l.pick("1", "10", "100", "100000000")
	case "db":
		return l.number(3)
	case "id":
		return strconv.FormatInt(l.clock.Now().UnixMilli()-int64(l.rnd.IntN(3)), 10) + "-0"
	case "consumer":
		return l.pick("c", "d")
	default:
		return kind + l.number(2)
	}
}

var argumentKind = regexp.MustCompile(`\{(\w+)\}`)

// command draws a command.
func (l *life) command() []string {
	var args []string
	for word := range strings.FieldsSeq(l.pick(lifeForms...)) {
		switch word {
		case "{script}":
			args = append(args, l.pick(lifeScripts...))
		case "{library}":
			n := l.rnd.IntN(2)
			args = append(args, l.pick("LOAD", "DELETE"), strconv.Itoa(n))
		default:
			args = append(args, argumentKind.ReplaceAllStringFunc(word, func(k string) string { return l.argument(k[1 : len(k)-1]) }))
		}
	}
	return args
}

// run runs a command.
func run(c *nook.Commands, args []string) (reply string, err error) {
	switch args[0] {
	case "EVAL":
		_, err = script.New(args[1]).Run(context.Background(), c, args[2:])
		return "", err
	case "FUNCTION":
		n, _ := strconv.Atoi(args[2])
		if args[1] == "LOAD" {
			_, err = script.LoadWith(c, fmt.Sprintf(lifeLibrary, n, n, n), script.LoadOptions{Replace: true})
		} else {
			_, err = c.DeleteLibrary("lib" + args[2])
		}
		return "", err
	}
	row, err := command.Lookup(args)
	if err != nil {
		panic(fmt.Sprint(args, err))
	}
	out := resp.NewBuffer()
	err = row.Run(&command.Call{DB: c, Args: args, Out: out, Row: row})
	return string(out.Bytes()), err
}

// act does something with the store, and notes what that then holds.
func (l *life) act() {
	switch l.rnd.IntN(10) {
	case 0:
		if l.lost.Load() != nil || l.between {
			return // what is found is found now
		}
		d := time.Duration(l.rnd.IntN(30)) * time.Millisecond
		l.log = append(l.log, d.String())
		l.clock.Advance(d)
		l.note(l.store.Commit())
	case 1:
		l.undo()
	case 2:
		l.transfer()
	case 3, 4:
		cmds := make([][]string, 1+l.rnd.IntN(4))
		failed := l.store.DB(l.rnd.IntN(2)).Exec(func(tx *nook.Tx) error {
			for i := range cmds {
				cmds[i] = l.command()
				_, _ = run(tx.Commands(), cmds[i]) // errors are a part of life
			}
			return nil
		})
		l.log = append(l.log, fmt.Sprintf("%q", cmds))
		l.note(failed)
	default:
		args := l.command()
		_, err := run(l.store.Select(l.rnd.IntN(2)), args)
		l.log = append(l.log, fmt.Sprintf("%q %v", args, err))
		l.note(l.store.Commit())
	}
}

// undo restores a snapshot after some commands.
func (l *life) undo() {
	p, err := l.store.Snapshot()
	require.NoError(l.t, err)
	defer p.Close()
	l.log = append(l.log, "snapshot")
	for range l.rnd.IntN(4) {
		args := l.command()
		_, err := run(l.store.Select(l.rnd.IntN(2)), args)
		l.log = append(l.log, fmt.Sprintf("%q %v", args, err))
		l.note(l.store.Commit())
	}
	l.log = append(l.log, "restore")
	l.note(p.Restore())
}

// transfer moves keys to another store and back, changed.
func (l *life) transfer() {
	other, err := nook.New(&nook.Options{Clock: l.clock})
	require.NoError(l.t, err)
	defer other.Close()
	keys := []string{l.argument("any"), l.argument("any")}
	l.log = append(l.log, fmt.Sprint("transfer ", keys))
	_, err = l.store.Transfer(other, keys...)
	l.note(err)
	args := l.command()
	_, _ = run(other.Select(0), args)
	l.log = append(l.log, fmt.Sprintf("back, after %q", args))
	_, err = other.Transfer(l.store.Store, keys...)
	l.note(err)
}

// note notes what the store holds after something that was acknowledged, or not.
func (l *life) note(err error) {
	if err == nil && l.lost.Load() == nil && !l.between {
		l.states = nil
	}
	l.states = append(l.states, l.state(l.store))
}

// switches ends the append-only file, and begins another one. Until that is done, nothing that comes is sure.
func (l *life) switches() {
	l.between = true
	off := l.store.SetAppendOnly(false)
	on := l.store.SetAppendOnly(true)
	l.log = append(l.log, fmt.Sprint("off ", off, ", on ", on))
	l.between = false
	l.note(on)
}

// aside does something while a file is being written.
func (l *life) aside() {
	if l.store == nil || l.rnd.IntN(4) > 0 || !l.inside.CompareAndSwap(false, true) {
		return
	}
	for range l.rnd.IntN(3) {
		l.act()
	}
	l.inside.Store(false)
}

var unseen = regexp.MustCompile(`(seen-time|active-time|entries-read|lag|radix-tree-keys|radix-tree-nodes)\r\n(:-?\d+|\$-1|_)\r\n`)

// state returns all that a store holds.
func (l *life) state(s *Store) string {
	var all []string
	for db := range 3 {
		c := s.Select(db)
		keys, err := c.Keys("*")
		require.NoError(l.t, err)
		for _, key := range keys {
			digest, err := c.DebugDigestValue(key)
			require.NoError(l.t, err)
			looks := [][]string{{"TYPE", key}, {"PEXPIRETIME", key}}
			kind, err := c.Type(key)
			require.NoError(l.t, err)
			switch kind {
			case "hash":
				fields, err := c.HKeys(key)
				require.NoError(l.t, err)
				slices.Sort(fields)
				looks = append(looks, append([]string{"HPEXPIRETIME", key, "FIELDS", strconv.Itoa(len(fields))}, fields...))
			case "stream":
				looks = append(looks, []string{"XINFO", "STREAM", key, "FULL"})
			}
			text := fmt.Sprintf("%d %q %s", db, key, digest)
			for _, look := range looks {
				reply, err := run(c, look)
				require.NoError(l.t, err)
				text += fmt.Sprintf(" %q", unseen.ReplaceAllString(reply, ""))
			}
			all = append(all, text)
		}
	}
	slices.Sort(all)
	libraries, _ := s.Libraries()
	return strings.Join(all, "\n") + fmt.Sprint(libraries)
}

func (l *life) open(d *disk) {
	l.disk = d
	s, err := open(d, &l.o)
	require.NoError(l.t, err)
	l.store = s
	l.clock.Advance(0)
	was := l.states
	got := l.state(s)
	if !slices.Contains(was, got) {
		require.Equal(l.t, was[len(was)-1], got, "%d states; found %+v; %s", len(was), s.Recovery(), strings.Join(l.log, "\n"))
	}
	l.states = []string{got}
	l.lost.Store(nil)
}

// cutAt makes the power go at the nth operation of the disk from now on.
func (l *life) cutAt(n int, part *rand.Rand) {
	var mu sync.Mutex
	d := l.disk
	l.disk.failWhen(func(op, name string, _ int) (int, error) {
		mu.Lock()
		n--
		cut := n == 0
		mu.Unlock()
		if cut {
			l.lost.Store(d.cut(part))
		}
		if strings.Contains(name, "temp-nook") {
			l.aside()
		}
		return 0, nil
	})
}

func TestLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		l := &life{
			t: t, rnd: rand.New(rand.NewPCG(seed, 1)), clock: nook.NewManualClock(time.UnixMilli(1_700_000_000_000)), o: keeping(), states: []string{"[]"},
		}
		l.o.Store = nook.Options{Clock: l.clock, Shards: 16}
		if rapid.Bool().Draw(t, "little memory") {
			l.o.Store.Shards, l.o.Store.MaxMemory, l.o.Store.MaxMemoryPolicy = 1, 5<<10, nook.AllKeysRandom
		}
		l.o.Progress = func(p Progress) {
			if p.Task == TaskRewrite || p.Task == TaskSave {
				l.aside()
			}
		}
		l.open(newDisk())
		for range rapid.IntRange(1, 4).Draw(t, "lives") {
			l.cutAt(rapid.IntRange(1, 300).Draw(t, "cut"), rand.New(rand.NewPCG(seed, 2)))
			for left := rapid.IntRange(0, 80).Draw(t, "steps"); left > 0; left-- {
				if l.lost.Load() != nil {
					left = min(left, 3)
				}
				switch l.rnd.IntN(20) {
				case 0:
					l.log = append(l.log, fmt.Sprint("rewrite ", l.store.Rewrite()))
				case 1:
					l.log = append(l.log, fmt.Sprint("save ", l.store.Save()))
				case 2:
					l.switches()
				default:
					l.act()
				}
			}
			l.disk.failWhen(nil)
			s := l.store
			l.store = nil
			if l.lost.Load() == nil && l.rnd.IntN(2) == 0 {
				l.lost.Store(l.disk.cut(rand.New(rand.NewPCG(seed, 3))))
			}
			lost := cmp.Or(l.lost.Load(), l.disk)
			_ = s.Close()
			l.log = append(l.log, fmt.Sprint("open, cut: ", lost != l.disk))
			l.open(lost)
		}
		_ = l.store.Close()
	})
}
