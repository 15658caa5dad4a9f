package script_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

func exampleStore(clock nook.Clock) *nook.Store {
	s, err := nook.New(&nook.Options{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// A lock is released only by whoever holds it: between the look and the deletion nothing can happen.
func ExampleScript_Run() {
	release := script.New(`
		if redis.call('GET', KEYS[1]) == ARGV[1] then
			return redis.call('DEL', KEYS[1])
		end
		return 0`)

	s := exampleStore(nil)
	defer s.Close()
	_ = s.Set("lock:7", "ada's token")
	for _, token := range []string{"bob's token", "ada's token"} {
		released, err := release.Run(context.Background(), s, []string{"lock:7"}, token)
		fmt.Println(token, released.Bool(), err)
	}
	// Output:
	// bob's token false <nil>
	// ada's token true <nil>
}

// At most so many requests within any stretch of time: a sorted set of when they were.
func ExampleScript_Run_rateLimiter() {
	allow := script.New(`
		local now = redis.call('TIME')
		local us = now[1] * 1000000 + now[2]
		redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', us - ARGV[1] * 1000)
		if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
			return false
		end
		redis.call('ZADD', KEYS[1], us, redis.call('INCR', KEYS[2]))
		redis.call('PEXPIRE', KEYS[1], ARGV[1])
		redis.call('PEXPIRE', KEYS[2], ARGV[1])
		return true`)

	clock := nook.NewManualClock(time.Time{})
	s := exampleStore(clock)
	defer s.Close()
	for range 5 {
		allowed, err := allow.Run(context.Background(), s, []string{"requests:ada", "requests:ada:n"}, time.Minute.Milliseconds(), 2)
		fmt.Println(clock.Now().Format("04:05"), allowed.Bool(), err)
		clock.Advance(25 * time.Second)
	}
	// Output:
	// 00:00 true <nil>
	// 00:25 true <nil>
	// 00:50 false <nil>
	// 01:15 true <nil>
	// 01:40 true <nil>
}

// A script may be a part of a transaction.
func ExampleScript_Run_transaction() {
	highest := script.New(`
		local old = tonumber(redis.call('GET', KEYS[1]) or '-inf')
		if tonumber(ARGV[1]) > old then redis.call('SET', KEYS[1], ARGV[1]) end
		return redis.call('GET', KEYS[1])`)

	s := exampleStore(nil)
	defer s.Close()
	for _, bid := range []int{30, 20, 40} {
		err := s.Exec(func(tx *nook.Tx) error {
			top, err := highest.Run(context.Background(), tx, []string{"top"}, bid)
			if err != nil {
				return err
			}
			bids, err := tx.Incr("bids")
			fmt.Println("bid", bids, "top is", top.Text())
			return err
		}, "top", "bids")
		if err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// bid 1 top is 30
	// bid 2 top is 30
	// bid 3 top is 40
}

// Functions of a library are called by name, from Go and by FCALL.
func ExampleCall() {
	s := exampleStore(nil)
	defer s.Close()
	_, err := script.Load(s, `#!lua name=visits
		local function visit(keys, args)
			redis.call('HINCRBY', keys[1], args[1], 1)
			return redis.call('HGETALL', keys[1])
		end
		redis.register_function('visit', visit)`)
	if err != nil {
		log.Fatal(err)
	}

	_, _ = script.Call(context.Background(), s, "visit", []string{"visits"}, "/")
	visits, err := script.Call(context.Background(), s, "visit", []string{"visits"}, "/")
	fmt.Println(visits.Map()["/"].Text(), err)
	// Output:
	// 2 <nil>
}

// Errors have the codes and texts of Redis.
func ExampleError() {
	s := exampleStore(nil)
	defer s.Close()
	_, _ = s.RPush("list", "a")
	_, err := script.New(`return redis.pcall('INCR', KEYS[1])`).Run(context.Background(), s, []string{"list"})
	fmt.Println(err)
	_, err = script.New(`return redis.error_reply('EMPTY nothing to do')`).Run(context.Background(), s, nil)
	var failed *script.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Code())
	}
	// Output:
	// WRONGTYPE Operation against a key holding the wrong kind of value
	// EMPTY
}
