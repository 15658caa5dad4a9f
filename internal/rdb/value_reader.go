package rdb

import (
	"fmt"
	"math"

	"github.com/nookdb/nook/internal/intset"
	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// Value reads a value of a type and returns an entry that holds it under a key, which is copied, with a deadline, 0 for
// none. ErrEmpty and ErrSkipped mean that there is none but that reading can go on; all other errors
// are an [Error], and final.
func (r *Reader) Value(t Type, key string, deadline int64) (*table.Entry, error) {
	at := r.Offset()
	switch t {
	case TypeString:
		s := r.string(table.MaxInline)
		if r.err != nil {
			return nil, r.err
		}
		return value.NewString(key, stringOf(s), deadline), nil
	case TypeModule, TypeModule2:
		return nil, r.module(t)
	}
	c, err := r.collection(t)
	if err != nil {
		r.fail(at, err.Error(), nil)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case c.Empty():
		return nil, ErrEmpty
	}
	return value.New(key, c, deadline), nil
}

// collection reads a value of any type but string. If there is an error here or in r, there is no
// collection.
func (r *Reader) collection(t Type) (value.Collection, error) {
	switch t {
	case TypeList:
		return r.list(), nil
	case TypeListZiplist, TypeListQuicklist, TypeListQuicklist2:
		return r.nodes(t), nil
	case TypeSet:
		return r.set(), nil
	case TypeSetIntset:
		return r.intset()
	case TypeSetListpack:
		return valueOf(value.SetOfList, r, r.pack())
	case TypeZSet, TypeZSet2:
		return r.zset(t), nil
	case TypeZSetZiplist:
		return valueOf(value.ZSetOfList, r, r.ziplist())
	case TypeZSetListpack:
		return valueOf(value.ZSetOfList, r, r.pack())
	case TypeHash, TypeHashTimed, TypeHashTimedPre:
		return r.hash(t), nil
	case TypeHashZipmap:
		return r.zipmapHash()
	case TypeHashZiplist:
		return valueOf(value.HashOfList, r, r.ziplist())
	case TypeHashListpack:
		return valueOf(value.HashOfList, r, r.pack())
	case TypeHashTimedPack:
		r.millis()
		return valueOf(value.HashOfTimedList, r, r.pack())
	case TypeHashTimedPackPre:
		return valueOf(value.HashOfTimedList, r, r.pack())
	case TypeStream, TypeStream2, TypeStream3:
		return r.stream(t), nil
	}
	return nil, fmt.Errorf("unknown type %d of a value", t)
}

// valueOf makes a value of a list, if there is one.
func valueOf[C value.Collection](of func(listpack.List, *value.Limits, bool) (C, error), r *Reader, l listpack.List) (value.Collection, error) {
	if r.err != nil {
		return nil, r.err
	}
	return of(l, &r.opt.Limits, r.opt.Deep)
}

// pack reads a listpack.
func (r *Reader) pack() listpack.List {
	at := r.Offset()
	l, err := listpack.Decode(r.own())
	switch {
	case err != nil:
		r.fail(at, "a damaged listpack", nil)
	case r.opt.Deep && hasDisguised(l):
		r.fail(at, "a listpack with an integer as text", nil)
	default:
		return l
	}
	return listpack.New()
}

// hasDisguised reports whether a listpack has an integer as text, as which nobody would look for it.
func hasDisguised(l listpack.List) bool {
	for p := l.First(); p != listpack.None; p = l.Next(p) {
		if e := l.Get(p); !e.IsInt {
			if _, isInt := number.ParseInt(e.Text); isInt {
				return true
			}
		}
	}
	return false
}

// zipmapHash reads a hash that is a zipmap. Unlike with listpacks, Redis looks at the limit for lengths, too.
func (r *Reader) zipmapHash() (value.Collection, error) {
	l, longest := r.zipmap()
	if r.err != nil {
		return nil, r.err
	}
	h, err := value.HashOfList(l, &r.opt.Limits, true)
	if err == nil {
		h.Reserve(longest, "", &r.opt.Limits)
	}
	return h, err
}

func (r *Reader) intset() (value.Collection, error) {
	b := r.own()
	if r.err != nil {
		return nil, r.err
	}
	ints, err := intset.Decode(b)
	if err != nil {
		return nil, err
	}
	return value.SetOfInts(ints, &r.opt.Limits), nil
}

// list reads a list, element by element.
func (r *Reader) list() *value.List {
	l := value.NewList()
	for n := r.length(); n > 0 && r.err == nil; n-- {
		l.Push(quicklist.Back, &r.opt.Limits, r.view())
	}
	return l
}

// nodes reads a list, node by node. Empty nodes are left out, as in Redis.
func (r *Reader) nodes(t Type) *value.List {
	l := value.NewList()
	n := uint64(1)
	if t != TypeListZiplist {
		n = r.length()
	}
	for ; n > 0 && r.err == nil; n-- {
		var p listpack.List
		if t == TypeListQuicklist2 {
			p = r.node()
		} else {
			p = r.ziplist()
		}
		if r.err == nil && p.First() != listpack.None {
			l.AppendNode(p)
		}
	}
	l.SettleNodes(&r.opt.Limits)
	return l
}

// node reads a node of a list of listpacks. A large element is one of its own.
func (r *Reader) node() listpack.List {
	at := r.Offset()
	switch r.length() {
	case containerPlain:
		s := r.view()
		switch p := listpack.New(); {
		case s == "":
			r.fail(at, "a node of a list without its element", nil)
		case !p.Fits(len(s)):
			r.fail(at, "an element that is too large", nil)
		default:
			return p.Append(s)
		}
	case containerPacked:
		return r.pack()
	default:
		r.fail(at, "no such container of a list's node", nil)
	}
	return listpack.New()
}

// set reads a set, member by member.
func (r *Reader) set() *value.Set {
	n := r.length()
	s := value.NewSetFor(n, &r.opt.Limits)
	for ; n > 0 && r.err == nil; n-- {
		at := r.Offset()
		if member := r.view(); r.err == nil && !s.Add(member, &r.opt.Limits) {
			r.fail(at, "a member of a set is there twice", nil)
		}
	}
	return s
}

// zset reads a sorted set, member by member.
func (r *Reader) zset(t Type) *value.ZSet {
	z, longest := value.NewBigZSet(), 0
	for n := r.length(); n > 0 && r.err == nil; n-- {
		at := r.Offset()
		member := r.keep()
		var score float64
		if t == TypeZSet2 {
			score = math.Float64frombits(r.uint64())
		} else {
			score = r.scoreText()
		}
		switch {
		case r.err != nil:
		case math.IsNaN(score):
			r.fail(at, "a score is no number", nil)
		case !z.Load(member, score):
			r.fail(at, "a member of a sorted set is there twice", nil)
		}
		longest = max(longest, len(member))
	}
	z.Compact(longest, &r.opt.Limits)
	return z
}

// scoreText reads a score as text: its length in a byte, unless that says which of three
// special numbers it is.
func (r *Reader) scoreText() float64 {
	switch n := r.byte(); n {
	case scoreNaN:
		return math.NaN()
	case scoreInf:
		return math.Inf(1)
	case scoreMinusInf:
		return math.Inf(-1)
	default:
		score, ok := number.ParseFloat(stringOf(r.bytes(uint64(n), bufferSize)))
		if !ok {
			return math.NaN()
		}
		return score
	}
}

// hash reads a hash, field by field.
func (r *Reader) hash(t Type) *value.Hash {
	first := int64(0)
	if t == TypeHashTimed {
		first = r.millis()
	}
	n := r.length()
	h := value.NewHashFor(n, &r.opt.Limits)
	for ; n > 0 && r.err == nil; n-- {
		at := r.Offset()
		deadline := r.deadlineBefore(t, first)
		field := r.keep()
		text := r.string(table.MaxInline)
		if t == TypeHashTimedPre && r.valkey {
			text, deadline = r.deadlineBehind(text)
		}
		switch {
		case r.err != nil:
		case deadline < 0:
			r.fail(at, "a deadline is no time", nil)
		case !h.Load(field, stringOf(text), deadline, &r.opt.Limits):
			r.fail(at, "a field of a hash is there twice", nil)
		}
	}
	return h
}

// deadlineBefore reads the deadline before a field, 0 if there is none, negative if it makes no sense.
// It is a time, or later than the first by so much less one.
func (r *Reader) deadlineBefore(t Type, first int64) int64 {
	if t == TypeHash || r.valkey {
		return 0
	}
	at := r.length()
	switch {
	case at == 0:
		return 0
	case at > value.LastDeadline || first < 0 || first > value.LastDeadline:
		return -1
	case t == TypeHashTimedPre:
		return int64(at)
	case first == 0 && at == 1 || first+int64(at-1) > value.LastDeadline:
		return -1
	}
	return first + int64(at-1)
}

// deadlineBehind reads the deadline behind a value, where Valkey has it, and returns the value, too, which
// reading would else overwrite.
func (r *Reader) deadlineBehind(text []byte) ([]byte, int64) {
	if len(text) <= table.MaxInline {
		text = append([]byte(nil), text...)
	}
	switch at := r.millis(); {
	case at == -1:
		return text, 0
	case at == 0 || at > value.LastDeadline:
		return text, -1
	default:
		return text, at
	}
}
