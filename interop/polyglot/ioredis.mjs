// ioredis, with its cluster client.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, beforeEach, test } from "node:test";
import { Cluster, Redis } from "ioredis";

const port = Number(process.env.POLYGLOT_PORT);
const clusterPort = Number(process.env.POLYGLOT_CLUSTER_PORT);

const clients = [];
const client = (options = {}) => {
  const made = new Redis({ port, ...options });
  clients.push(made);
  return made;
};

const r = client();
beforeEach(() => r.flushall());
after(() => clients.forEach((c) => c.disconnect()));

// until waits for something that another connection brings about.
async function until(condition) {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "it does not come true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// blocked waits until a client waits for a key.
const blocked = () => until(async () => /blocked_clients:1\r/.test(await r.info("clients")));

test("strings and collections", async () => {
  assert.equal(await r.set("k", "v", "EX", 100, "NX"), "OK");
  assert.equal(await r.set("k", "w", "NX"), null);
  assert.equal(await r.getex("k", "PERSIST"), "v");
  assert.equal(await r.ttl("k"), -1);
  assert.equal(await r.mset({ a: 1, b: 2 }), "OK");
  assert.deepEqual(await r.mget("a", "b", "none"), ["1", "2", null]);
  assert.equal(await r.hset("h", { f: 1, g: "x" }), 2);
  assert.deepEqual(await r.hgetall("h"), { f: "1", g: "x" });
  assert.equal(await r.rpush("l", "a", "b", "c"), 3);
  assert.deepEqual(await r.lpop("l", 2), ["a", "b"]);
  assert.equal(await r.sadd("s", "x", "y"), 2);
  assert.deepEqual((await r.smembers("s")).sort(), ["x", "y"]);
  assert.equal(await r.zadd("z", 1, "a", 2.5, "b"), 2);
  assert.deepEqual(await r.zrange("z", 0, -1, "REV", "WITHSCORES"), ["b", "2.5", "a", "1"]);
  assert.equal(await r.incrbyfloat("f", 0.1), "0.1");
});

test("bytes", async () => {
  const every = Buffer.from(Array.from({ length: 70000 }, (_, i) => i % 256));
  await r.set(Buffer.from([0, 13, 10]), every);
  assert.ok(every.equals(await r.getBuffer(Buffer.from([0, 13, 10]))));
});

test("errors", async () => {
  await r.set("k", "v");
  await assert.rejects(r.lpush("k", "x"), { name: "ReplyError", message: /^WRONGTYPE / });
  await assert.rejects(r.call("GET"), /^ReplyError: ERR wrong number of arguments for 'get' command$/);
});

test("scripts", async () => {
  r.defineCommand("add", { numberOfKeys: 1, lua: "return {KEYS[1], redis.call('INCRBY', KEYS[1], ARGV[1])}" });
  assert.deepEqual(await r.add("n", 3), ["n", 3]);
  await r.script("FLUSH");
  assert.deepEqual(await r.add("n", 4), ["n", 7]);
  assert.deepEqual(await r.pipeline().add("n", 1).get("n").exec(), [[null, ["n", 8]], [null, "8"]]);
  assert.deepEqual(await r.multi().add("n", 1).exec(), [[null, ["n", 9]]]);
  const prefixed = client({ keyPrefix: "app:", scripts: { read: { numberOfKeys: 1, lua: "return redis.call('GET', KEYS[1])", readOnly: true } } });
  await prefixed.set("k", "v");
  assert.equal(await prefixed.read("k"), "v");
  assert.equal(await r.get("app:k"), "v");
});

test("pipelines", async () => {
  const p = r.pipeline();
  for (let i = 0; i < 5000; i++) p.set(`k${i}`, i).get(`k${i}`);
  const replies = await p.exec();
  assert.equal(replies.length, 10000);
  assert.deepEqual(replies.at(-1), [null, "4999"]);
  const [, [failure]] = await r.pipeline().set("k", "v").incr("k").exec();
  assert.match(failure.message, /not an integer/);
});

test("pipelines that ioredis makes", async () => {
  const automatic = client({ enableAutoPipelining: true });
  const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => automatic.set(`k${i}`, i)));
  assert.ok(replies.every((reply) => reply === "OK"));
});

test("transactions", async () => {
  assert.deepEqual(await r.multi().set("k", 1).incr("k").exec(), [[null, "OK"], [null, 2]]);
  const other = client();
  await r.watch("k");
  await other.incr("k");
  assert.equal(await r.multi().set("k", 9).exec(), null);
  await assert.rejects(r.multi().set("k").exec(), /EXECABORT/);
  assert.equal(await r.get("k"), "3");
});

test("messages", async () => {
  const sub = client();
  assert.equal(await sub.subscribe("news", "sport"), 2);
  assert.equal(await sub.psubscribe("n?ws"), 3);
  const message = once(sub, "message");
  const pmessage = once(sub, "pmessage");
  assert.equal(await r.publish("news", "hello"), 2);
  assert.deepEqual(await message, ["news", "hello"]);
  assert.deepEqual(await pmessage, ["n?ws", "news", "hello"]);
  assert.equal(await sub.unsubscribe("news", "sport"), 1);
  assert.equal(await sub.punsubscribe("n?ws"), 0);
  assert.equal(await sub.set("k", "v"), "OK");
});

