package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/value"
)

// join concatenates strings, and bytes as numbers.
func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case Type:
			b = append(b, byte(p))
		}
	}
	return b
}

// str is a string as a file has it, as it is.
func str(s string) []byte { return append(AppendLength(nil, uint64(len(s))), s...) }

// sum appends the checksum.
func sum(b []byte) []byte { return binary.LittleEndian.AppendUint64(b, addChecksum(0, b)) }

// moduleValue is a value of a module with all that one may have.
var moduleValue = join(
	length64, "\x01\x02\x03\x04\x05\x06\x07\x08", moduleSigned, 5, moduleUnsigned, 6, moduleFloat, "1234", moduleDouble, "12345678",
	moduleString, str("text"), moduleString, specialLZF, 2, 1, "xx", moduleString, specialInt16, "xx", moduleEnd)

// TestDecoder reads all that a file may have, from files of all versions.
func TestDecoder(t *testing.T) {
	body := join(
		opAux, str("a"), str("b"), opModuleAux, length64, "12345678", moduleUnsigned, 1, moduleString, str("x"), moduleEnd,
		opFunction2, str("code"), opSelectDB, 3, opResizeDB, 7, 2, opSlotInfo, 1, 2, 3,
		opExpire, "\x01\x00\x00\x00", TypeString, str("seconds"), str("1"),
		opExpire, "\xFF\xFF\xFF\xFF", TypeString, str("before 1970"), str("1"),
		opExpireMs, "\x00\x00\x00\x00\x00\x00\x00\x00", TypeString, str("at 1970"), str("1"),
		opExpireMs, "\x02\x01\x00\x00\x00\x00\x00\x00", opIdle, 0x41, 0, TypeString, str("idle"), str("1"),
		opFreq, 200, TypeSet, str("freq"), 1, str("m"),
		TypeList, str("empty"), 0, TypeModule2, str("module"), moduleValue,
		TypeString, str("last"), str("1"), opEOF)
	o := deepLook
	o.SkipModules = true
	for version := VersionMin; version <= VersionMax; version++ {
		file := join("REDIS00", '0'+version/10, '0'+version%10, body)
		if version >= versionChecksum {
			file = sum(file)
		}
		for _, src := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file))} {
			all, err := decode(src, &o)
			require.NoError(t, err)
			require.Equal(t, version, all.version)
			require.Equal(t, map[string]string{"a": "b"}, all.aux)
			require.Equal(t, []string{"code"}, all.functions)
			require.Equal(t, [][3]uint64{{3, 7, 2}}, all.sizes)
			require.Equal(t, []Item{
				{Kind: KindEmpty, DB: 3, Key: "empty", Idle: -1, Freq: -1}, {Kind: KindSkipped, DB: 3, Key: "module", Idle: -1, Freq: -1},
			}, all.others)
			var got []string
			for _, k := range all.keys {
				require.Equal(t, 3, k.db)
				got = append(got, k.entry.Key())
			}
			require.Equal(t, []string{"seconds", "before 1970", "at 1970", "idle", "freq", "last"}, got)
			require.Equal(t, []int64{1000, 1, 1, 0x102, 0, 0}, []int64{
				all.keys[0].entry.Deadline(), all.keys[1].entry.Deadline(), all.keys[2].entry.Deadline(), all.keys[3].entry.Deadline(),
				all.keys[4].entry.Deadline(), all.keys[5].entry.Deadline(),
			})
			require.Equal(t, int64(0x100), all.keys[3].idle)
			require.Equal(t, 200, all.keys[4].freq)
			require.Equal(t, int64(-1), all.keys[5].idle)
		}
	}
}

