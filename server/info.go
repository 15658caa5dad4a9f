package server

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
)

// Info is INFO. The fields and their order are Redis's, so that tools which read
// them work. Where there is no such thing as a field tells of, it is as in a Redis that does not use it.
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
	{command.SectionLatencyStats, "Latencystats", (*report).latencyStats},
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
	r.field("redis_git_sha1", "00000000")
	r.int("redis_git_dirty", 0)
	r.field("redis_build_id", "0")
	r.field("redis_mode", s.mode())
	r.field("os", runtime.GOOS+" "+runtime.GOARCH)
	r.int("arch_bits", strconv.IntSize)
	r.field("monotonic_clock", "Go")
	r.field("multiplexing_api", "Go")
	r.field("atomicvar_api", "Go")
	r.field("gcc_version", runtime.Version())
	r.int("process_id", int64(os.Getpid()))
	r.field("process_supervised", "no")
	r.field("run_id", s.runID)
	r.int("tcp_port", int64(s.port()))
	r.int("server_time_usec", now.UnixMicro())
	r.int("uptime_in_seconds", up)
	r.int("uptime_in_days", up/(24*60*60))
	r.field("hz", "10")
	r.field("configured_hz", "10")
	r.int("lru_clock", now.Unix()&(1<<24-1))
	if path, err := os.Executable(); err == nil {
		r.field("executable", path)
	}
	r.field("config_file", "")
	r.int("io_threads_active", 0)
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
	var in, out, tracking int64
	for _, x := range s.all() {
		p := x.profile()
		in, out = max(in, int64(p.unparsed)), max(out, int64(p.unsent))
		if p.tracks {
			tracking++
		}
	}
	r.int("client_recent_max_input_buffer", in)
	r.int("client_recent_max_output_buffer", out)
	r.int("blocked_clients", s.waiting())
	r.int("tracking_clients", tracking)
	r.int("clients_in_timeout_table", 0)
}

// memory writes how much the whole process uses, of which the dataset is what
// the store accounts for; maxmemory limits the latter.
func (r *report) memory() {
	m := r.server.memory(&r.stats)
	rss := max(m.RSS, m.Resident)
	libraries, functions := r.server.scripts.Count(r.server.store.Commands())
	r.bytes("used_memory", m.Total)
	r.bytes("used_memory_rss", rss)
	r.bytes("used_memory_peak", m.Peak)
	r.field("used_memory_peak_perc", percent(m.Total, m.Peak))
	r.int("used_memory_overhead", m.Overhead())
	r.int("used_memory_startup", m.Startup)
	r.int("used_memory_dataset", m.Dataset)
	r.field("used_memory_dataset_perc", percent(m.Dataset, m.Total))
	r.int("allocator_allocated", m.Total)
	r.int("allocator_active", m.Active)
	r.int("allocator_resident", m.Resident)
	r.bytes("total_system_memory", systemBytes())
	r.int("used_memory_lua", m.Scripts)
	r.int("used_memory_vm_eval", m.Scripts)
	r.field("used_memory_lua_human", humanBytes(m.Scripts))
	r.int("used_memory_scripts_eval", m.Scripts)
	r.int("number_of_cached_scripts", int64(r.server.scripts.Scripts()))
	r.int("number_of_functions", int64(functions))
	r.int("number_of_libraries", int64(libraries))
	r.int("used_memory_vm_functions", m.Functions)
	r.bytes("used_memory_vm_total", m.Scripts+m.Functions)
	r.int("used_memory_functions", m.Functions)
	r.bytes("used_memory_scripts", m.Scripts+m.Functions)
	r.bytes("maxmemory", r.stats.MaxMemory)
	r.field("maxmemory_policy", r.stats.MaxMemoryPolicy.String())
	r.excess("allocator_frag", m.Active, m.Total)
	r.excess("allocator_rss", m.Resident, m.Active)
	r.excess("rss_overhead", rss, m.Resident)
	r.excess("mem_fragmentation", rss, m.Total)
	r.zeros("mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves")
	r.int("mem_clients_normal", m.Clients)
	r.zeros("mem_cluster_links")
	r.int("mem_aof_buffer", r.server.buffered())
	r.field("mem_allocator", "go")
	r.zeros("active_defrag_running", "lazyfree_pending_objects", "lazyfreed_objects")
}

