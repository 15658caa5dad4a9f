# redis-benchmark: its default tests, in the forms people run, with few requests.
set -euo pipefail

# run runs redis-benchmark. No line of what it prints may tell of an error or a
# warning.
run() {
	out=$(timeout 60 redis-benchmark -p "$POLYGLOT_PORT" "$@" 2>&1 | tr '\r' '\n') || fail "$@"
	! grep -qiE 'error|warning' <<<"$out" || fail "$@"
}

fail() {
	printf 'FAILED: redis-benchmark %s\n%s\n' "$*" "$out"
	exit 1
}

# tests checks that redis-benchmark measures as many tests as it should.
tests() {
	local want=$1
	shift
	run --csv "$@"
	test "$(grep -cE '^".+","[0-9]+\.[0-9]+","' <<<"$out")" = "$want" || fail "$@"
}

tests 20 -n 500
tests 20 -n 1600 -P 16
tests 20 -n 500 -3
tests 2 -n 2000 -t set,get -r 1000 -d 512 -c 10
tests 2 -n 2000 -t set,get --threads 2
tests 1 -n 500 -r 100 eval 'return redis.call("INCR", KEYS[1])' 1 counter:__rand_int__
tests 1 -n 500 -r 100 hset hash:__rand_int__ field __rand_int__
run -q -n 500 -t ping
grep -q '^PING_INLINE: .* requests per second' <<<"$out" || fail "$out"
