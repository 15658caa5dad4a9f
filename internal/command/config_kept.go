package command

import (
	"maps"
	"math"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

// A check returns a value as CONFIG GET shows it, or what is wrong with it.
type check func(value string) (string, error)

// kept returns a parameter that has no meaning here, or only to who looks into Server.Kept. It keeps a value that Redis would take, so that programs which set it
// for a Redis need not know. One without a check cannot be set.
func kept(name, alias string, valid check, value string) parameter {
	p := parameter{name: name, alias: alias, get: func(p *parameters) string {
		if set, ok := p.server.Kept[name]; ok {
			return set
		}
		return value
	}}
	if valid != nil {
		p.serve = func(s *Server, value string) error {
			shown, err := valid(cString(value))
			if err != nil {
				return err
			}
			s.Kept = maps.Clone(s.Kept)
			if s.Kept == nil {
				s.Kept = map[string]string{}
			}
			s.Kept[name] = shown
			return nil
		}
	}
	return p
}

// keptTable has the parameters of Redis 7.0 that have no meaning here, but for those of a cluster that is not whole.
var keptTable = []parameter{
	kept("active-defrag-cycle-max", "", between(1, 99), "25"),
	kept("active-defrag-cycle-min", "", between(1, 99), "1"),
	kept("active-defrag-ignore-bytes", "", bytesFrom(1), "104857600"),
	kept("active-defrag-max-scan-fields", "", between(1, math.MaxInt64), "1000"),
	kept("active-defrag-threshold-lower", "", between(0, 1000), "10"),
	kept("active-defrag-threshold-upper", "", between(0, 1000), "100"),
	kept("active-expire-effort", "", between(1, 10), "1"),
	kept("activedefrag", "", yesOrNo, "no"),
	kept("activerehashing", "", yesOrNo, "yes"),
	kept("always-show-logo", "", nil, "no"),
	kept("aof-disable-auto-gc", "", yesOrNo, "no"),
	kept("aof-rewrite-incremental-fsync", "", yesOrNo, "yes"),
	kept("aof-timestamp-enabled", "", yesOrNo, "no"),
	kept("aof_rewrite_cpulist", "", nil, ""),
	kept("appenddirname", "", nil, "appendonlydir"),
	kept("appendfilename", "", nil, "appendonly.aof"),
	kept("bgsave_cpulist", "", nil, ""),
	kept("bind", "", anyText, "* -::*"),
	kept("bind-source-addr", "", anyText, ""),
	kept("bio_cpulist", "", nil, ""),
	kept("cluster-allow-pubsubshard-when-down", "", yesOrNo, "yes"),
	kept("cluster-allow-reads-when-down", "", yesOrNo, "no"),
	kept("cluster-allow-replica-migration", "", yesOrNo, "yes"),
	kept("cluster-announce-bus-port", "", between(0, math.MaxUint16), "0"),
	kept("cluster-announce-hostname", "", hostname, ""),
	kept("cluster-announce-ip", "", anyText, ""),
	kept("cluster-announce-port", "", between(0, math.MaxUint16), "0"),
	kept("cluster-announce-tls-port", "", between(0, math.MaxUint16), "0"),
	kept("cluster-config-file", "", nil, "nodes.conf"),
	kept("cluster-link-sendbuf-limit", "", bytesFrom(0), "0"),
	kept("cluster-migration-barrier", "", between(0, math.MaxInt32), "1"),
	kept("cluster-node-timeout", "", between(0, math.MaxInt64), "15000"),
	kept("cluster-port", "", nil, "0"),
	kept("cluster-preferred-endpoint-type", "", oneOf("ip", "hostname", "unknown-endpoint"), "ip"),
	kept("cluster-replica-no-failover", "cluster-slave-no-failover", yesOrNo, "no"),
	kept("cluster-replica-validity-factor", "cluster-slave-validity-factor", between(0, math.MaxInt32), "10"),
	kept("cluster-require-full-coverage", "", yesOrNo, "yes"),
	kept("crash-log-enabled", "", yesOrNo, "yes"),
	kept("crash-memcheck-enabled", "", yesOrNo, "yes"),
	kept("daemonize", "", nil, "no"),
	kept("dbfilename", "", protected, "dump.rdb"),
	kept("disable-thp", "", nil, "yes"),
	kept("dynamic-hz", "", yesOrNo, "yes"),
	kept("enable-module-command", "", nil, "no"),
	kept("enable-protected-configs", "", nil, "no"),
	kept("hz", "", between(0, math.MaxInt32), "10"),
	kept("ignore-warnings", "", anyText, ""),
	kept("io-threads", "", nil, "1"),
	kept("io-threads-do-reads", "", nil, "no"),
	kept("jemalloc-bg-thread", "", yesOrNo, "yes"),
	kept("lazyfree-lazy-eviction", "", yesOrNo, "no"),
	kept("lazyfree-lazy-expire", "", yesOrNo, "no"),
	kept("lazyfree-lazy-server-del", "", yesOrNo, "no"),
	kept("lazyfree-lazy-user-del", "", yesOrNo, "no"),
	kept("lazyfree-lazy-user-flush", "", yesOrNo, "no"),
	kept("list-compress-depth", "", between(0, math.MaxInt32), "0"),
	kept("logfile", "", nil, ""),
	kept("loglevel", "", oneOf("debug", "verbose", "notice", "warning"), "notice"),
	kept("masterauth", "", anyText, ""),
	kept("masteruser", "", anyText, ""),
	kept("maxmemory-clients", "", bytesOrPercent, "0"),
	kept("maxmemory-eviction-tenacity", "", between(0, 100), "10"),
	kept("min-replicas-max-lag", "min-slaves-max-lag", between(0, math.MaxInt32), "10"),
	kept("min-replicas-to-write", "min-slaves-to-write", between(0, math.MaxInt32), "0"),
	kept("no-appendfsync-on-rewrite", "", yesOrNo, "no"),
	kept("oom-score-adj", "", oneOf("no", "yes", "relative", "absolute"), "no"),
	kept("oom-score-adj-values", "", oomScores, "0 200 800"),
	kept("pidfile", "", nil, ""),
	kept("proc-title-template", "", titleTemplate, "{title} {listen-addr} {server-mode}"),
	kept("propagation-error-behavior", "", oneOf("ignore", "panic", "panic-on-replicas"), "ignore"),
	kept("protected-mode", "", yesOrNo, "yes"),
	kept("rdb-del-sync-files", "", yesOrNo, "no"),
	kept("rdb-save-incremental-fsync", "", yesOrNo, "yes"),
	kept("rdbchecksum", "", nil, "yes"),
	kept("repl-backlog-size", "", backlogSize, "1048576"),
	kept("repl-backlog-ttl", "", between(0, math.MaxInt64), "3600"),
	kept("repl-disable-tcp-nodelay", "", yesOrNo, "no"),
	kept("repl-diskless-load", "", oneOf("disabled", "on-empty-db", "swapdb"), "disabled"),
	kept("repl-diskless-sync", "", yesOrNo, "yes"),
	kept("repl-diskless-sync-delay", "", between(0, math.MaxInt32), "5"),
	kept("repl-diskless-sync-max-replicas", "", between(0, math.MaxInt32), "0"),
	kept("repl-ping-replica-period", "repl-ping-slave-period", between(1, math.MaxInt32), "10"),
	kept("repl-timeout", "", between(1, math.MaxInt32), "60"),
	kept("replica-announce-ip", "slave-announce-ip", anyText, ""),
	kept("replica-announce-port", "slave-announce-port", between(0, math.MaxUint16), "0"),
	kept("replica-announced", "", yesOrNo, "yes"),
	kept("replica-ignore-disk-write-errors", "", yesOrNo, "no"),
	kept("replica-ignore-maxmemory", "slave-ignore-maxmemory", yesOrNo, "yes"),
	kept("replica-lazy-flush", "slave-lazy-flush", yesOrNo, "no"),
	kept("replica-priority", "slave-priority", between(0, math.MaxInt32), "100"),
	kept("replica-read-only", "slave-read-only", yesOrNo, "yes"),
	kept("replica-serve-stale-data", "slave-serve-stale-data", yesOrNo, "yes"),
	kept("replicaof", "slaveof", nil, ""),
	kept("sanitize-dump-payload", "", oneOf("no", "yes", "clients"), "no"),
	kept("server_cpulist", "", nil, ""),
	kept("set-proc-title", "", nil, "yes"),
	kept("shutdown-on-sigint", "", oneOf("default", "save", "nosave", "now", "force"), "default"),
	kept("shutdown-on-sigterm", "", oneOf("default", "save", "nosave", "now", "force"), "default"),
	kept("shutdown-timeout", "", between(0, math.MaxInt32), "10"),
	kept("socket-mark-id", "", nil, "0"),
	kept("supervised", "", nil, "no"),
	kept("syslog-enabled", "", nil, "no"),
	kept("syslog-facility", "", nil, "local0"),
	kept("syslog-ident", "", nil, "redis"),
	kept("tcp-backlog", "", nil, "511"),
	kept("tls-auth-clients", "", oneOf("no", "yes", "optional"), "yes"),
	kept("tls-ca-cert-dir", "", anyText, ""),
	kept("tls-ca-cert-file", "", anyText, ""),
	kept("tls-cert-file", "", anyText, ""),
	kept("tls-ciphers", "", anyText, ""),
	kept("tls-ciphersuites", "", anyText, ""),
	kept("tls-client-cert-file", "", anyText, ""),
	kept("tls-client-key-file", "", anyText, ""),
	kept("tls-client-key-file-pass", "", anyText, ""),
	kept("tls-cluster", "", yesOrNo, "no"),
	kept("tls-dh-params-file", "", anyText, ""),
	kept("tls-key-file", "", anyText, ""),
	kept("tls-key-file-pass", "", anyText, ""),
	kept("tls-port", "", between(0, math.MaxUint16), "0"),
	kept("tls-prefer-server-ciphers", "", yesOrNo, "no"),
	kept("tls-protocols", "", anyText, ""),
	kept("tls-replication", "", yesOrNo, "no"),
	kept("tls-session-cache-size", "", between(0, math.MaxInt32), "20480"),
	kept("tls-session-cache-timeout", "", between(0, math.MaxInt32), "300"),
	kept("tls-session-caching", "", yesOrNo, "yes"),
	kept("unixsocket", "", nil, ""),
	kept("unixsocketperm", "", nil, "0"),
}

func anyText(value string) (string, error) { return value, nil }

func yesOrNo(value string) (string, error) {
	yes, err := parseYesNo(value)
	return yesNo(yes), err
}

func oneOf(words ...string) check {
	return func(value string) (string, error) {
		for _, word := range words {
			if is(value, word) {
				return word, nil
			}
		}
		return "", Error("argument(s) must be one of the following: " + strings.Join(words, ", "))
	}
}

func between(low, high int64) check {
	return func(value string) (string, error) {
		n, err := parseInt(value, low, high)
		return decimal(n), err
	}
}

// bytesFrom is a size of at least low. Where that is 0, some of Redis's have no upper bound, and others the greatest integer.
func bytesFrom(low uint64) check {
	return func(value string) (string, error) {
		n, err := parseMemory(value)
		if err == nil && (n < low || n > math.MaxInt64) {
			err = outOfBounds(int64(low), math.MaxInt64)
		}
		return strconv.FormatUint(n, 10), err
	}
}

const (
	errNoShare      = Error("argument must be a memory or percent value")
	errProtected    = Error("can't set protected config")
	errTitle        = Error("template format is invalid or contains unknown variables")
	errHostname     = Error("Hostnames may only contain alphanumeric characters, hyphens or dots")
	errWordCount    = Error("wrong number of arguments")
	errOOMScore     = Error("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
	errOutputCount  = Error("Wrong number of arguments in buffer limit configuration.")
	errOutputClass  = Error("Invalid client class specified in buffer limit configuration.")
	errOutputLimits = Error("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
)

func bytesOrPercent(value string) (string, error) {
	if share, ok := strings.CutSuffix(value, "%"); ok {
		if n, ok := number.ParseInt(share); ok && n >= 0 && n <= 100 {
			return value, nil
		}
		return "", errNoShare
	}
	n, err := parseMemory(value)
	if err != nil {
		return "", errNoShare
	}
	return strconv.FormatUint(n, 10), nil
}

// backlogSize is at least what Redis makes of anything less.
func backlogSize(value string) (string, error) {
	const least = 16 << 10
	n, err := parseMemory(value)
	if err == nil && (n < 1 || n > math.MaxInt64) {
		err = outOfBounds(1, math.MaxInt64)
	}
	return strconv.FormatUint(max(n, least), 10), err
}

// titleVariables are what a template of a process's title may have in braces.
var titleVariables = []string{"title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"}

func titleTemplate(value string) (string, error) {
	rest := value
	for _, name := range titleVariables {
		rest = strings.ReplaceAll(rest, "{"+name+"}", "")
	}
	if value == "" || strings.Contains(rest, "{") {
		return "", errTitle
	}
	return value, nil
}

// protected refuses to set what Redis sets only if it was started so.
func protected(string) (string, error) { return "", errProtected }

func hostname(value string) (string, error) {
	for _, c := range []byte(value) {
		if c != '-' && c != '.' && (c < '0' || c > '9') && (toLower(c) < 'a' || toLower(c) > 'z') {
			return "", errHostname
		}
	}
	return value, nil
}

func oomScores(value string) (string, error) {
	words := strings.Split(value, " ")
	if len(words) != 3 {
		return "", errWordCount
	}
	for _, word := range words {
		if n, ok := number.ParseInt(word); !ok || n < -2000 || n > 2000 {
			return "", errOOMScore
		}
	}
	return value, nil
}
