package command

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	infoGet = "[$get :2 [+readonly +fast] :1 :1 :1 [+@read +@string +@fast] [] " +
		"[[$flags [+RO +access] $begin_search [$type $index $spec [$index :1]] " +
		"$find_keys [$type $range $spec [$lastkey :0 $keystep :1 $limit :0]]]] []]"
	infoGet3 = "[$get :2 <+readonly +fast> :1 :1 :1 <+@read +@string +@fast> <> " +
		"<{$flags <+RO +access> $begin_search {$type $index $spec {$index :1}} " +
		"$find_keys {$type $range $spec {$lastkey :0 $keystep :1 $limit :0}}}> <>]"
	infoMSetEx = "[$msetex :-4 [+write +denyoom +movablekeys] :0 :0 :0 [+@write +@string +@slow] " +
		"[$request_policy:multi_shard $response_policy:all_succeeded] " +
		"[[$flags [+OW +update] $begin_search [$type $index $spec [$index :1]] " +
		"$find_keys [$type $keynum $spec [$keynumidx :0 $firstkey :1 $keystep :2]]]] []]"
)

func TestCommandInfo(t *testing.T) {
	s := newTester(t)
	require.Equal(t, "["+infoGet+" $nil $nil "+infoMSetEx+" $nil]",
		s.do("COMMAND", "INFO", "GET", "nosuch", "object|nosuch", "MSetEx", "get|x"))
	require.Contains(t, s.do("COMMAND", "INFO", "set"), "[[$notes $RW and ACCESS due to the optional `GET` argument $flags ")
	require.Contains(t, s.do("COMMAND", "INFO", "object"), " [] [] [[$object|encoding :3 ")
	require.Contains(t, s.do("COMMAND", "INFO", "OBJECT|Encoding"), "[[$object|encoding :3 ")
	require.Equal(t, s.do("COMMAND"), s.do("COMMAND", "INFO"))
	s.proto = 3
	require.Equal(t, "["+infoGet3+" nil]", s.do("COMMAND", "INFO", "GET", "nosuch"))
}

func TestCommandDocs(t *testing.T) {
	s := newTester(t)
	require.Equal(t, "[$get [$summary $Returns the value of a key. $since $1.0.0 $group $string $complexity $O(1) $arguments [[$name $key $type $key $key_spec_index :0]]]]",
		s.do("COMMAND", "DOCS", "nosuch", "GET", "get|x"))
	require.Equal(t, strings.Count(s.do("COMMAND", "DOCS"), "$summary "), len(commands.full()))
	s.proto = 3
	require.Equal(t, "{$getset {$summary $Sets a key to a value and returns the value before. $since $1.0.0 $group $string "+
		"$complexity $O(1) $doc_flags <+deprecated> $deprecated_since $6.2.0 $replaced_by $`SET` with the `GET` argument "+
		"$arguments [{$name $key $type $key $key_spec_index :0} {$name $value $type $string}]} "+
		"$ttl {$summary $Returns the time to live of a key in seconds. $since $1.0.0 $group $generic $complexity $O(1) "+
		"$history <[$2.8.0 $Replies -2 if there is no such key.]> $arguments [{$name $key $type $key $key_spec_index :0}]}}",
		s.do("COMMAND", "DOCS", "getset", "ttl"))
	require.Contains(t, s.do("COMMAND", "DOCS", "object"), " $subcommands {$object|encoding {$summary ")
	require.Equal(t, "{}", s.do("COMMAND", "DOCS", "nosuch"))
}

func TestCommandList(t *testing.T) {
	s := newTester(t)
	s.script(`
		COMMAND LIST FILTERBY ACLCAT bitmap => [$bitcount $bitfield $bitfield_ro $bitop $bitpos $getbit $setbit]
		COMMAND LIST filterby aclcat BITMAP => [$bitcount $bitfield $bitfield_ro $bitop $bitpos $getbit $setbit]
		COMMAND LIST FILTERBY ACLCAT @bitmap => []
		COMMAND LIST FILTERBY ACLCAT nosuch => []
		COMMAND LIST FILTERBY MODULE json => []
		COMMAND LIST FILTERBY PATTERN OBJ* => [$object $object|encoding $object|freq $object|help $object|idletime $object|refcount]
		COMMAND LIST FILTERBY PATTERN [pe]*xpire => [$expire $pexpire]
		COMMAND LIST FILTERBY => -ERR syntax error
		COMMAND LIST FILTERBY MODULE => -ERR syntax error
		COMMAND LIST FILTERBY FOO bar => -ERR syntax error
		COMMAND LIST FILTERBY PATTERN a b => -ERR syntax error
		COMMAND LIST FOO => -ERR syntax error
		COMMAND COUNT x => -ERR wrong number of arguments for 'command|count' command
		COMMAND FOO => -ERR unknown subcommand 'FOO'. Try COMMAND HELP.
	`)
	require.Equal(t, len(commands.full()), strings.Count(s.do("COMMAND", "LIST"), "$"))
	require.Equal(t, ":"+strconv.Itoa(len(commands.rows)), s.do("COMMAND", "COUNT"))
}

func TestCommandGetKeys(t *testing.T) {
	s := newTester(t)
	s.script(`
		COMMAND GETKEYS GET a => [$a]
		COMMAND GETKEYS bitop and a b c => [$a $b $c]
		COMMAND GETKEYS mset a b c => [$a $c]
		COMMAND GETKEYS object encoding b => [$b]
		COMMAND GETKEYS msetex 2 a 1 b 2 => [$a $b]
		COMMAND GETKEYS msetex 5 a 1 b 2 => -ERR Invalid arguments specified for command
		COMMAND GETKEYS msetex x a 1 b 2 => -ERR Invalid arguments specified for command
		COMMAND GETKEYS msetex 01 a 1 => [$a]
		COMMAND GETKEYS eval s +1x a => [$a]
		COMMAND GETKEYS eval s 8589934594 a b => [$a $b]
		COMMAND GETKEYS eval s 99999999999999999999 a b => []
		COMMAND GETKEYS get => -ERR wrong number of arguments for 'command|getkeys' command
		COMMAND GETKEYS get a b => -ERR Invalid number of arguments specified for command
		COMMAND GETKEYS object encoding => -ERR Invalid number of arguments specified for command
		COMMAND GETKEYS nosuch a => -ERR Invalid command specified
		COMMAND GETKEYS object nosuch a => -ERR Invalid command specified
		COMMAND GETKEYS object|encoding a => -ERR Invalid command specified
		COMMAND GETKEYS ping a b c => -ERR The command has no key arguments
		COMMAND GETKEYS object help => -ERR The command has no key arguments
		COMMAND GETKEYSANDFLAGS copy a b => [[$a [+RO +access]] [$b [+OW +update]]]
	`)
	s.proto = 3
	s.script(`
		COMMAND GETKEYSANDFLAGS set a b GET => [[$a <+RW +access +update>]]
		COMMAND GETKEYSANDFLAGS delex a => [[$a <+RM +delete>]]
	`)
}

func TestCommandHelp(t *testing.T) {
	reply := newTester(t).do("COMMAND", "HELP")
	require.True(t, strings.HasPrefix(reply, "[+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are: "+
		"+(no subcommand) +    Describes all commands. +COUNT +    Counts the commands. +DOCS [<command-name> ...] +    "), reply)
	require.True(t, strings.HasSuffix(reply, " +HELP +    Prints this help.]"), reply)
}
