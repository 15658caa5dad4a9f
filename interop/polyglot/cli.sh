# redis-cli, in its interactive and its other modes.
set -euo pipefail

failures=0

cli() { timeout 20 redis-cli -p "$POLYGLOT_PORT" "$@"; }

fail() {
	printf 'FAILED: %s\n' "$*"
	failures=$((failures + 1))
}

# prints checks what a command prints, line by line.
prints() {
	local want=$1 got
	shift
	got=$("$@" 2>&1) || true
	test "$got" = "$want" || fail "$* printed
$got
but not
$want"
}

# matches checks that some line of what a command prints has a pattern.
matches() {
	local pattern=$1 got
	shift
	got=$("$@" 2>&1) || true
	grep -qE -- "$pattern" <<<"$got" || fail "$* printed
$got
without a line like $pattern"
}

# appears waits until a line like a pattern is in a file.
appears() {
	local i
	for ((i = 0; i < 100; i++)); do
		grep -qE -- "$1" "$2" && return
		sleep 0.05
	done
	fail "no line like $1 among
$(cat "$2")"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

replies() {
	prints PONG cli ping
	prints OK cli set greeting 'hello world'
	prints 'hello world' cli get greeting
	prints '"hello world"' cli --no-raw get greeting
	prints '(nil)' cli --no-raw get absent
	prints '(integer) 3' cli --no-raw rpush list a b c
	prints $'1) "a"\n2) "b"\n3) "c"' cli --no-raw lrange list 0 -1
	prints '2' cli hset hash f v g w
	prints '2' cli zadd zset 1 a 2.5 b
	prints 'ERR unknown command '\''nonsense'\'', with args beginning with: ' cli nonsense
	prints 'WRONGTYPE Operation against a key holding the wrong kind of value' cli incr list
	prints 'ERR value is not an integer or out of range' cli -e incr greeting
	prints $'1# "f" => "v"\n2# "g" => "w"' cli -3 --no-raw hgetall hash
	prints $'1) 1) "a"\n   2) (double) 1\n2) 1) "b"\n   2) (double) 2.5' cli -3 --no-raw zrange zset 0 -1 withscores
	prints '{"f":"v","g":"w"}' cli --json hgetall hash
	prints '["a","b","c"]' cli --json lrange list 0 -1
	prints '"a","1","b","2.5"' cli --csv zrange zset 0 -1 withscores
	prints 'a|b|c' cli -d '|' lrange list 0 -1
	prints $'1\n2\n3' cli -r 3 -i 0.01 incr counter
	prints 0 cli -n 3 dbsize
	prints 3 redis-cli -u "redis://127.0.0.1:$POLYGLOT_PORT/3" rpush list 1 2 3
	prints OK cli acl setuser cli on '>secret' '~*' +@all
	prints cli cli --user cli --pass secret --no-auth-warning acl whoami
	prints cli env REDISCLI_AUTH=secret redis-cli -p "$POLYGLOT_PORT" --user cli acl whoami
	prints 1 cli acl deluser cli
	matches '"summary":.*"arguments":' cli --json command docs get
}

input() {
	prints OK cli -x set body < <(printf 'from\nstdin')
	prints $'from\nstdin' cli get body
	prints OK cli -X place set tagged place <<<tag
	prints $'OK\nOK\nQUEUED\nQUEUED\nOK\n1' cli <<<$'set a 0\nmulti\nset a 1\nget a\nexec'
	printf 'return {KEYS[1], ARGV[1], redis.call("GET", KEYS[1])}' >"$work/script.lua"
	prints $'greeting\nargument\nhello world' cli --eval "$work/script.lua" greeting , argument
	prints 7 cli eval 'return 7' 0
}

insertion() {
	local i
	for ((i = 0; i < 2000; i++)); do
		printf '*3\r\n$3\r\nSET\r\n$8\r\nbulk%04d\r\n$5\r\nvalue\r\n' "$i"
	done >"$work/mass"
	matches 'errors: 0, replies: 2000' cli --pipe <"$work/mass"
	matches 'errors: 1, replies: 2' cli --pipe <<<$'SET piped 1\r\nINCR list\r'
	test "$(cli --scan --pattern 'bulk*' | sort -u | wc -l)" = 2000 || fail 'scan of bulk*'
	prints $'"list"' cli --quoted-pattern '"l\x69st"' --scan --no-raw
}

reports() {
	matches '^Biggest +list found .* has 3 items' cli --bigkeys
	matches '^Biggest string found .* has [0-9]+ bytes' cli --memkeys
	matches '^Sampled [0-9]+ keys in the keyspace!' cli --memkeys-samples 5
	matches 'LFU maxmemory policy is not selected' cli --hotkeys
	prints OK cli config set maxmemory-policy allkeys-lfu
	matches '^Sampled [0-9]+ keys in the keyspace!' cli --hotkeys
	prints OK cli config set maxmemory-policy noeviction
	matches '^20[0-9][0-9] +[0-9.]+M +[0-9]+ +0 ' timeout 1 stdbuf -oL redis-cli -p "$POLYGLOT_PORT" --stat -i 0.1
	matches '^[0-9]+ [0-9]+ [0-9.]+ [0-9]+$' timeout 5 redis-cli -p "$POLYGLOT_PORT" --latency --raw -i 0.1
	matches '^redis_version:7' cli info server
	matches '^db0:keys=[0-9]+,' cli info keyspace
}

# listening starts redis-cli with a command that does not end, and waits for its
# first lines.
listening() {
	local first=$1 file=$2
	shift 2
	: >"$file"
	timeout 30 redis-cli -p "$POLYGLOT_PORT" "$@" >"$file" 2>&1 &
	appears "$first" "$file"
}

endless() {
	listening '^OK' "$work/monitor" monitor
	cli set watched 'a "b"' >/dev/null
	appears '^[0-9]+\.[0-9]{6} \[0 127\.0\.0\.1:[0-9]+\] "set" "watched" "a \\"b\\""$' "$work/monitor"
	kill %%
	listening '^1$' "$work/channel" subscribe news
	prints 1 cli publish news today
	appears '^today$' "$work/channel"
	kill %%
	listening '^psubscribe$' "$work/pattern" -3 psubscribe 'n?ws'
	prints 1 cli publish news tomorrow
	appears '^tomorrow$' "$work/pattern"
	kill %%
	listening '^1$' "$work/keys" subscribe __keyevent@0__:del
	prints OK cli config set notify-keyspace-events KEA
	prints 1 cli del watched
	appears '^watched$' "$work/keys"
	prints OK cli config set notify-keyspace-events ''
	kill %%
}

# typed gives lines to a redis-cli that believes it is used by hand.
typed() {
	printf '%s\n' "$@" | HOME=$work TERM=dumb timeout 20 script -qec "redis-cli -p $POLYGLOT_PORT" /dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g'
}

interactive() {
	matches '> "by hand"$' typed 'set typed "by hand"' 'get typed' exit
	matches '> \(integer\) 1$' typed 'hello 3' 'del typed' exit
	matches '^ *GET key$' typed 'help get' exit
	matches '^ *SET key value \[NX\|XX\] \[GET\]' typed 'help set' exit
	matches '\(TX\)> 1\) "hello"$' typed 'multi' 'echo hello' 'exec' exit
	matches ':'"$POLYGLOT_PORT"'\[5\]>' typed 'select 5' 'ping' exit
}

cluster() {
	prints OK redis-cli -c -p "$POLYGLOT_CLUSTER_PORT" set '{tag}1' v
	prints 'CROSSSLOT Keys in request don'\''t hash to the same slot' redis-cli -p "$POLYGLOT_CLUSTER_PORT" mget a b
	matches 'All 16384 slots covered' redis-cli --cluster check "127.0.0.1:$POLYGLOT_CLUSTER_PORT"
	matches '1 keys in 1 masters' redis-cli --cluster info "127.0.0.1:$POLYGLOT_CLUSTER_PORT"
}

for part in replies input insertion reports endless interactive cluster; do
	"$part"
done
test "$failures" = 0
