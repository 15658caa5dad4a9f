package server

import (
	"net"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
)

// Info is INFO. The fields and their order are Redis's, so that tools which read
// them work; those of which nook has nothing true to say are left out, since a zero
// would be taken for a figure.
//
// Where a figure is of the store, it is of one moment: that of db, which may be
// a transaction's.
func (s *session) Info(db *nook.Commands, sections command.Sections) (string, error) {
	r := report{server: s.server}
	if sections&ofStore != 0 {
		var err error
		if r.stats, err = db.Stats(); err != nil {
			return "", err
		}
	}
	for _, part := range reportParts {
		if sections&part.section != 0 {
			r.title(part.title)
			part.write(&r)
		}
	}
	return string(r.text), nil
}

// ofStore are the sections with figures of the store, which cost its locks.
const ofStore = command.SectionMemory | command.SectionPersistence | command.SectionStats | command.SectionKeyspace

// reportParts are the sections of INFO in their order.
var reportParts = []struct {
	section command.Sections
	title   string
	write   func(r *report)
}{
	{command.SectionServer, "Server", (*report).self},
	{command.SectionClients, "Clients", (*report).clients},
	{command.SectionMemory, "Memory", (*report).memory},
	{command.SectionPersistence, "Persistence", (*report).persistence},
	{command.SectionStats, "Stats", (*report).counters},
	{command.SectionReplication, "Replication", (*report).replication},
	{command.SectionCPU, "CPU", (*report).cpu},
	{command.SectionModules, "Modules", func(*report) {}},
	{command.SectionCommandStats, "Commandstats", (*report).commandStats},
	{command.SectionErrorStats, "Errorstats", (*report).errorStats},
	{command.SectionCluster, "Cluster", (*report).cluster},
	{command.SectionKeyspace, "Keyspace", (*report).keyspace},
}

// report is a text of INFO in the making.
type report struct {
	server *Server
	stats  nook.Stats
	text   []byte
}

func (r *report) title(name string) {
	if len(r.text) > 0 {
		r.text = append(r.text, "\r\n"...)
	}
	r.text = append(r.text, "# "+name+"\r\n"...)
}

func (r *report) field(name, value string) {
	r.text = append(r.text, name...)
	r.text = append(r.text, ':')
	r.text = append(r.text, value...)
	r.text = append(r.text, "\r\n"...)
}

func (r *report) int(name string, n int64) { r.field(name, strconv.FormatInt(n, 10)) }

// bytes writes a size, and once more for people.
func (r *report) bytes(name string, n int64) {
	r.int(name, n)
	r.field(name+"_human", humanBytes(n))
}

// humanBytes writes a size as Redis does, in powers of 1024.
func humanBytes(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + "B"
	}
	size, unit := float64(n), 0
	for size >= 1<<10 && unit < len(units)-1 {
		size /= 1 << 10
		unit++
	}
	return strconv.FormatFloat(size, 'f', 2, 64) + units[unit]
}

// mode returns what the server is among others.
func (s *Server) mode() string {
	switch {
	case s.sentinel != nil:
		return "sentinel"
	case s.node != nil:
		return "cluster"
	}
	return "standalone"
}

var units = []string{"B", "K", "M", "G", "T", "P"}

func (r *report) self() {
	s := r.server
	now := s.store.Now()
	up := int64(now.Sub(s.started) / time.Second)
	r.field("redis_version", command.Version)
	r.field("redis_mode", s.mode())
	r.field("os", runtime.GOOS+" "+runtime.GOARCH)
	r.int("arch_bits", strconv.IntSize)
	r.int("process_id", int64(os.Getpid()))
	r.field("process_supervised", "no")
	r.field("run_id", s.runID)
	r.int("tcp_port", int64(s.port()))
	r.int("server_time_usec", now.UnixMicro())
	r.int("uptime_in_seconds", up)
	r.int("uptime_in_days", up/(24*60*60))
	if path, err := os.Executable(); err == nil {
		r.field("executable", path)
	}
	r.field("config_file", "")
}

// port returns the port of a TCP listener, 0 if there is none.
func (s *Server) port() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.listeners {
		if addr, ok := l.Addr().(*net.TCPAddr); ok {
			return addr.Port
		}
	}
	return 0
}

func (r *report) clients() {
	s := r.server
	r.int("connected_clients", int64(s.count()))
	r.int("cluster_connections", 0)
	r.int("maxclients", int64(s.parameters.Load().MaxClients))
	r.int("blocked_clients", s.waiting())
	r.int("tracking_clients", 0)
}

// memory writes how much the whole process uses, of which the dataset is what
// the store accounts for; maxmemory limits the latter.
func (r *report) memory() {
	heap := heapBytes()
	r.bytes("used_memory", heap)
	if rss, ok := residentBytes(); ok {
		r.bytes("used_memory_rss", rss)
	}
	r.int("used_memory_overhead", max(heap-r.stats.Bytes, 0))
	r.int("used_memory_dataset", r.stats.Bytes)
	libraries, functions := r.server.scripts.Count(r.server.store.Commands())
	r.int("number_of_cached_scripts", int64(r.server.scripts.Scripts()))
	r.int("number_of_functions", int64(functions))
	r.int("number_of_libraries", int64(libraries))
	r.bytes("maxmemory", r.stats.MaxMemory)
	r.field("maxmemory_policy", r.stats.MaxMemoryPolicy.String())
	r.field("mem_allocator", "go")
}