// excess writes by how much one size is larger than another.
func (r *report) excess(name string, large, small int64) {
	r.field(name+"_ratio", strconv.FormatFloat(float64(large)/float64(max(small, 1)), 'f', 2, 64))
	r.int(name+"_bytes", large-small)
}

// zeros writes figures of what there is none of.
func (r *report) zeros(names ...string) {
	for _, name := range names {
		r.int(name, 0)
	}
}

func percent(part, whole int64) string {
	return strconv.FormatFloat(100*float64(part)/float64(max(whole, 1)), 'f', 2, 64) + "%"
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
	r.zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")
	r.field("instantaneous_input_kbps", kilobytes(rate.in))
	r.field("instantaneous_output_kbps", kilobytes(rate.out))
	r.field("instantaneous_input_repl_kbps", "0.00")
	r.field("instantaneous_output_repl_kbps", "0.00")
	r.int("rejected_connections", s.rejected.Load())
	gone := s.lostSince(&r.stats)
	r.zeros("sync_full", "sync_partial_ok", "sync_partial_err")
	r.int("expired_keys", gone.expired)
	r.field("expired_stale_perc", "0.00")
	r.zeros("expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds")
	r.int("evicted_keys", gone.evicted)
	r.zeros("evicted_clients", "total_eviction_exceeded_time", "current_eviction_exceeded_time")
	r.int("keyspace_hits", max(s.commands.reads()-gone.misses, 0))
	r.int("keyspace_misses", gone.misses)
	r.int("pubsub_channels", int64(r.stats.Channels))
	r.int("pubsub_patterns", int64(r.stats.Patterns))
	r.int("pubsubshard_channels", int64(r.stats.ShardChannels))
	r.zeros("latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys", "active_defrag_hits",
		"active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time",
		"current_active_defrag_time")
	r.int("tracking_total_keys", int64(r.stats.TrackedKeys))
	r.int("tracking_total_items", int64(r.stats.TrackedItems))
	r.int("tracking_total_prefixes", int64(r.stats.TrackedPrefixes))
	r.int("unexpected_error_replies", 0)
	r.int("total_error_replies", errors)
	r.int("dump_payload_sanitizations", 0)
	r.int("total_reads_processed", now.traffic.reads)
	r.int("total_writes_processed", now.traffic.writes)
	r.zeros("io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks", "reply_buffer_expands")
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
	r.field("master_replid2", strings.Repeat("0", 40))
	r.int("master_repl_offset", 0)
	r.int("second_repl_offset", -1)
	r.int("repl_backlog_active", 0)
	r.int("repl_backlog_size", 1<<20)
	r.zeros("repl_backlog_first_byte_offset", "repl_backlog_histlen")
}

func (r *report) cpu() {
	if system, user, ok := cpuTime(); ok {
		r.field("used_cpu_sys", seconds(system))
		r.field("used_cpu_user", seconds(user))
		r.field("used_cpu_sys_children", seconds(0))
		r.field("used_cpu_user_children", seconds(0))
		r.field("used_cpu_sys_main_thread", seconds(system)) // there is no such thread
		r.field("used_cpu_user_main_thread", seconds(user))
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

// latencyStats writes the percentiles of the times of commands that were ever called.
func (r *report) latencyStats() {
	if p := r.server.timing.parameters.Load(); p.Tracked {
		r.latencyStatsOf(command.All(), p.Percentiles)
	}
}

func (r *report) latencyStatsOf(rows []*command.Row, percentiles []float64) {
	for _, row := range rows {
		if times := r.server.commands[row].times.Load(); times != nil {
			words := make([]string, len(percentiles))
			for i, p := range percentiles {
				micros := float64(times.Percentile(p)) / float64(time.Microsecond)
				words[i] = "p" + command.Percent(p) + "=" + strconv.FormatFloat(micros, 'f', 3, 64)
			}
			r.field("latency_percentiles_usec_"+row.FullName(), strings.Join(words, ","))
		}
		r.latencyStatsOf(row.Sub, percentiles)
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
