package lua

import (
	"reflect"
	"sort"

	glua "github.com/yuin/gopher-lua"
)

// Limits need to know what gopher-lua keeps to itself: how deep calls are within each other, and how large the parts of a table are.
// It is read from its fields. A program of somebody else's may be built with another version than ours, which may have
// others: then depth counts in a coarser way, and what is looked at in vain counts for nothing.

// shape is how large the parts of a table are.
type shape struct{ array, keys, live int }

// shapeOf returns the parts of a table.
func shapeOf(t *glua.LTable) shape {
	if min(arrayField, keysField, stringsField, othersField) < 0 {
		return shape{}
	}
	v := reflect.ValueOf(t).Elem()
	return shape{v.Field(arrayField).Len(), v.Field(keysField).Len(), v.Field(stringsField).Len() + v.Field(othersField).Len()}
}

// depth returns how many calls are within each other on a thread.
func depth(l *glua.LState) int {
	if min(frameField, indexField) < 0 {
		return coarseDepth(l)
	}
	frame := reflect.ValueOf(l).Elem().Field(frameField)
	if frame.IsNil() {
		return 0
	}
	return 1 + int(frame.Elem().Field(indexField).Int())
}

// coarseDepth is depth by what gopher-lua tells, which counts tail calls too, as many as there were.
func coarseDepth(l *glua.LState) int {
	return sort.Search(maxDepth+1, func(level int) bool {
		_, ok := l.GetStack(level)
		return !ok
	})
}

var (
	// Where a table has its array, the keys of all else, and the values of these.
	arrayField   = field(reflect.TypeFor[glua.LTable](), "array", reflect.Slice)
	keysField    = field(reflect.TypeFor[glua.LTable](), "keys", reflect.Slice)
	stringsField = field(reflect.TypeFor[glua.LTable](), "strdict", reflect.Map)
	othersField  = field(reflect.TypeFor[glua.LTable](), "dict", reflect.Map)

	// Where a thread has the call that runs, and where that has its number.
	frameField = field(reflect.TypeFor[glua.LState](), "currentFrame", reflect.Pointer)
	indexField = fieldBehind(reflect.TypeFor[glua.LState](), frameField, "Idx", reflect.Int)
)

// field returns the place of a field in a struct, -1 if it has none of that name and kind.
func field(of reflect.Type, name string, kind reflect.Kind) int {
	f, ok := of.FieldByName(name)
	if !ok || f.Type.Kind() != kind || len(f.Index) != 1 {
		return -1
	}
	return f.Index[0]
}

// fieldBehind is field of the struct that the pointer at a place of another leads to.
func fieldBehind(of reflect.Type, pointer int, name string, kind reflect.Kind) int {
	if pointer < 0 || of.Field(pointer).Type.Elem().Kind() != reflect.Struct {
		return -1
	}
	return field(of.Field(pointer).Type.Elem(), name, kind)
}
