// Command nook serves a store in memory to Redis clients.
//
//	nook -addr 127.0.0.1:6379
//	redis-cli set greeting hello
//
// It prints one line once it accepts connections, and ends at SIGINT, SIGTERM or
// SHUTDOWN.
//
// With -dir, a directory keeps the store, in the files of a redis-server, which can be started there instead:
//
//	nook -dir /var/lib/nook -appendonly -appendfsync everysec
//
// On a terminal, a bar shows how far a long load or a long save has got. Two more commands look after the files:
//
//	nook check /var/lib/nook            # says what each file is, and what is wrong with it
//	nook repair /var/lib/nook           # cuts off what a crash has left unfinished
//	nook repair -force /var/lib/nook    # cuts before damage, and keeps the originals under other names
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/server"
)

func main() {
	spareProcessor()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "nook:", err)
		os.Exit(1)
	}
}

// spareProcessor leaves one processor to the kernel and to clients on the same
// machine, unless the environment sets GOMAXPROCS. What a server does for a
// small request is mostly the kernel's work; the scheduler's search for more of it on the last
// processor costs a local client more than it gains. On two processors, with
// redis-benchmark on one, this is worth a tenth to a third of the rate.
func spareProcessor() {
	if n := runtime.GOMAXPROCS(0); n > 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(n - 1)
	}
}

// config is what the command line says.
type config struct {
	addr    string
	store   nook.Options
	session server.Options
	files   tlsFiles
	keep    keeping
}

const usage = `Usage: nook [flags]                       serves a store to Redis clients
       nook check [flags] [DIR|FILE]      says what is wrong with files that keep a store
       nook repair [flags] DIR|FILE       mends them

Flags of the server:

`

// unexpected is the error of an argument that is not a flag. For a redis-server, what a flag is set to always is an argument of its own.
func unexpected(arg string) error {
	switch strings.ToLower(arg) {
	case "yes", "no":
		return fmt.Errorf("unexpected argument %q: a flag that stands alone takes it as in -appendonly=%s", arg, arg)
	}
	return fmt.Errorf("unexpected argument %q", arg)
}

// parse reads the command line. It has told the user of errors already if it
// returns one.
func parse(args []string, errOut io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("nook", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {
		fmt.Fprint(errOut, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&c.addr, "addr", "127.0.0.1:6379", "where to listen: `host:port`, or unix:path for a unix socket")
	flags.StringVar(&c.session.Password, "requirepass", "", "`password` that clients must give; none if empty, and of no effect with aclfile")
	flags.StringVar(&c.session.ACLFile, "aclfile", "", "`file` of users, read at the start and by ACL LOAD, written by ACL SAVE; none if empty; without a line of user default that one needs no password")
	c.files.define(flags)
	c.keep.define(flags)
	flags.IntVar(&c.session.MaxClients, "maxclients", 0, "most connections at a time; 0 means 10000")
	clustered := flags.Bool("cluster", false, "answer as a cluster of one node, which has all slots")
	flags.StringVar(&c.session.Announce, "announce", "", "`host:port` that clients of the cluster are told; where it listens if empty")
	flags.Func("enable-debug-command", "`who` may send DEBUG: no, local or yes; no if empty", func(s string) (err error) {
		c.session.Debug, err = parseDebug(s)
		return err
	})
	flags.IntVar(&c.store.Databases, "databases", 0, "number of databases; 0 means 16")
	flags.Func("maxmemory", "limit of memory in `bytes`, or with a unit such as mb; 0 means none", func(s string) (err error) {
		c.store.MaxMemory, err = parseSize(s)
		return err
	})
	flags.Func("maxmemory-policy", "`policy` at the limit of memory: noeviction, allkeys-lru, ...", func(s string) (err error) {
		c.store.MaxMemoryPolicy, err = parsePolicy(s)
		return err
	})
	flags.Func("notify-keyspace-events", "`letters` of the keyspace events to publish, such as KEA; none if empty", func(s string) (err error) {
		c.store.Notify, err = nook.ParseNotify(s)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if *clustered {
		c.session.Cluster = server.NewCluster()
	}
	if flags.NArg() > 0 {
		return c, unexpected(flags.Arg(0))
	}
	return c, c.keep.validate()
}

// parseDebug reads who may send DEBUG.
func parseDebug(s string) (server.DebugAccess, error) {
	for a := server.DebugDenied; a <= server.DebugAllowed; a++ {
		if s == a.String() {
			return a, nil
		}
	}
	return 0, fmt.Errorf("no access of that name: %q", s)
}

// run does what the first argument says: with none of the names of commands, it serves until ctx is done or a client sends SHUTDOWN.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "check":
			return check(args[1:], out, errOut)
		case "repair":
			return repair(args[1:], out, errOut)
		}
	}
	c, err := parse(args, errOut)
	if err != nil {
		return err
	}
	secure, err := c.files.config()
	if err != nil {
		return err
	}
	ends, end := context.WithCancel(context.Background())
	defer end()
	c.session.OnShutdown = end
	bar := newBar(errOut)
	defer bar.end()
	c.session.Logger = slog.New(slog.NewTextHandler(bar, nil))
	store, closeStore, err := c.open(ctx, c.session.Logger, bar)
	switch {
	case err == errInterrupted: // as asked
		c.session.Logger.Warn(err.Error())
		return nil
	case err != nil:
		return err
	}
	go c.endAt(ctx, ends, end)
	return cmp.Or(c.run(ends, store, secure, out), closeStore())
}

// run serves a store.
func (c *config) run(ctx context.Context, store *nook.Store, secure *tls.Config, out io.Writer) error {
	srv, err := server.New(store, &c.session)
	if err != nil {
		return err
	}
	if c.session.Cluster != nil {
		if err := c.session.Cluster.Spread(); err != nil {
			return err
		}
	}
	l, err := listen(c.addr)
	if err != nil {
		return err
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	fmt.Fprintln(out, "nook: ready to accept connections on", l.Addr())
	return serve(ctx, srv, l)
}

// serve serves l until ctx is done.
func serve(ctx context.Context, srv *server.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		served <- err
	}
	err = srv.Close()
	if failure := <-served; !errors.Is(failure, server.ErrClosed) {
		err = failure
	}
	return err
}

// listen listens on host:port or on unix:path.
func listen(addr string) (net.Listener, error) {
	path, unix := strings.CutPrefix(addr, "unix:")
	if !unix {
		return net.Listen("tcp", addr)
	}
	removeDead(path)
	return net.Listen("unix", path)
}

// removeDead removes a unix socket that a server left behind, so that the path can be
// used again. One that somebody listens on stays.
func removeDead(path string) {
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		_ = os.Remove(path) // if that fails so does listening, which says why
	}
}

// sizeUnits are those of Redis's configuration, the longer ones first.
var sizeUnits = []struct {
	suffix string
	factor int64
}{
	{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30},
	{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1},
}

// parseSize reads a number of bytes, with a unit or without.
func parseSize(s string) (int64, error) {
	digits, factor := strings.ToLower(s), int64(1)
	for _, unit := range sizeUnits {
		if rest, ok := strings.CutSuffix(digits, unit.suffix); ok {
			digits, factor = rest, unit.factor
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<63-1)/factor {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	return n * factor, nil
}

func parsePolicy(s string) (nook.MaxMemoryPolicy, error) {
	for p := nook.NoEviction; p <= nook.VolatileTTL; p++ {
		if p.String() == strings.ToLower(s) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("%q is not a policy", s)
}