// heapBytes returns the bytes of all objects on the heap, garbage not yet
// collected among them.
func heapBytes() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// persistence writes that there is nothing to wait for: clients look at loading
// before they use a server.
func (r *report) persistence() {
	r.int("loading", 0)
	r.int("async_loading", 0)
	r.int("rdb_changes_since_last_save", r.stats.Changes)
	r.int("rdb_bgsave_in_progress", 0)
	r.int("aof_enabled", 0)
	r.int("aof_rewrite_in_progress", 0)
}

// counters writes what was counted since the server was made.
func (r *report) counters() {
	s := r.server
	now := sample{at: s.store.Now(), commands: s.commands.calls(), traffic: s.traffic()}
	rate := s.rates.since(now)
	var errors int64
	for _, e := range s.errors.all() {
		errors += e.count
	}
	r.int("total_connections_received", s.received.Load())
	r.int("total_commands_processed", now.commands)
	r.int("instantaneous_ops_per_sec", int64(rate.commands))
	r.int("total_net_input_bytes", now.traffic.in)
	r.int("total_net_output_bytes", now.traffic.out)
	r.field("instantaneous_input_kbps", kilobytes(rate.in))
	r.field("instantaneous_output_kbps", kilobytes(rate.out))
	r.int("rejected_connections", s.rejected.Load())
	r.int("evicted_keys", r.stats.Evicted-s.evictedBefore())
	r.int("pubsub_channels", int64(r.stats.Channels))
	r.int("pubsub_patterns", int64(r.stats.Patterns))
	r.int("pubsubshard_channels", int64(r.stats.ShardChannels))
	r.int("total_error_replies", errors)
	r.int("total_reads_processed", now.traffic.reads)
	r.int("total_writes_processed", now.traffic.writes)
	r.int("client_output_buffer_limit_disconnections", s.flooded.Load())
	r.int("acl_access_denied_auth", s.users.denied[acl.DeniedAuth].Load())
	r.int("acl_access_denied_cmd", s.users.denied[acl.DeniedCommand].Load())
	r.int("acl_access_denied_key", s.users.denied[acl.DeniedKey].Load())
	r.int("acl_access_denied_channel", s.users.denied[acl.DeniedChannel].Load())
}

func kilobytes(n float64) string { return strconv.FormatFloat(n/1024, 'f', 2, 64) }

// replication writes that the server is nobody's replica and has none, which
// clients ask to find out where to write.
func (r *report) replication() {
	role := r.server.Role()
	if role.Master != nil {
		r.field("role", "slave")
		r.field("master_host", role.Master.Host)
		r.int("master_port", int64(role.Master.Port))
		r.field("master_link_status", "up")
		r.int("master_last_io_seconds_ago", 0)
		r.int("master_sync_in_progress", 0)
		r.int("slave_read_repl_offset", role.Offset)
		r.int("slave_repl_offset", role.Offset)
		r.int("slave_priority", 100)
		r.int("slave_read_only", 1)
		r.int("replica_announced", 1)
	} else {
		r.field("role", "master")
	}
	r.int("connected_slaves", int64(len(role.Replicas)))
	for i, e := range role.Replicas {
		r.field("slave"+strconv.Itoa(i), "ip="+e.Host+",port="+strconv.Itoa(e.Port)+",state=online,offset=0,lag=0")
	}
	r.field("master_failover_state", "no-failover")
	r.field("master_replid", *r.server.replID.Load())
	r.int("master_repl_offset", 0)
	r.int("second_repl_offset", -1)
	r.int("repl_backlog_active", 0)
}

func (r *report) cpu() {
	if system, user, ok := cpuTime(); ok {
		r.field("used_cpu_sys", seconds(system))
		r.field("used_cpu_user", seconds(user))
	}
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// commandStats writes the commands that were ever called, in the order of the table.
func (r *report) commandStats() { r.commandStatsOf(command.All()) }

func (r *report) commandStatsOf(rows []*command.Row) {
	for _, row := range rows {
		stat := r.server.commands[row]
		calls, failed, rejected := stat.calls.Load(), stat.failed.Load(), stat.rejected.Load()
		if calls+failed+rejected > 0 {
			micros := stat.nanos.Load() / int64(time.Microsecond)
			r.field("cmdstat_"+row.FullName(), "calls="+strconv.FormatInt(calls, 10)+
				",usec="+strconv.FormatInt(micros, 10)+
				",usec_per_call="+strconv.FormatFloat(float64(micros)/float64(max(calls, 1)), 'f', 2, 64)+
				",rejected_calls="+strconv.FormatInt(rejected, 10)+
				",failed_calls="+strconv.FormatInt(failed, 10))
		}
		r.commandStatsOf(row.Sub)
	}
}

func (r *report) errorStats() {
	for _, e := range r.server.errors.all() {
		r.field("errorstat_"+e.code, "count="+strconv.FormatInt(e.count, 10))
	}
}

func (r *report) cluster() {
	enabled := int64(0)
	if r.server.node != nil {
		enabled = 1
	}
	r.int("cluster_enabled", enabled)
}

func (r *report) keyspace() {
	for n, db := range r.stats.Databases {
		if db.Keys == 0 {
			continue
		}
		r.field("db"+strconv.Itoa(n), "keys="+strconv.Itoa(db.Keys)+
			",expires="+strconv.Itoa(db.Expires)+
			",avg_ttl="+strconv.FormatInt(db.TTL.Milliseconds(), 10))
	}
}
