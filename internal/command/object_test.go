package command

import (
	"testing"
	"time"
)

func TestObject(t *testing.T) {
	s := newTester(t)
	s.script(`
		SET a 1 => +OK
		SET b x => +OK
		OBJECT ENCODING a => $int
		object encoding b => $embstr
		OBJECT ENCODING none => $nil
		OBJECT REFCOUNT a => :2147483647
		OBJECT REFCOUNT b => :1
		OBJECT REFCOUNT none => $nil
		OBJECT FREQ none => $nil
		OBJECT FREQ a => -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
		OBJECT IDLETIME none => $nil
		OBJECT IDLETIME a => :0
		OBJECT FOO a => -ERR unknown subcommand 'FOO'. Try OBJECT HELP.
		OBJECT ENCODING => -ERR wrong number of arguments for 'object|encoding' command
		OBJECT ENCODING a b => -ERR wrong number of arguments for 'object|encoding' command
		OBJECT => -ERR wrong number of arguments for 'object' command
	`)
	s.clock.Advance(3500 * time.Millisecond)
	s.script(`OBJECT IDLETIME a => :3`)
	s.proto = 3
	s.script(`OBJECT ENCODING none => nil`)
}

func TestObjectHelp(t *testing.T) {
	newTester(t).script(`
		OBJECT HELP => [+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are: ` +
		`+ENCODING <key> +    Returns the encoding of the value of a key. ` +
		`+FREQ <key> +    Returns how often a key is used, on a logarithmic scale. ` +
		`+IDLETIME <key> +    Returns how many seconds ago a key was last used. ` +
		`+REFCOUNT <key> +    Returns the number of references to the value of a key. ` +
		`+HELP +    Prints this help.]
		OBJECT HELP x => -ERR wrong number of arguments for 'object|help' command
	`)
}
