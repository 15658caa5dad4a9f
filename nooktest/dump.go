package nooktest

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// A Source is what has typed commands: a *nook.Store, *nook.DB, *nook.Tx or *nook.Commands.
type Source interface {
	Commands() *nook.Commands
}

// A caller runs commands as they come over the wire, on one database.
type caller interface {
	call(args ...string) (resp.Reply, error)
}

// direct runs commands on the typed API.
type direct struct{ db *nook.Commands }

func (d direct) call(args ...string) (resp.Reply, error) {
	row, err := command.Lookup(args)
	if err != nil {
		return resp.Reply{}, err
	}
	out := resp.NewBuffer()
	out.SetProto(3)
	c := command.Call{DB: d.db, Args: args, Out: out, Row: row}
	c.Run()
	return resp.ReadReply(bufio.NewReader(bytes.NewReader(out.Bytes())))
}

// Dump returns all keys of a database, as they are at one moment. To print it gives Go source of the same:
//
//	fmt.Println(nooktest.Dump(srv.Store()))
//
// Within a transaction the whole store must be declared.
func Dump(s Source) (Keys, error) {
	var all Keys
	err := s.Commands().Exec(func(tx *nook.Tx) (err error) {
		all, err = dump(direct{tx.Commands()})
		return err
	})
	return all, err
}

// Fill adds keys to a database, all in one step, in the place of those of the same names. Within a transaction the whole store
// must be declared.
func Fill(s Source, keys Keys) error {
	return s.Commands().Exec(func(tx *nook.Tx) error { return fill(direct{tx.Commands()}, keys) })
}

func fill(c caller, keys Keys) error {
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		commands := append([][]string{{"DEL", key}}, keys[key].fill(key)...)
		for _, args := range commands {
			r, err := c.call(args...)
			if err == nil && r.Kind == resp.KindError {
				err = fmt.Errorf("%s", r.Str)
			}
			if err != nil {
				return fmt.Errorf("key %q: %s: %w", key, args[0], err)
			}
		}
	}
	return nil
}

// dump reads a database.
func dump(c caller) (Keys, error) {
	d := dumper{c: c}
	all := Keys{}
	for _, key := range d.texts("KEYS", "*") {
		if v := d.value(key); v != nil {
			all[key] = v
		}
	}
	return all, d.err
}

// A dumper reads values until something fails.
type dumper struct {
	c   caller
	err error // the first
}

func (d *dumper) call(args ...string) resp.Reply {
	if d.err != nil {
		return resp.Reply{}
	}
	r, err := d.c.call(args...)
	if err == nil && r.Kind == resp.KindError {
		err = fmt.Errorf("%s: %s", strings.Join(args, " "), r.Str)
	}
	if err != nil {
		d.err = err
		return resp.Reply{}
	}
	return r
}

// texts returns the elements of a reply.
func (d *dumper) texts(args ...string) []string {
	r := d.call(args...)
	all := make([]string, len(r.Elems))
	for i := range r.Elems {
		all[i] = text(r.Elems[i])
	}
	return all
}

// text returns a scalar as text.
func text(r resp.Reply) string {
	if r.Kind == resp.KindInt {
		return strconv.FormatInt(r.Int, 10)
	}
	return r.Str
}

// value reads a key, nil if it is gone.
func (d *dumper) value(key string) Value {
	var v Value
	switch kind := d.call("TYPE", key).Str; kind {
	case "string":
		v = String(d.call("GET", key).Str)
	case "hash":
		v = Hash(pairs(d.texts("HGETALL", key)))
	case "list":
		v = List(d.texts("LRANGE", key, "0", "-1"))
	case "set":
		v = Set(slices.Sorted(slices.Values(d.texts("SMEMBERS", key))))
	case "zset":
		v = d.zset(key)
	case "stream":
		v = d.stream(key)
	default:
		return nil
	}
	return d.expiring(key, v)
}

func pairs(texts []string) map[string]string {
	m := map[string]string{}
	for pair := range slices.Chunk(texts, 2) {
		if len(pair) == 2 {
			m[pair[0]] = pair[1]
		}
	}
	return m
}

func (d *dumper) zset(key string) ZSet {
	z := ZSet{}
	for _, pair := range flat(d.call("ZRANGE", key, "0", "-1", "WITHSCORES").Elems) {
		z[pair[0].Str] = number(pair[1])
	}
	return z
}