test("subscriptions outlast a connection", async () => {
  const sub = client({ retryStrategy: () => 1 });
  await sub.subscribe("news");
  await r.client("KILL", "TYPE", "pubsub");
  await until(async () => (await r.publish("news", "again")) === 1);
  await sub.unsubscribe("news");
});

test("commands that wait", async () => {
  const waiting = client();
  let popped = waiting.blpop("none", "list", 5);
  await blocked();
  await r.rpush("list", "v");
  assert.deepEqual(await popped, ["list", "v"]);
  popped = waiting.bzpopmin("zset", 5);
  await blocked();
  await r.zadd("zset", 1.5, "m");
  assert.deepEqual(await popped, ["zset", "m", "1.5"]);
  assert.equal(await waiting.brpop("none", 0.01), null);
});

test("streams", async () => {
  assert.equal(await r.xgroup("CREATE", "s", "g", "$", "MKSTREAM"), "OK");
  const waiting = client();
  const read = waiting.xreadgroup("GROUP", "g", "alice", "COUNT", 10, "BLOCK", 5000, "STREAMS", "s", ">");
  await blocked();
  assert.equal(await r.xadd("s", "1-1", "f", "v"), "1-1");
  assert.deepEqual(await read, [["s", [["1-1", ["f", "v"]]]]]);
  assert.deepEqual(await r.xpending("s", "g"), [1, "1-1", "1-1", [["alice", "1"]]]);
  assert.deepEqual(await r.xautoclaim("s", "g", "bob", 0, "0"), ["0-0", [["1-1", ["f", "v"]]], []]);
  assert.equal(await r.xack("s", "g", "1-1"), 1);
  assert.deepEqual(await r.xread("STREAMS", "s", "1-1"), null);
});

test("scans", async () => {
  await r.mset(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key:${i}`, i])));
  const keys = new Set();
  for await (const batch of r.scanStream({ match: "key:*", count: 100 })) batch.forEach((key) => keys.add(key));
  assert.equal(keys.size, 1000);
});

test("MONITOR", async () => {
  const monitor = await r.monitor();
  const seen = once(monitor, "monitor");
  await r.set("k", 'a "b"');
  const [, args, , db] = await seen;
  assert.deepEqual([args, db], [["set", "k", 'a "b"'], "0"]);
  monitor.disconnect();
});

test("options of a connection", async () => {
  const named = client({ db: 3, connectionName: "polyglot" });
  await named.set("k", "v");
  assert.match(await named.client("LIST"), /name=polyglot .* db=3 /);
  assert.equal(await r.get("k"), null);
  await r.call("ACL", "SETUSER", "writer", "on", ">secret", "~w:*", "+@all");
  const writer = client({ username: "writer", password: "secret" });
  assert.equal(await writer.set("w:k", "v"), "OK");
  await assert.rejects(writer.set("k", "v"), /NOPERM/);
  await r.call("ACL", "DELUSER", "writer");
  await writer.disconnect();
});

test("RESP3", async () => {
  const newer = client({ protocol: 3 });
  await newer.hset("h", "f", "v");
  await newer.zadd("z", 2.5, "m");
  assert.deepEqual(await newer.hgetall("h"), { f: "v" });
  assert.equal(Number(await newer.zscore("z", "m")), 2.5);
  assert.deepEqual(await newer.multi().set("k", 1).incr("k").exec(), [[null, "OK"], [null, 2]]);
  assert.match(await newer.client("INFO"), / resp=3/);
  const sub = client({ protocol: 3 });
  const message = once(sub, "message");
  await sub.subscribe("news");
  await r.publish("news", "hello");
  assert.deepEqual(await message, ["news", "hello"]);
});

test("the cluster client", async () => {
  const c = new Cluster([{ host: "127.0.0.1", port: clusterPort }]);
  clients.push(c);
  for (let i = 0; i < 100; i++) assert.equal(await c.set(`k${i}`, i), "OK");
  assert.deepEqual(await c.mget("{t}a", "{t}b"), [null, null]);
  assert.deepEqual(await c.pipeline().set("{t}a", 1).get("{t}a").exec(), [[null, "OK"], [null, "1"]]);
  assert.deepEqual(await c.multi().incr("{t}a").exec(), [[null, 2]]);
  await assert.rejects(c.mget("k1", "k2"), /CROSSSLOT/);
  assert.equal(c.nodes("master").length, 1);
});

test("sharded messages", async () => {
  const c = new Cluster([{ host: "127.0.0.1", port: clusterPort }], { shardedSubscribers: true });
  clients.push(c);
  const message = once(c, "smessage");
  assert.equal(await c.ssubscribe("news"), 1);
  assert.equal(await c.spublish("news", "hello"), 1);
  assert.deepEqual((await message).slice(0, 2), ["news", "hello"]);
});
