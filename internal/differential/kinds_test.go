package differential

import (
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// kinds draw the arguments of forms. Each kind has few values, so that
// commands meet at the same keys with the same values, and among them are
// invalid ones.
//
// No kind has a deadline that could pass while a sequence runs: deadlines are
// long gone or years ahead, and arguments that could end up as deadlines by a
// mutation are never small positive numbers (see junk).
var kinds = map[string]func(*rapid.T) string{
	"key":     from(keys),
	"value":   from(values),
	"int":     mostly(integers, badIntegers),
	"index":   mostly(indexes, badIntegers),
	"offset":  mostly(offsets, badOffsets),
	"float":   mostly(floats, badFloats),
	"secs":    mostly(seconds, badDeadlines),
	"ms":      mostly(milliseconds, badDeadlines),
	"at":      mostly(unixSeconds, badDeadlines),
	"atms":    mostly(unixMilliseconds, badDeadlines),
	"past":    from(pastDeadlines),
	"db":      mostly(databases, badDatabases),
	"pattern": from(patterns),
	"type":    from(typeNames),
	"cursor":  mostly(cursors, badCursors),
	"count":   mostly(counts, badCounts),
	"junk":    from(junk),
	"sketch":  from(sketches),
	"score":   mostly(scores, badFloats),
	"bound":   mostly(scoreBounds, badBounds),
	"lex":     mostly(lexBounds, badLexBounds),
	"lexset":  from(lexSets),
	"big":     from(bigValues),
	"member":  from(members),

	"sortkey":   from(sortKeys),
	"number":    from(integers),
	"element":   from(elements),
	"weightkey": from(weightKeys),
	"weight":    from(weights),
	"weights":   from(weightPatterns),
	"got":       from(gotPatterns),

	"lon":    mostly(longitudes, badCoordinates),
	"lat":    mostly(latitudes, badCoordinates),
	"length": mostly(lengths, badLengths),
	"unit":   mostly(units, badUnits),
	"place":  from(places),

	"newid":   mostly(newIDs, badNewIDs),
	"entryid": mostly(entryIDs, badEntryIDs),
	"rangeid": mostly(rangeIDs, badRangeIDs),
	"readid":  mostly(readIDs, badReadIDs),
	"trimlen": mostly(trimLengths, badTrimLengths),

	"group":     from(groupNames),
	"consumer":  from(consumerNames),
	"groupid":   mostly(groupIDs, badGroupIDs),
	"idle":      mostly(idles, badIdles),
	"claimtime": mostly(claimTimes, badClaimTimes),

	"seconds":   mostly([]string{"0", "1", "100", "99999999"}, []string{"-1", "x", "", "1.5", "9223372036854775808"}),
	"frequency": mostly([]string{"0", "1", "100", "255"}, []string{"-1", "256", "x", "", "1.5"}),

	"field": from(fields),
	"draws": mostly(draws, badDraws),

	"setting":        from(settings),
	"anysetting":     from(anySettings),
	"settingvalue":   from(settingValues),
	"settingpattern": from(settingPatterns),
	"eventletters":   from(eventLetters),
	"policy":         from(policies),
	"free":           from([]string{"free"}),

	"bit":       mostly(bits, badBits),
	"bitoffset": mostly(bitOffsets, badBitOffsets),
	"bittype":   mostly(bitTypes, badBitTypes),
	"bitfield":  mostly(bitFields, badBitFields),
	"bits":      mostly(bitValues, badIntegers),

	"luasource":    from(luaSources),
	"luakeys":      mostly(scriptKeys, badScriptKeys),
	"sha":          from(scriptSHAs),
	"library":      from(luaLibraries),
	"libraryname":  from(libraryNames),
	"functionname": from(functionNames),

	"aclname":    from(aclNames),
	"anyaclname": from(anyACLNames),
	"cat":        from([]string{"cat"}),
	"category":   from(slices.Concat(categoryRules, evenRules)),
	"rule":       from(aclRules),
	"login":      from(logins),
	"secret":     from(secrets),
	"aclscript":  from(aclScripts),
	"aclchannel": from(aclChannels),

	"version":  mostly(versions, badVersions),
	"name":     mostly(clientNames, badClientNames),
	"clientid": from(clientIDs),
	"user":     from(users),
}

// from returns a kind that draws from a list.
func from(list []string) func(*rapid.T) string {
	return func(t *rapid.T) string { return pick(t, list) }
}

// mostly returns a kind that draws from bad now and then. A command with
// several arguments should not fail for one of them as a rule.
func mostly(good, bad []string) func(*rapid.T) string {
	return func(t *rapid.T) string {
		if chance(t, 8) {
			return pick(t, bad)
		}
		return pick(t, good)
	}
}

var (
	keys = []string{"a", "a", "a", "b", "b", "c", "{t}d", "", "k y", "\x00\xff\r\n"}

	values = []string{
		"hello", "0", "", "1", "-1", "10", "9999", "10000", "hallo welt", "100", "3", "-7",
		"9223372036854775807", "-9223372036854775808", "9223372036854775808",
		" 1", "1 ", "01", "+1", "-0", "1.5", "3.0e3", "nan", "inf", "\x00\xff\x80\r\n",
		strings.Repeat("e", 44), strings.Repeat("r", 45), strings.Repeat("long", 100),
		"ohmytext", "mynewtext", "\x00\x00\x00", "\xff\xff\xff", "\xff\xf0\x00",
	}

	// bigValues fill the nodes of lists.
	bigValues = []string{
		strings.Repeat("p", 3000), strings.Repeat("q", 3000), strings.Repeat("m", 1000), strings.Repeat("o", 9000), "n",
	}

	// sketches are HyperLogLogs, and what looks like some.
	sketches = []string{
		"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff",
		"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x60\x00\x83\x85\x02\x5f\xf3",
		"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe",
		"HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80" + strings.Repeat("\x41\x10\x04", 4096),
		"HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80" + strings.Repeat("\x00", 100),
	}

	integers = []string{
		"1", "0", "-1", "2", "5", "10", "-10", "9999", "9223372036854775807", "-9223372036854775807",
		"-9223372036854775808",
	}

	badIntegers = []string{
		"x", "", "1.0", " 1", "1 ", "0x10", "01", "-0", "+1", "1\x00", "9223372036854775808", "-9223372036854775809",
	}

	indexes = []string{
		"0", "1", "2", "-1", "-2", "3", "-3", "7", "-100", "100", "2147483648",
		"9223372036854775807", "-9223372036854775808",
	}

	// offsets are those of SETRANGE. The largest valid ones would make strings
	// of half a gigabyte; testdata/limits has them with a smaller limit.
	offsets    = []string{"0", "1", "2", "5", "20", "300", "1000"}
	badOffsets = []string{
		"536870912", "536870911999", "9223372036854775807", "-1", "-9223372036854775808", "x", "", "1.5",
	}

	floats = []string{
		"1.5", "0", "-1", "0.1", "-0.1", "3", "1e2", "1e-2", "5.0e3", "10.123456789012345678901",
		"123456789.123456789", "1e17", "1e18", "-1e25", "1e300", "1e4000", "1e-30", "9223372036854775807",
		"+1.5", ".5", "5.", "0x1p3", "-0",
	}
	badFloats = []string{"inf", "-inf", "nan", "1e5000", "", "x", " 1", "1 ", "1e", "--1", "1.5\x00", "1,5"}

	// A deadline given as a span is written "~N": replay makes it N and a little
	// more with each command of the sequence. So no two such deadlines are ever
	// equal, and GT and LT do not depend on the millisecond in which a command
	// runs.
	seconds      = []string{"~100000000", "~100000000", "~100000000", "~500000000"}
	milliseconds = []string{"~200000000000", "~200000000000", "~200000000000", "~700000000000"}

	unixSeconds      = []string{"7258118400", "32503680000", "95617584000"}
	unixMilliseconds = []string{"7258118400123", "32503680000456", "7258118400999", "95617584000000"}

	// pastDeadlines are long gone whether they count seconds or milliseconds.
	pastDeadlines = []string{"1", "1000000000", "100"}

	badDeadlines = []string{
		"0", "-1", "x", "", "1.5", "9223372036854775807", "9223372036854775", "-9223372036854775808",
		"9223372036854775808", " 1", "-9223372036854775", "9223372036854776",
	}

	databases    = []string{"0", "1", "2", "15"}
	badDatabases = []string{"16", "-1", "x", "", "1.0", "9223372036854775808", "2147483648", "01"}

	patterns = []string{
		"*", "*", "*", "a", "a*", "?", "[a-c]", "[^a]", "*d", "{t}*", "\\a", "[", "[]", "[a", "*\\", "", "k?y", "**", "?*",
		"[b-a]", "[\\]a]", "h[^l]o", "*\xff*",
	}

	typeNames = []string{"string", "STRING", "list", "set", "zset", "hash", "stream", "nosuchtype", ""}

	cursors    = []string{"0", "0", "1", "5", "18446744073709551615", "9223372036854775808"}
	badCursors = []string{"18446744073709551616", "-1", "x", "", " 0", "0x1", "1.5", "0 ", "+1"}

	counts    = []string{"1", "2", "10", "100", "1000"}
	badCounts = []string{"0", "-1", "x", "", "9223372036854775807", "9223372036854775808"}

	// junk replaces or follows arguments in commands that are drawn to be wrong.
	junk = []string{
		"x", "", "0", "-1", "9223372036854775807", "9223372036854775808", "a", "1.5", "NX", "GET", "\x00",
		"*", "-9223372036854775808",
	}

	// members are those of sets.
	members = []string{
		"1", "2", "3", "-1", "a", "b", "c", "hello", "", "70000", "9223372036854775807", "-9223372036854775808",
		"9223372036854775808", "01", "-0", "\x00\xff\r\n", strings.Repeat("m", 64), strings.Repeat("m", 65),
	}

	scores = []string{
		"1", "2", "3", "0", "-1", "1.5", "0.1", "-0", "inf", "-inf", "1e17", "123456789012345678", "4611686018427387904",
		"-9223372036854775808", "3e300", "5e-324", "0x1p3", "+2", "1e2",
	}

	scoreBounds = []string{
		"-inf", "+inf", "inf", "1", "2", "3", "(1", "(2", "(0", "0", "-1", "(-inf", "(inf", "1.5", "1e17", "(1e17", "", "(", " 1", "1e400",
	}
	badBounds = []string{"x", "nan", "(nan", "1 ", "((1", "[1", "1e", "1\x00x"}

	lexBounds = []string{
		"-", "+", "[a", "(a", "[b", "(b", "[", "(", "[1", "(2", "[m5", "(m5", "[m900", "[hello", "[\xff", "(-1",
	}
	badLexBounds = []string{"x", "", "a", "-1", "+x", "--", "+\x00", "\x00"}

	// Places are in Sicily, at the edges of the world and on the other side of it; some are the same. They
	// were chosen so that no distance between two differs in its last digit, as a few in a thousand do.
	longitudes     = []string{"13.361389", "15.087269", "15", "13.361389", "15.2", "-180", "180", "179.9", "-179.9"}
	latitudes      = []string{"38.115556", "37", "37.316667", "38.115556", "38.788135", "85.05112878", "-85.05112878", "84", "0", "-38"}
	badCoordinates = []string{"181", "-181", "x", "", "inf", "-inf", "nan", "1e300", " 1"}

	lengths    = []string{"0", "1", "100", "200", "200.5", "300", "1000", "5000", "20100", "1e7", "1e300", "inf", "0.001"}
	badLengths = []string{"-1", "x", "", "nan", "-0.5", "-inf"}
	units      = []string{"m", "km", "km", "km", "ft", "mi", "KM", "Mi"}
	badUnits   = []string{"x", "", "kms", "k"}
	places     = []string{"p", "q", "r", "s", "t", "u", "v", "w", "Palermo", "", "1", strings.Repeat("x", 65)}

	bits    = []string{"0", "1"}
	badBits = []string{"2", "-1", "x", "", "01", "10"}

	bitOffsets    = []string{"0", "1", "7", "8", "9", "15", "63", "64", "100", "1000"}
	badBitOffsets = []string{
		"4294967296", "9223372036854775807", "9223372036854775808", "-1", "x", "", "1.5", "#0", "#1",
	}

	bitTypes = []string{
		"u8", "i8", "u1", "i1", "u4", "i5", "u16", "i16", "u32", "i32", "u63", "i64", "i63", "u7",
	}
	badBitTypes = []string{"u64", "i65", "u0", "i0", "x8", "u", "", "8", "U8", "I8", "u-1", "u08", "u8 "}

	bitFields    = []string{"0", "1", "4", "7", "8", "#0", "#1", "#2", "100", "#10"}
	badBitFields = []string{
		"-1", "#-1", "x", "#", "", "4294967295000", "#9223372036854775807", "9223372036854775807", " 1",
	}

	bitValues = []string{
		"0", "1", "-1", "2", "10", "100", "127", "128", "-128", "-129", "255", "256", "65535", "2147483648",
		"9223372036854775807", "-9223372036854775808",
	}

	versions    = []string{"2", "3"}
	badVersions = []string{"1", "4", "-1", "x", "", "9223372036854775808", "3.0"}

	clientNames    = []string{"worker", "x", "", "~!@"}
	badClientNames = []string{"with space", "line\nbreak", "\x7f", "ünïcode", "\x00"}

	// clientIDs are those of no client: those of clients differ between servers.
	clientIDs = []string{"0", "-1", "9223372036854775807", "x", "", "1.5"}

	users = []string{"default", "default", "nobody", "", "a b"}
)

// absolute are the deadlines, in milliseconds, that were given as such and must
// come back exactly.
var absolute = absoluteDeadlines()

func absoluteDeadlines() map[int64]bool {
	all := map[int64]bool{}
	for _, s := range unixSeconds {
		n, _ := strconv.ParseInt(s, 10, 64)
		all[n*1000] = true
	}
	for _, s := range unixMilliseconds {
		n, _ := strconv.ParseInt(s, 10, 64)
		all[n] = true
	}
	return all
}
