package resp

import (
	"bytes"
	"testing"
)

// A loop is a stream that repeats itself for ever.
type loop struct {
	text string
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m := copy(p[n:], l.text[l.at:])
		n += m
		l.at = (l.at + m) % len(l.text)
	}
	return n, nil
}

func benchmarkRead(b *testing.B, args ...string) {
	request := AppendCommand(nil, args...)
	r := NewReader(&loop{text: string(request)}, Limits{})
	var got []string
	b.ReportAllocs()
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		var err error
		if got, err = r.ReadCommand(got); err != nil || len(got) != len(args) {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkReadGet(b *testing.B) { benchmarkRead(b, "GET", "key:000000012345") }

func BenchmarkReadSet(b *testing.B) {
	benchmarkRead(b, "SET", "key:000000012345", string(bytes.Repeat([]byte{'v'}, 64)), "EX", "100")
}

func BenchmarkReadSet100K(b *testing.B) {
	benchmarkRead(b, "SET", "key:000000012345", string(bytes.Repeat([]byte{'v'}, 100<<10)))
}

func BenchmarkReadMSet1000(b *testing.B) {
	args := []string{"MSET"}
	for range 1000 {
		args = append(args, "key:000000012345", "value")
	}
	benchmarkRead(b, args...)
}
