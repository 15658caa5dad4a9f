package command

import (
	"math"
	"strings"
	"time"

	"github.com/nookdb/nook/internal/number"
)

// Limits are those of clients, which parameters tell and set.
type Limits struct {
	MaxClients  int           // 0 for no limit
	IdleTimeout time.Duration // 0 for none
	KeepAlive   time.Duration // between signs of life on a connection where nothing happens, 0 for none
	MaxBulk     int64         // longest argument in bytes
	MaxRequest  int64         // bytes of a request that is not yet whole
	Output      OutputLimits
}

// OutputLimits bound what waits for clients that do not read, by class of client.
type OutputLimits [len(outputClasses)]OutputLimit

// An OutputLimit is that of a class. Of all, the hard limit of those that are subscribed acts here; the others
// are kept.
type OutputLimit struct {
	Hard, Soft int64 // bytes, 0 for no limit
	Seconds    int64 // after which the soft limit cuts a client off
}

// outputClasses are the classes of clients, as client-output-buffer-limit names them.
var outputClasses = [...]string{"normal", "slave", "pubsub"}

// OutputPubSub is the class of clients that are subscribed.
const OutputPubSub = 2

// DefaultOutputLimits are Redis's, with a hard limit for clients that are subscribed.
func DefaultOutputLimits(pubsub int64) OutputLimits {
	return OutputLimits{{}, {256 << 20, 64 << 20, 60}, {pubsub, 8 << 20, 60}}
}

// limitParameters are those of Limits.
var limitParameters = []parameter{
	{name: "client-output-buffer-limit", get: func(p *parameters) string { return p.server.Output.text() }, serve: setOutputLimits},
	{name: "client-query-buffer-limit", get: func(p *parameters) string { return decimal(p.server.MaxRequest) },
		serve: bytesSetter(func(s *Server) *int64 { return &s.MaxRequest })},
	{name: "maxclients", get: func(p *parameters) string { return decimal(p.server.MaxClients) }, serve: setMaxClients},
	{name: "proto-max-bulk-len", get: func(p *parameters) string { return decimal(p.server.MaxBulk) },
		serve: bytesSetter(func(s *Server) *int64 { return &s.MaxBulk })},
	{name: "tcp-keepalive", get: func(p *parameters) string { return decimal(p.server.KeepAlive / time.Second) },
		serve: secondsSetter(func(s *Server) *time.Duration { return &s.KeepAlive })},
	{name: "timeout", get: func(p *parameters) string { return decimal(p.server.IdleTimeout / time.Second) },
		serve: secondsSetter(func(s *Server) *time.Duration { return &s.IdleTimeout })},
}

// leastLimit is the least that requests may be bounded to.
const leastLimit = 1 << 20

func bytesSetter(field func(*Server) *int64) func(*Server, string) error {
	return func(s *Server, value string) error {
		n, err := parseMemory(value)
		if err == nil && (n < leastLimit || n > math.MaxInt64) {
			err = outOfBounds(leastLimit, math.MaxInt64)
		}
		*field(s) = int64(n)
		return err
	}
}

func secondsSetter(field func(*Server) *time.Duration) func(*Server, string) error {
	return func(s *Server, value string) error {
		n, err := parseInt(value, 0, math.MaxInt32)
		*field(s) = time.Duration(n) * time.Second
		return err
	}
}

func setMaxClients(s *Server, value string) error {
	n, err := parseInt(value, 1, math.MaxUint32)
	s.MaxClients = int(n)
	return err
}

func (o *OutputLimits) text() string {
	var words []string
	for i, name := range outputClasses {
		words = append(words, name, decimal(o[i].Hard), decimal(o[i].Soft), decimal(o[i].Seconds))
	}
	return strings.Join(words, " ")
}

// setOutputLimits reads classes with their limits, and leaves the other classes as they are.
func setOutputLimits(s *Server, value string) error {
	words := strings.Fields(cString(value))
	if len(words)%4 != 0 {
		return errOutputCount
	}
	for ; len(words) > 0; words = words[4:] {
		class := outputClass(words[0])
		if class < 0 {
			return errOutputClass
		}
		hard, errHard := parseMemory(words[1])
		soft, errSoft := parseMemory(words[2])
		seconds, ok := number.ParseInt(words[3])
		if errHard != nil || errSoft != nil || !ok || seconds < 0 {
			return errOutputLimits
		}
		s.Output[class] = OutputLimit{int64(min(hard, math.MaxInt64)), int64(min(soft, math.MaxInt64)), seconds}
	}
	return nil
}

// outputClass returns the number of a class, -1 if there is none of that name. Replicas have two names.
func outputClass(name string) int {
	if is(name, "replica") {
		name = "slave"
	}
	for i, class := range outputClasses {
		if is(name, class) {
			return i
		}
	}
	return -1
}
