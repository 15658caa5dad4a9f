// node-redis, in RESP2 and RESP3, with its cluster client and its cache.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { BasicClientSideCache, createClient, createClientPool, createCluster, defineScript, ErrorReply, WatchError } from "redis";

const url = `redis://127.0.0.1:${process.env.POLYGLOT_PORT}`;
const clusterUrl = `redis://127.0.0.1:${process.env.POLYGLOT_CLUSTER_PORT}`;

const add = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
  parseCommand(parser, key, n) {
    parser.pushKey(key);
    parser.push(n.toString());
  },
  transformReply: (reply) => reply,
});

// until waits for something that another connection brings about.
async function until(condition) {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "it does not come true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const RESP of [2, 3]) {
  describe(`RESP${RESP}`, () => {
    const clients = [];
    const client = async (options = {}) => {
      const made = createClient({ url, RESP, scripts: { add }, ...options });
      clients.push(made);
      made.on("error", () => {});
      return made.connect();
    };
    let r;
    before(async () => (r = await client()));
    beforeEach(() => r.flushAll());
    after(() => clients.forEach((c) => c.destroy()));
    const blocked = () => until(async () => /blocked_clients:1\r/.test(await r.info("clients")));

    test("strings and collections", async () => {
      assert.equal(await r.set("k", "v", { expiration: { type: "EX", value: 100 }, condition: "NX" }), "OK");
      assert.equal(await r.set("k", "w", { condition: "NX" }), null);
      assert.equal(await r.getEx("k", { type: "PERSIST" }), "v");
      assert.deepEqual(await r.mGet(["k", "none"]), ["v", null]);
      assert.equal(await r.hSet("h", { f: "1", g: "x" }), 2);
      assert.deepEqual({ ...(await r.hGetAll("h")) }, { f: "1", g: "x" });
      assert.equal(await r.rPush("l", ["a", "b", "c"]), 3);
      assert.deepEqual(await r.lmPop("l", "LEFT", { COUNT: 2 }), ["l", ["a", "b"]]);
      assert.equal(await r.zAdd("z", [{ score: 1, value: "a" }, { score: Infinity, value: "b" }]), 2);
      assert.deepEqual(await r.zRangeWithScores("z", 0, -1), [{ value: "a", score: 1 }, { value: "b", score: Infinity }]);
      assert.equal(await r.zScore("z", "a"), 1);
      assert.deepEqual(await r.zPopMin("z"), { value: "a", score: 1 });
      assert.equal(await r.sAdd("s", ["x", "y"]), 2);
      assert.deepEqual([...(await r.sMembers("s"))].sort(), ["x", "y"]);
      await r.geoAdd("g", { longitude: 13.361389, latitude: 38.115556, member: "Palermo" });
      assert.equal(Number((await r.geoPos("g", "Palermo"))[0].longitude).toFixed(5), "13.36139");
    });

    test("errors", async () => {
      await r.set("k", "v");
      await assert.rejects(r.lPush("k", "x"), (e) => e instanceof ErrorReply && e.message.startsWith("WRONGTYPE "));
    });

    test("scripts and functions", async () => {
      assert.equal(await r.add("n", 3), 3);
      await r.scriptFlush();
      assert.equal(await r.add("n", 4), 7);
      assert.deepEqual(await r.multi().add("n", 1).get("n").exec(), [8, "8"]);
      assert.equal(await r.eval("return ARGV[1]", { arguments: ["x"] }), "x");
      await r.functionLoad("#!lua name=mine\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)", { REPLACE: true });
      assert.equal(await r.fCall("twice", { arguments: ["21"] }), 42);
      assert.equal((await r.functionList())[0].library_name, "mine");
      await r.functionDelete("mine");
    });

    test("pipelines that node-redis makes", async () => {
      const replies = await Promise.all(Array.from({ length: 5000 }, (_, i) => r.set(`k${i}`, "v".repeat(50))));
      assert.ok(replies.every((reply) => reply === "OK"));
      assert.deepEqual(await r.multi().get("k1").ping().execAsPipeline(), ["v".repeat(50), "PONG"]);
    });

    test("transactions", async () => {
      assert.deepEqual(await r.multi().set("k", 1).incr("k").exec(), ["OK", 2]);
      const watcher = await client();
      await watcher.watch("k");
      await r.incr("k");
      await assert.rejects(watcher.multi().set("k", "9").exec(), WatchError);
      assert.equal(await r.get("k"), "3");
    });

    test("messages", async () => {
      const sub = await client();
      const got = [];
      await sub.subscribe("news", (message, channel) => got.push([channel, message]));
      await sub.pSubscribe("n?ws", (message, channel) => got.push(["pattern", channel, message]));
      assert.equal(await r.publish("news", "hello"), 2);
      await until(() => got.length === 2);
      assert.deepEqual(got, [["news", "hello"], ["pattern", "news", "hello"]]);
      await sub.unsubscribe();
      await sub.pUnsubscribe();
      assert.deepEqual(await r.pubSubChannels(), []);
    });

    test("commands that wait", async () => {
      const waiting = await client();
      let popped = waiting.blPop(["none", "list"], 5);
      await blocked();
      await r.rPush("list", "v");
      assert.deepEqual({ ...(await popped) }, { key: "list", element: "v" });
      popped = waiting.bzPopMin("zset", 5);
      await blocked();
      await r.zAdd("zset", { score: 1.5, value: "m" });
      assert.deepEqual({ ...(await popped) }, { key: "zset", value: "m", score: 1.5 });
      assert.equal(await waiting.brPop("none", 0.01), null);
    });

    test("streams", async () => {
      await r.xGroupCreate("s", "g", "$", { MKSTREAM: true });
      const waiting = await client();
      const read = waiting.xReadGroup("g", "alice", { key: "s", id: ">" }, { BLOCK: 5000, COUNT: 10 });
      await blocked();
      assert.equal(await r.xAdd("s", "1-1", { f: "v" }), "1-1");
      const [{ name, messages }] = await read;
      assert.deepEqual([name, messages[0].id, { ...messages[0].message }], ["s", "1-1", { f: "v" }]);
      assert.equal((await r.xPending("s", "g")).pending, 1);
      assert.equal((await r.xAutoClaim("s", "g", "bob", 0, "0")).messages[0].id, "1-1");
      assert.equal(await r.xAck("s", "g", "1-1"), 1);
      assert.equal((await r.xInfoStream("s"))["last-generated-id"], "1-1");
      assert.equal((await r.xInfoGroups("s"))[0].name, "g");
    });

    test("scans", async () => {
      await r.mSet(Array.from({ length: 1000 }, (_, i) => [`key:${i}`, "v"]));
      const keys = new Set();
      for await (const batch of r.scanIterator({ MATCH: "key:*", COUNT: 100 })) batch.forEach((key) => keys.add(key));
      assert.equal(keys.size, 1000);
    });

    test("what clients ask of a server", async () => {
      await r.clientSetName("polyglot");
      assert.equal(await r.clientGetName(), "polyglot");
      assert.equal((await r.clientInfo()).name, "polyglot");
      assert.ok((await r.clientList()).some((c) => c.name === "polyglot"));
      assert.equal((await r.configGet("maxmemory-policy"))["maxmemory-policy"], "noeviction");
      assert.equal((await r.commandInfo(["get"]))[0].arity, 2);
      assert.equal(await r.commandCount(), (await r.command()).length);
      assert.deepEqual({ ...(await r.role()) }, { role: "master", replicationOffest: 0, replicas: [] });
      await r.set("k", "v");
      assert.ok((await r.memoryUsage("k")) > 0);
      assert.ok((await r.memoryStats())["keys.count"] > 0);
      await r.aclSetUser("reader", ["on", ">secret", "~*", "+@read"]);
      const reader = await client({ username: "reader", password: "secret" });
      assert.equal(await reader.get("k"), "v");
      await assert.rejects(reader.set("k", "w"), /NOPERM/);
      assert.deepEqual((await r.aclGetUser("reader")).keys, "~*");
      assert.equal((await r.aclLog(1))[0].username, "reader");
      assert.equal(await r.aclDelUser("reader"), 1);
    });

    test("a pool", async () => {
      const pool = createClientPool({ url, RESP }, { minimum: 2, maximum: 4 });
      await pool.connect();
      const replies = await Promise.all(Array.from({ length: 100 }, () => pool.execute((c) => c.incr("n"))));
      assert.equal(Math.max(...replies), 100);
      pool.destroy();
    });

    test("the cluster client", async () => {
      const c = createCluster({ rootNodes: [{ url: clusterUrl }], defaults: { RESP } });
      await c.connect();
      for (let i = 0; i < 100; i++) assert.equal(await c.set(`k${i}`, "v"), "OK");
      assert.deepEqual(await c.multi().set("{t}a", "1").get("{t}a").exec(), ["OK", "1"]);
      await assert.rejects(c.rename("k1", "k2"), /CROSSSLOT/);
      const got = [];
      await c.sSubscribe("news", (message) => got.push(message));
      assert.equal(await c.sPublish("news", "hello"), 1);
      await until(() => got.length === 1);
      await c.sUnsubscribe("news");
      c.destroy();
    });
  });
}

test("a cache on the client's side", async () => {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
  const r = await createClient({ url, RESP: 3, clientSideCache: cache }).connect();
  const other = await createClient({ url }).connect();
  await other.set("k", "v");
  assert.deepEqual([await r.get("k"), await r.get("k")], ["v", "v"]);
  assert.equal(cache.stats().hitCount, 1);
  await other.set("k", "w");
  await until(async () => (await r.get("k")) === "w");
  await other.flushAll();
  await until(async () => (await r.get("k")) === null);
  r.destroy();
  other.destroy();
});