// flat returns pairs, which RESP3 keeps as such and RESP2 does not.
func flat(elems []resp.Reply) (all [][]resp.Reply) {
	if len(elems) > 0 && elems[0].Kind == resp.KindArray {
		for _, e := range elems {
			all = append(all, e.Elems)
		}
		return all
	}
	return slices.Collect(slices.Chunk(elems, 2))
}

func number(r resp.Reply) float64 {
	if r.Kind == resp.KindDouble {
		return r.Float
	}
	f, _ := strconv.ParseFloat(r.Str, 64) // scores are numbers
	return f
}

// expiring puts the times to live of a key to its value.
func (d *dumper) expiring(key string, v Value) Value {
	e := Expiring{Value: v}
	if ms := d.call("PTTL", key).Int; ms > 0 {
		e.TTL = time.Duration(ms) * time.Millisecond
	}
	if h, ok := v.(Hash); ok {
		e.Fields = d.fields(key, h)
	}
	if e.TTL == 0 && len(e.Fields) == 0 {
		return v
	}
	return e
}

// fields returns the times to live of a hash's fields. A server before 7.4 knows of none.
func (d *dumper) fields(key string, h Hash) map[string]time.Duration {
	names := slices.Sorted(maps.Keys(h))
	if d.err != nil || len(names) == 0 {
		return nil
	}
	r, err := d.c.call(append([]string{"HPTTL", key, "FIELDS", strconv.Itoa(len(names))}, names...)...)
	if err != nil || len(r.Elems) != len(names) {
		return nil
	}
	var lives map[string]time.Duration
	for i, name := range names {
		if ms := r.Elems[i].Int; ms > 0 {
			if lives == nil {
				lives = map[string]time.Duration{}
			}
			lives[name] = time.Duration(ms) * time.Millisecond
		}
	}
	return lives
}

func (d *dumper) stream(key string) Stream {
	var s Stream
	for _, e := range d.call("XRANGE", key, "-", "+").Elems {
		if len(e.Elems) == 2 {
			entry := Entry{ID: e.Elems[0].Str}
			for _, f := range e.Elems[1].Elems {
				entry.Fields = append(entry.Fields, f.Str)
			}
			s.Entries = append(s.Entries, entry)
		}
	}
	if id := fieldsOf(d.call("XINFO", "STREAM", key))["last-generated-id"].Str; id != s.lastEntry() {
		s.LastID = id
	}
	for _, g := range d.call("XINFO", "GROUPS", key).Elems {
		about := fieldsOf(g)
		if s.Groups == nil {
			s.Groups = map[string]Group{}
		}
		name := about["name"].Str
		s.Groups[name] = d.group(key, name, about["last-delivered-id"].Str)
	}
	return s
}

func (d *dumper) group(key, name, last string) Group {
	g := Group{LastID: last}
	for _, c := range d.call("XINFO", "CONSUMERS", key, name).Elems {
		if g.Consumers == nil {
			g.Consumers = map[string][]string{}
		}
		about := fieldsOf(c)
		consumer := about["name"].Str
		g.Consumers[consumer] = nil
		if n := about["pending"].Int; n > 0 {
			for _, p := range d.call("XPENDING", key, name, "-", "+", strconv.FormatInt(n, 10), consumer).Elems {
				g.Consumers[consumer] = append(g.Consumers[consumer], p.Elems[0].Str)
			}
		}
	}
	return g
}

// fieldsOf returns a map of names and values, which RESP2 writes as an array.
func fieldsOf(r resp.Reply) map[string]resp.Reply {
	m := map[string]resp.Reply{}
	for pair := range slices.Chunk(r.Elems, 2) {
		if len(pair) == 2 {
			m[pair[0].Str] = pair[1]
		}
	}
	return m
}

// Fill adds keys to database 0, in the place of those of the same names. It works with a real server too.
func (s *Server) Fill(keys Keys) {
	s.t.Helper()
	if err := s.fill(keys); err != nil {
		s.t.Fatalf("nooktest: %v", err)
	}
}

func (s *Server) fill(keys Keys) error {
	if s.real == nil {
		return Fill(s.store, keys)
	}
	c, err := s.real.connect()
	if err != nil {
		return err
	}
	defer c.close()
	return fill(c, keys)
}