// TestChecksum reads a file without a checksum, and one with a wrong one.
func TestChecksum(t *testing.T) {
	file := join("REDIS0010", TypeString, str("k"), str("v"), opEOF)
	right := sum(slices.Clone(file))
	_, err := decode(bytes.NewReader(right), &deepLook)
	require.NoError(t, err)
	_, err = decode(bytes.NewReader(append(slices.Clone(file), make([]byte, 8)...)), &deepLook)
	require.NoError(t, err)
	right[len(right)-1]++
	_, err = decode(bytes.NewReader(right), &deepLook)
	require.EqualError(t, err, "rdb: a wrong checksum at offset 15")
	require.Equal(t, uint64(0xe9c6d914c4b8d9ca), addChecksum(0, []byte("123456789")), "the known value of this checksum")
}

// TestValkey reads a file of Valkey 9, whose type 22 is its own.
func TestValkey(t *testing.T) {
	body := join(TypeHashTimedPre, str("h"), 2, str("a"), str("1"), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", str("b"), str("2"), "\xE8\x03\x00\x00\x00\x00\x00\x00", opEOF)
	all, err := decode(bytes.NewReader(sum(join("VALKEY080", body))), &deepLook)
	require.NoError(t, err)
	require.ElementsMatch(t, []timedField{{"a", "1", 0}, {"b", "2", 1000}}, fieldsOf(all.keys[0].entry.Object().(*value.Hash)))
}

// TestLastDeadline reads the latest deadlines of fields that there may be, in all types.
func TestLastDeadline(t *testing.T) {
	const last = "\xFE\xFF\xFF\xFF\xFF\xFF\x00\x00"
	for name, file := range map[string][]byte{
		"pre":       join("REDIS0012", TypeHashTimedPre, str("h"), 1, length64, "\x00\x00\xFF\xFF\xFF\xFF\xFF\xFE", str("f"), str("v"), opEOF),
		"small pre": join("REDIS0012", TypeHashTimedPackPre, str("h"), str(listpackOf([]string{"f", "v", "281474976710654"})), opEOF),
		"small":     join("REDIS0012", TypeHashTimedPack, str("h"), last, str(listpackOf([]string{"f", "v", "281474976710654"})), opEOF),
		"large":     join("REDIS0012", TypeHashTimed, str("h"), last, 1, 1, str("f"), str("v"), opEOF),
		"Valkey's":  join("VALKEY080", TypeHashTimedPre, str("h"), 1, str("f"), str("v"), last, opEOF),
	} {
		all, err := decode(bytes.NewReader(sum(file)), &deepLook)
		require.NoError(t, err, name)
		require.Equal(t, []timedField{{"f", "v", value.LastDeadline}}, fieldsOf(all.keys[0].entry.Object().(*value.Hash)), name)
	}
	_, err := decode(bytes.NewReader(sum(join("VALKEY080", TypeHashTimedPre, str("h"), 1, str("f"), str("v"), "\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00", opEOF))), &deepLook)
	require.ErrorContains(t, err, "a deadline is no time")
}

// TestOldFunctions reads libraries as release candidates of Redis 7.0 wrote them, with a description and without.
func TestOldFunctions(t *testing.T) {
	d, err := NewDecoder(bytes.NewReader(sum(join("REDIS0010",
		opFunctionPre, str("one"), str("LUA"), 1, str("what it is good for"), str("return 1"),
		opFunctionPre, str("two"), str("lua"), 0, str("return 2"),
		opFunction2, str("#!lua name=three\nreturn 3"), opEOF))), &deepLook)
	require.NoError(t, err)
	for _, want := range []string{"#!LUA name=one\nreturn 1", "#!lua name=two\nreturn 2", "#!lua name=three\nreturn 3"} {
		it, err := d.Next()
		require.NoError(t, err)
		require.Equal(t, KindFunction, it.Kind)
		require.Equal(t, want, it.Text)
	}
	_, err = d.Next()
	require.ErrorIs(t, err, io.EOF)
}

// TestRefused are files that are refused, and why.
func TestRefused(t *testing.T) {
	redis := func(parts ...any) []byte { return join("REDIS0012", join(parts...)) }
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":          {nil, "rdb: truncated at offset 0: unexpected EOF"},
		"half a magic":     {[]byte("REDIS"), "rdb: truncated at offset 5: unexpected EOF"},
		"another magic":    {[]byte("REDISxxxx"), "rdb: no file of Redis: a wrong magic at offset 0"},
		"a text":           {[]byte("*1\r\n$4\r\nPING\r\n"), "rdb: no file of Redis: a wrong magic at offset 0"},
		"version 0":        {[]byte("REDIS0000"), "rdb: a file of version 0 at offset 0: the version is not known"},
		"version 13":       {[]byte("REDIS0013"), "rdb: a file of version 13 at offset 0: the version is not known"},
		"Valkey's 81":      {[]byte("VALKEY081"), "rdb: a file of version 81 at offset 0: the version is not known"},
		"no end":           {redis(), "rdb: truncated at offset 9: unexpected EOF"},
		"no checksum":      {redis(opEOF), "rdb: truncated at offset 10: unexpected EOF"},
		"type 8":           {redis(8, str("k")), "rdb: unknown type 8 of a value at offset 9"},
		"type 26":          {redis(26, str("k")), "rdb: unknown type 26 of a value at offset 9"},
		"type 24 of 80":    {join("VALKEY080", 24, str("k")), "rdb: unknown type 24 of a value at offset 9"},
		"opcode 243":       {redis(243), "rdb: unknown opcode 243 at offset 9"},
		"old functions":    {redis(opFunctionPre, str("lib"), str("LUA"), 2), "rdb: truncated at offset 19: unexpected EOF"},
		"a module":         {redis(TypeModule2, str("k"), length64, "\x39\x65\xC3\x8D\x9A\x17\x40\x00"), "rdb: a value of the module OWXDjZoXQ at offset 21"},
		"an old module":    {redis(TypeModule, str("k")), "rdb: a module's value of a release candidate, of which none can tell the end at offset 12"},
		"a module's data":  {redis(opModuleAux, 5), "rdb: data of the module AAAAAAAAA at offset 10"},
		"a length":         {redis(TypeString, 0x82), "rdb: no such form of a length at offset 10"},
		"a special length": {redis(opSelectDB, special), "rdb: a special string in place of a length at offset 10"},
		"a special string": {redis(TypeString, special|9), "rdb: no such form of a string at offset 10"},
		"a long string":    {redis(TypeString, length64, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFabc"), "rdb: truncated at offset 22: unexpected EOF"},
		"a longer string":  {redis(TypeString, length64, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFabc"), "rdb: a length out of range at offset 19"},
		"a bomb":           {redis(TypeString, specialLZF, 3, length32, "\x7F\xFF\xFF\xFFabc"), "rdb: a compressed string that cannot become as long as it says at offset 10"},
		"bad LZF":          {redis(TypeString, specialLZF, 2, 5, "\xFF\xFF"), "rdb: a damaged compressed string at offset 10: lzf: damaged at byte 0"},
		"a far database":   {redis(opSelectDB, length64, "\x01\x00\x00\x00\x00\x00\x00\x00"), "rdb: a database out of range at offset 9"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, src := range []io.Reader{bytes.NewReader(c.file), iotest.OneByteReader(bytes.NewReader(c.file))} {
				_, err := decode(src, &deepLook)
				require.EqualError(t, err, c.want)
				var e *Error
				require.ErrorAs(t, err, &e)
			}
		})
	}
}

// TestSourceFails hands on what the source says.
func TestSourceFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := decode(io.MultiReader(strings.NewReader("REDIS0010\xFA\x03"), iotest.ErrReader(broken)), &deepLook)
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "rdb: cannot be read at offset 11: broken")
}

// damagedValues are values that are refused when they are looked at deeply, and in part always.
var damagedValues = map[string]struct {
	t      Type
	body   []byte
	want   string
	always bool
}{
	"set with a member twice":       {TypeSet, join(2, str("a"), str("a")), "a member of a set is there twice at offset 4", true},
	"zset with a member twice":      {TypeZSet2, join(2, str("a"), "12345678", str("a"), "12345678"), "a member of a sorted set is there twice at offset 12", true},
	"zset with NaN":                 {TypeZSet2, join(1, str("a"), "\x00\x00\x00\x00\x00\x00\xF8\x7F"), "a score is no number at offset 2", true},
	"zset with NaN as text":         {TypeZSet, join(1, str("a"), scoreNaN), "a score is no number at offset 2", true},
	"zset with text for a score":    {TypeZSet, join(1, str("a"), str("one")), "a score is no number at offset 2", true},
	"hash with a field twice":       {TypeHash, join(2, str("a"), str("1"), str("a"), str("2")), "a field of a hash is there twice at offset 6", true},
	"small hash with a field twice": {TypeHashListpack, str(listpackOf([]string{"a", "1", "a", "2"})), "an element is there twice at offset 1", false},
	"small hash, integers":          {TypeHashListpack, str(listpackOf([]string{"10", "1", "10", "2"})), "an element is there twice at offset 1", false},
	"half a pair":                   {TypeHashListpack, str(listpackOf([]string{"a", "1", "b"})), "an element lacks what belongs to it at offset 1", true},
	"half a triple":                 {TypeHashTimedPackPre, str(listpackOf([]string{"a", "1"})), "an element lacks what belongs to it at offset 1", true},
	"a text for a deadline":         {TypeHashTimedPackPre, str(listpackOf([]string{"a", "1", "x"})), "a deadline is no time at offset 1", true},
	"a negative deadline":           {TypeHashTimedPackPre, str(listpackOf([]string{"a", "1", "-4"})), "a deadline is no time at offset 1", true},
	"a deadline out of range":       {TypeHashTimed, join("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 1, 5, str("a"), str("b")), "a deadline is no time at offset 10", true},
	"a late deadline in a listpack": {TypeHashTimedPackPre, str(listpackOf([]string{"a", "1", "281474976710655"})), "a deadline is no time at offset 1", true},
	"a deadline that is too late":   {TypeHashTimedPre, join(1, length64, "\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF", str("a"), str("b")), "a deadline is no time at offset 2", true},
	"deadlines that end too late":   {TypeHashTimed, join("\xFE\xFF\xFF\xFF\xFF\xFF\x00\x00", 1, 2, str("a"), str("b")), "a deadline is no time at offset 10", true},
	"small set with a member twice": {TypeSetListpack, str(listpackOf([]string{"a", "b", "a"})), "an element is there twice at offset 1", false},
	"small zset out of order":       {TypeZSetListpack, str(listpackOf([]string{"a", "2", "b", "1"})), "elements are out of order at offset 1", true},
	"small zset, equal scores":      {TypeZSetListpack, str(listpackOf([]string{"b", "1", "a", "1"})), "elements are out of order at offset 1", true},
	"small zset, member twice":      {TypeZSetListpack, str(listpackOf([]string{"a", "1", "a", "2"})), "an element is there twice at offset 1", false},
	"small zset, no score":          {TypeZSetListpack, str(listpackOf([]string{"a", "nan"})), "a score is no number at offset 1", true},
	"an intset out of order":        {TypeSetIntset, str("\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x04\x00"), "intset: damaged at offset 1", true},
	"an intset cut off":             {TypeSetIntset, str("\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00"), "intset: damaged at offset 1", true},
	"an integer as text":            {TypeSetListpack, str("\x0a\x00\x00\x00\x01\x00\x815\x02\xff"), "a listpack with an integer as text at offset 1", false},
	"a listpack cut off":            {TypeHashListpack, str(listpackOf([]string{"a", "b"})[:9]), "a damaged listpack at offset 1", true},
	"a ziplist cut off":             {TypeListZiplist, str(ziplistOf([]string{"a", "b"}, 0)[:13]), "a damaged ziplist at offset 1", true},
	"a zipmap cut off":              {TypeHashZipmap, str(zipmapOf([]string{"a", "b"}, 0)[:4]), "a damaged zipmap at offset 1", true},
	"a zipmap with half a pair":     {TypeHashZipmap, str(zipmapOf([]string{"a", "b", "c"}, 0)), "a damaged zipmap at offset 1", true},
	"a zipmap with a wrong count":   {TypeHashZipmap, str("\xFF" + zipmapOf([]string{"a", "b"}, 0)[1:]), "a damaged zipmap at offset 1", true},
	"a strange container":           {TypeListQuicklist2, join(1, 3, str("x")), "no such container of a list's node at offset 2", true},
	"nothing in a plain node":       {TypeListQuicklist2, join(2, containerPlain, str("x"), containerPlain, str("")), "a node of a list without its element at offset 5", true},
	"a stream's node without ID":    {TypeStream2, join(1, str("x")), "a node of a stream without an ID at offset 2", true},
	"a stream that counts wrong":    {TypeStream2, join(0, 1, 0, 0, 0, 0, 0, 0, 0), "a stream does not have as many entries as it says at offset 2", true},
	"pending of nobody":             {TypeStream2, join(0, 0, 5, 0, 0, 0, 0, 0, 0, 1, str("g"), 0, 0, 0, 1, make([]byte, 16), make([]byte, 8), 1, 0), "an entry is pending of no consumer at offset 11", true},
	"pending twice":                 {TypeStream2, join(0, 0, 5, 0, 0, 0, 0, 0, 0, 1, str("g"), 0, 0, 0, 2, make([]byte, 24), 1, make([]byte, 24), 1, 0), "an entry is pending twice at offset 16", true},
	"pending of a stranger":         {TypeStream2, join(0, 0, 5, 0, 0, 0, 0, 0, 0, 1, str("g"), 0, 0, 0, 0, 1, str("c"), make([]byte, 8), 1, make([]byte, 16)), "a consumer's entry is not pending, or not of it alone at offset 18", true},
	"a group twice":                 {TypeStream2, join(0, 0, 5, 0, 0, 0, 0, 0, 0, 2, str("g"), 0, 0, 0, 0, 0, str("g"), 0, 0, 0, 0, 0), "a consumer group is there twice at offset 18", true},
	"a consumer twice":              {TypeStream2, join(0, 0, 5, 0, 0, 0, 0, 0, 0, 1, str("g"), 0, 0, 0, 0, 2, str("c"), make([]byte, 8), 0, str("c"), make([]byte, 8), 0), "a consumer is there twice at offset 29", true},
	"a type that there is not":      {Type(30), nil, "unknown type 30 of a value at offset 1", true},
}

// TestDamagedValues reads what no server would have written.
func TestDamagedValues(t *testing.T) {
	shallow := deepLook
	shallow.Deep = false
	for name, c := range damagedValues {
		t.Run(name, func(t *testing.T) {
			b := payload(c.t, c.body)
			_, err := Restore(b, "k", 0, &deepLook)
			require.EqualError(t, err, "rdb: "+c.want)
			_, err = Restore(b, "k", 0, &shallow)
			if c.always {
				require.EqualError(t, err, "rdb: "+c.want)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// TestEmpty reads empty collections of all types, which are no values but for streams.
func TestEmpty(t *testing.T) {
	for _, c := range [][]byte{
		payload(TypeList, join(0)), payload(TypeSet, join(0)), payload(TypeHash, join(0)), payload(TypeZSet, join(0)), payload(TypeZSet2, join(0)),
		payload(TypeListQuicklist, join(0)), payload(TypeListQuicklist2, join(1, containerPacked, str(listpackOf(nil)))),
		payload(TypeListZiplist, str(ziplistOf(nil, 0))), payload(TypeHashZiplist, str(ziplistOf(nil, 0))), payload(TypeZSetZiplist, str(ziplistOf(nil, 0))),
		payload(TypeHashZipmap, str(zipmapOf(nil, 0))), payload(TypeHashListpack, str(listpackOf(nil))), payload(TypeZSetListpack, str(listpackOf(nil))),
		payload(TypeSetListpack, str(listpackOf(nil))), payload(TypeHashTimedPack, join(make([]byte, 8), str(listpackOf(nil)))),
		payload(TypeHashTimed, make([]byte, 9)), payload(TypeSetIntset, str("\x02\x00\x00\x00\x00\x00\x00\x00")),
	} {
		_, err := Restore(c, "k", 0, &deepLook)
		require.ErrorIs(t, err, ErrEmpty, "%x", c)
	}
	e, err := Restore(payload(TypeStream2, make([]byte, 10)), "k", 0, &deepLook)
	require.NoError(t, err)
	require.Equal(t, "stream", value.Type(e))
}

// TestPayload are payloads that are none.
func TestPayload(t *testing.T) {
	good := payload(TypeString, str("v"))
	_, err := Restore(good, "k", 0, &deepLook)
	require.NoError(t, err)
	for i := range good {
		_, err := Restore(good[:i], "k", 0, &deepLook)
		require.ErrorIs(t, err, ErrPayload)
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		_, err = Restore(bad, "k", 0, &deepLook)
		require.ErrorIs(t, err, ErrPayload)
	}
	_, err = Restore(seal(join(TypeString, str("v")), 0, VersionMax+1), "k", 0, &deepLook)
	require.ErrorIs(t, err, ErrPayload)
	_, err = Restore(seal(nil, 0, VersionMax), "k", 0, &deepLook)
	require.Error(t, err)
	o := deepLook
	o.SkipModules = true
	_, err = Restore(payload(TypeModule2, moduleValue), "k", 0, &o)
	require.ErrorIs(t, err, ErrSkipped)
}

// TestLongStrings reads strings beyond the buffer, from a stream that breaks off in all places near its limits.
func TestLongStrings(t *testing.T) {
	for _, n := range []int{bufferSize - 20, bufferSize, bufferSize + 1, believed, believed + 1, 5*believed + 7} {
		s := strings.Repeat("x", n-3) + "end"
		file := sum(join("REDIS0010", TypeString, str("k"), str(s), TypeString, str("l"), str("after"), opEOF))
		for _, src := range []io.Reader{bytes.NewReader(file), iotest.HalfReader(bytes.NewReader(file))} {
			all, err := decode(src, &deepLook)
			require.NoError(t, err)
			require.Equal(t, s, all.keys[0].entry.Text())
			require.Equal(t, "after", all.keys[1].entry.Text())
		}
		_, err := decode(bytes.NewReader(file[:n]), &deepLook)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

// allocated returns how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestClaims reads lengths and numbers that nothing comes after.
func TestClaims(t *testing.T) {
	const huge = "\x00\x00\x00\xFF\x00\x00\x00\x00"
	for typ := TypeString; typ <= lastType; typ++ {
		for _, head := range [][]byte{nil, make([]byte, 8), {1}, {1, 1}, {1, 2}, {1, idSize}, append([]byte{1, idSize}, make([]byte, idSize)...)} {
			b := payload(typ, join(head, length64, huge, "some bytes"))
			file := join("REDIS0012", typ, str("k"), join(head, length64, huge, "some bytes"))
			require.Less(t, allocated(func() {
				_, _ = Restore(b, "k", 0, &deepLook) // some are whole, with more behind
			}), uint64(64<<10))
			require.Less(t, allocated(func() {
				_, err := decode(bytes.NewReader(file), &deepLook)
				require.Error(t, err)
			}), uint64(believed+bufferSize+64<<10))
		}
	}
}
