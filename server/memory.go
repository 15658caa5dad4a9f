package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// heap is what Go's allocator has, in bytes.
type heap struct {
	objects int64 // garbage that is not collected yet among them
	pages   int64 // that hold objects
	system  int64 // given by the system
}

var heapMetrics = []string{
	"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes",
}

func readHeap() heap {
	samples := make([]metrics.Sample, len(heapMetrics))
	for i, name := range heapMetrics {
		samples[i].Name = name
	}
	metrics.Read(samples)
	value := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	h := heap{objects: value(0)}
	h.pages = h.objects + value(1)
	h.system = h.pages + value(2)
	return h
}

// heapMarks are sizes of the heap, in bytes.
type heapMarks struct {
	start int64        // when the server was made
	peak  atomic.Int64 // the most that anybody has asked for
}

// peak notes the size of the heap, and returns the largest so far.
func (s *Server) peak(now int64) int64 {
	for {
		most := s.heap.peak.Load()
		if now <= most {
			return most
		}
		if s.heap.peak.CompareAndSwap(most, now) {
			return now
		}
	}
}

// Memory returns what takes the memory of the process. What is of the store is as db sees it.
func (s *session) Memory(db *nook.Commands) (command.Memory, error) {
	stats, err := db.Stats()
	if err != nil {
		return command.Memory{}, err
	}
	return s.server.memory(&stats), nil
}

func (s *Server) memory(stats *nook.Stats) command.Memory {
	h := readHeap()
	rss, _ := residentBytes() // 0 if it is not known
	m := command.Memory{
		Peak: s.peak(h.objects), Total: h.objects, Startup: s.heap.start, Active: h.pages, Resident: h.system, RSS: rss,
		Dataset: stats.Bytes, Databases: stats.Databases,
		Scripts: int64(s.scripts.ScriptBytes()), Functions: int64(s.scripts.LibraryBytes(s.store.Commands())),
	}
	for _, x := range s.all() {
		p := x.profile()
		m.Clients += int64(p.unparsed + p.queuedBytes + p.unsent)
	}
	return m
}

// PurgeMemory is MEMORY PURGE.
func (s *session) PurgeMemory() { debug.FreeOSMemory() }

// MallocStats is MEMORY MALLOC-STATS.
func (s *session) MallocStats() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var b strings.Builder
	for _, f := range []struct {
		name  string
		value uint64
	}{
		{"allocated", m.HeapAlloc}, {"objects", m.HeapObjects}, {"in_use", m.HeapInuse}, {"idle", m.HeapIdle}, {"released", m.HeapReleased},
		{"system", m.HeapSys}, {"stacks", m.StackInuse}, {"process", m.Sys}, {"mallocs", m.Mallocs}, {"frees", m.Frees},
		{"next_collection", m.NextGC}, {"collections", uint64(m.NumGC)}, {"pauses_nanoseconds", m.PauseTotalNs},
	} {
		b.WriteString(f.name + ":" + strconv.FormatUint(f.value, 10) + "\n")
	}
	return b.String()
}
