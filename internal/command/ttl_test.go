package command

import (
	"testing"
	"time"
)

func TestExpire(t *testing.T) {
	newTester(t).script(`
		EXPIRE none 10 => :0
		EXPIRE none abc => -ERR value is not an integer or out of range
		SET k v => +OK
		TTL k => :-1
		PTTL none => :-2
		EXPIRETIME k => :-1
		PEXPIRETIME none => :-2
		EXPIRE k 10 XX => :0
		EXPIRE k 10 NX nx => :1
		EXPIRE k 20 NX => :0
		EXPIRE k 5 GT => :0
		EXPIRE k 15 xx gt => :1
		PEXPIRE k 14000 LT => :1
		PTTL k => :14000
		EXPIREAT k 1577836830 => :1
		EXPIRETIME k => :1577836830
		PEXPIREAT k 1577836830499 => :1
		TTL k => :30
		PEXPIREAT k 1577836830500 => :1
		TTL k => :31
		PERSIST k => :1
		PERSIST k => :0
		EXPIRE k 0 => :1
		EXISTS k => :0
	`)
}

func TestExpireErrors(t *testing.T) {
	newTester(t).script(`
		SET k v => +OK
		EXPIRE k abc FOO => -ERR Unsupported option FOO
		EXPIRE k abc NX XX => -ERR NX and XX, GT or LT options at the same time are not compatible
		EXPIRE k 10 NX GT LT => -ERR NX and XX, GT or LT options at the same time are not compatible
		EXPIRE k 10 XX LT GT => -ERR GT and LT options at the same time are not compatible
		EXPIRE k 10 NX GT FOO => -ERR Unsupported option FOO
		EXPIRE k 9223372036854775807 => -ERR invalid expire time in 'expire' command
		EXPIRE k 9223372036854775 => -ERR invalid expire time in 'expire' command
		EXPIRE k -9223372036854776 => -ERR invalid expire time in 'expire' command
		EXPIRE k 9223370459017975 => :1
		PEXPIRE k 9223372036854775807 => -ERR invalid expire time in 'pexpire' command
		EXPIREAT k 9223372036854776 => -ERR invalid expire time in 'expireat' command
		EXPIREAT k 9223372036854775 => :1
		PEXPIRETIME k => :9223372036854775000
		PEXPIREAT k 9223372036854775807 => :1
		PEXPIRETIME k => :9223372036854775807
		PEXPIREAT k 9223372036854775808 => -ERR value is not an integer or out of range
		PEXPIRE k -9223372036854775808 => :1
		EXISTS k => :0
	`)
}

func TestExpiryPasses(t *testing.T) {
	s := newTester(t)
	s.script(`SET k v PX 1500 => +OK`)
	s.clock.Advance(time.Second)
	s.script(`
		PTTL k => :500
		TTL k => :1
	`)
	s.clock.Advance(499 * time.Millisecond)
	s.script(`
		TTL k => :0
		GET k => $v
	`)
	s.clock.Advance(time.Millisecond)
	s.script(`TTL k => :-2`)
}
