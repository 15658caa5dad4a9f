package nooktest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Equal fails the test unless the keys of a database are those of want, all of them and no others, with their values and times to live. The
// failure shows the keys that differ, as Go source, line by line. A time to live may be up to a second shorter than wanted if
// the store's clock runs; with a clock that stands still it must be the same.
func Equal(t testing.TB, s Source, want Keys) {
	t.Helper()
	got, err := Dump(s)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	now := s.Commands().Now()
	compare(t, want, got, s.Commands().Now() != now)
}

// RequireKeys fails the test t unless the keys of database 0 are those of want, as Equal does. It works with a real server too, see
// RedisEnv, whose keys are read one by one.
func (s *Server) RequireKeys(t testing.TB, want Keys) {
	t.Helper()
	if s.real == nil {
		Equal(t, s.store, want)
		return
	}
	c, err := s.real.connect()
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	defer c.close()
	got, err := dump(c)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	compare(t, want, got, true)
}

// compare fails the test unless both are the same.
func compare(t testing.TB, want, got Keys, loose bool) {
	t.Helper()
	if loose {
		got = got.settle(want)
	}
	if text := differences(want, got); text != "" {
		t.Fatalf("nooktest: the keys differ (- wanted, + there):\n%s", text)
	}
}

// slack is how much shorter than wanted a time to live may be by a clock that runs.
const slack = time.Second

// settle returns the keys with those times to live that are almost as wanted made so.
func (k Keys) settle(want Keys) Keys {
	settled := maps.Clone(k)
	for key, v := range k {
		e, ok := v.(Expiring)
		w, both := want[key].(Expiring)
		if !ok || !both {
			continue
		}
		if 0 < w.TTL-e.TTL && w.TTL-e.TTL <= slack {
			e.TTL = w.TTL
		}
		e.Fields = maps.Clone(e.Fields)
		for name, d := range e.Fields {
			if less := w.Fields[name] - d; 0 < less && less <= slack {
				e.Fields[name] = w.Fields[name]
			}
		}
		settled[key] = e
	}
	return settled
}

// differences writes the keys that differ, in order.
func differences(want, got Keys) string {
	all := maps.Clone(want)
	if all == nil {
		all = Keys{}
	}
	maps.Copy(all, got)
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		a, b := want.lines(key), got.lines(key)
		text, _ := diff(a, b, func(i, j int) bool { return a[i] == b[j] })
		out.WriteString(text)
	}
	return out.String()
}

// lines writes a key as lines of Go source, none if it is not there.
func (k Keys) lines(key string) []string {
	v, ok := k[key]
	if !ok {
		return nil
	}
	var out strings.Builder
	out.WriteString(strconv.Quote(key) + ": ")
	v.write(&out, "")
	out.WriteString(",")
	return strings.Split(out.String(), "\n")
}
