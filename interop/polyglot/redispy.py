"""redis-py, as Debian's python3-redis has it."""

import asyncio
import os
import threading
import time
import unittest

import redis
import redis.asyncio
from redis.cluster import RedisCluster

PORT = int(os.environ["POLYGLOT_PORT"])
CLUSTER_PORT = int(os.environ["POLYGLOT_CLUSTER_PORT"])


class Suite(unittest.TestCase):
    """Each test has a client of an empty server."""

    def setUp(self):
        self.r = self.client()
        self.r.flushall()

    def client(self, **options):
        r = redis.Redis(port=PORT, decode_responses=True, socket_timeout=10, **options)
        self.addCleanup(r.close)
        return r

    def aside(self, work):
        """Runs work in a thread, and returns what waits for its result."""
        results = []
        thread = threading.Thread(target=lambda: results.append(work()))
        thread.start()

        def result():
            thread.join(10)
            return results[0]

        return result

    def until(self, condition):
        for _ in range(500):
            if condition():
                return
            time.sleep(0.01)
        self.fail("it does not come true")


class Keys(Suite):
    def test_strings(self):
        r = self.r
        self.assertTrue(r.set("k", "v", ex=100, nx=True))
        self.assertIsNone(r.set("k", "w", nx=True))
        self.assertEqual(r.set("k", "w", get=True, keepttl=True), "v")
        self.assertIn(r.ttl("k"), (99, 100))
        self.assertEqual(r.getex("k", persist=True), "w")
        self.assertEqual(r.append("k", "x"), 2)
        self.assertEqual(r.getrange("k", 0, -1), "wx")
        self.assertEqual(r.incrbyfloat("f", 1.5), 1.5)
        self.assertEqual(r.incrby("n", 7), 7)
        self.assertTrue(r.mset({"a": 1, "b": 2}))
        self.assertEqual(r.mget("a", "b", "none"), ["1", "2", None])
        self.assertEqual(r.lcs("k", "k", len=True), 2)
        self.assertEqual(r.setbit("bits", 9, 1), 0)
        self.assertEqual(r.bitcount("bits"), 1)
        self.assertEqual(r.bitfield("bits").incrby("u8", 0, 5).get("u8", 0).execute(), [5, 5])
        self.assertEqual(r.getdel("k"), "wx")

    def test_bytes(self):
        raw = redis.Redis(port=PORT)
        self.addCleanup(raw.close)
        every = bytes(range(256)) * 300
        raw.set(b"\x00\r\n", every)
        self.assertEqual(raw.get(b"\x00\r\n"), every)
        raw.copy(b"\x00\r\n", "copy")
        self.assertEqual(raw.getrange("copy", 256, 511), bytes(range(256)))

    def test_keyspace(self):
        r = self.r
        r.set("k", "v")
        self.assertTrue(r.expire("k", 100))
        self.assertFalse(r.expire("k", 50, gt=True))
        self.assertGreater(r.expiretime("k"), time.time())
        self.assertTrue(r.persist("k"))
        self.assertTrue(r.copy("k", "l"))
        self.assertTrue(r.rename("l", "m"))
        self.assertEqual(r.type("m"), "string")
        self.assertEqual(r.object("encoding", "m"), "embstr")
        self.assertTrue(r.move("m", 1))
        self.assertEqual(r.exists("k", "m"), 1)
        self.assertEqual(r.touch("k"), 1)
        self.assertEqual(r.randomkey(), "k")
        self.assertEqual(r.unlink("k", "none"), 1)
        self.assertEqual(r.dbsize(), 0)

    def test_collections(self):
        r = self.r
        self.assertEqual(r.hset("h", mapping={"f": 1, "g": "x"}), 2)
        self.assertEqual(r.hgetall("h"), {"f": "1", "g": "x"})
        self.assertEqual(r.hincrby("h", "f", 4), 5)
        self.assertEqual(r.hrandfield("h", 2, withvalues=True), ["f", "5", "g", "x"])
        self.assertEqual(r.rpush("l", *"abcab"), 5)
        self.assertEqual(r.lpos("l", "a", count=0), [0, 3])
        self.assertEqual(r.lmove("l", "l2", "LEFT", "RIGHT"), "a")
        self.assertEqual(r.lmpop(2, "none", "l", direction="RIGHT", count=2), ["l", ["b", "a"]])
        self.assertEqual(r.sadd("s", 1, 2, 3), 3)
        self.assertEqual(r.smismember("s", [1, 9]), [1, 0])
        self.assertEqual(r.sintercard(2, ["s", "s"], limit=2), 2)
        self.assertEqual(r.zadd("z", {"a": 1, "b": 2.5, "c": float("inf")}), 3)
        self.assertEqual(r.zadd("z", {"a": 3}, xx=True, incr=True), 4.0)
        self.assertEqual(r.zrange("z", 0, -1, withscores=True), [("b", 2.5), ("a", 4.0), ("c", float("inf"))])
        self.assertEqual(r.zrange("z", "(2.5", "+inf", byscore=True, offset=0, num=1), ["a"])
        self.assertEqual(r.zmscore("z", ["b", "none"]), [2.5, None])
        self.assertEqual(r.zunion({"z": 2}, withscores=True)[0], ("b", 5.0))
        self.assertEqual(r.zpopmin("z"), [("b", 2.5)])
        self.assertEqual(r.geoadd("g", [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]), 2)
        self.assertAlmostEqual(r.geodist("g", "Palermo", "Catania", unit="km"), 166.2742)
        self.assertEqual(r.geosearch("g", longitude=15, latitude=37, unit="km", radius=100), ["Catania"])
        self.assertEqual(r.pfadd("p", *range(100)), 1)
        self.assertAlmostEqual(r.pfcount("p"), 100, delta=3)
        self.assertEqual(r.sort("s", desc=True, get=["#"]), ["3", "2", "1"])

    def test_scans(self):
        r = self.r
        r.mset({f"key:{i}": i for i in range(1000)})
        r.sadd("members", *range(1000))
        r.hset("fields", mapping={i: i for i in range(1000)})
        r.zadd("scores", {i: i for i in range(1000)})
        self.assertEqual(len(set(r.scan_iter("key:*", count=100))), 1000)
        self.assertEqual(set(r.scan_iter(_type="HASH")), {"fields"})
        self.assertEqual(len(set(r.sscan_iter("members"))), 1000)
        self.assertEqual(dict(r.hscan_iter("fields"))["7"], "7")
        self.assertEqual(dict(r.zscan_iter("scores", match="99*"))["999"], 999)

    def test_errors(self):
        r = self.r
        r.set("k", "v")
        with self.assertRaisesRegex(redis.ResponseError, "^WRONGTYPE"):
            r.lpush("k", 1)
        with self.assertRaisesRegex(redis.ResponseError, "^value is not an integer or out of range$"):
            r.incr("k")
        with self.assertRaisesRegex(redis.ResponseError, "wrong number of arguments for 'get' command"):
            r.execute_command("GET")
        with self.assertRaises(redis.exceptions.NoScriptError):
            r.evalsha("0" * 40, 0)


class Requests(Suite):
    def test_pipelines(self):
        with self.r.pipeline(transaction=False) as p:
            for i in range(10000):
                p.set(f"k{i}", "v" * 100)
                p.get(f"k{i}")
            replies = p.execute()
        self.assertEqual(replies, [True, "v" * 100] * 10000)

    def test_transactions(self):
        with self.r.pipeline() as p:
            p.set("a", 1).incr("a").lpush("a", 1).get("a")
            replies = p.execute(raise_on_error=False)
        self.assertEqual(replies[:2] + replies[3:], [True, 2, "2"])
        self.assertIsInstance(replies[2], redis.ResponseError)
        with self.r.pipeline() as p:
            with self.assertRaisesRegex(redis.ResponseError, r"^Command # 1 \(NONSENSE\) .* unknown command 'NONSENSE'"):
                p.execute_command("NONSENSE").set("a", 9).execute()
        self.assertEqual(self.r.get("a"), "2")

    def test_watch(self):
        self.r.set("n", 1)
        with self.r.pipeline() as p:
            p.watch("n")
            p.multi()
            p.set("n", 10)
            self.client().incr("n")
            self.assertRaises(redis.WatchError, p.execute)
        tries = []

        def double(p):
            tries.append(p.get("n"))
            if len(tries) == 1:
                self.client().set("n", 21)
            p.multi()
            p.set("n", int(tries[-1]) * 2)

        self.assertEqual(self.r.transaction(double, "n"), [True])
        self.assertEqual((tries, self.r.get("n")), (["2", "21"], "42"))

    def test_scripts(self):
        r = self.r
        add = r.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        self.assertEqual(add(keys=["n"], args=[3]), 3)
        r.script_flush()
        self.assertEqual(add(keys=["n"], args=[4]), 7)
        with r.pipeline() as p:
            add(keys=["n"], args=[1], client=p)
            self.assertEqual(p.execute(), [8])
        self.assertEqual(r.script_exists(add.sha, "f" * 40), [True, False])
        with self.assertRaisesRegex(redis.ResponseError, "custom"):
            r.eval("return redis.error_reply('ERR custom')", 0)
        self.assertEqual(r.eval_ro("return redis.call('GET', KEYS[1])", 1, "n"), "8")

    def test_functions(self):
        r = self.r
        code = "#!lua name=mine\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)"
        r.execute_command("FUNCTION", "LOAD", "REPLACE", code)
        self.assertEqual(r.execute_command("FCALL", "twice", 0, 21), 42)
        self.assertEqual(r.execute_command("FUNCTION", "DELETE", "mine"), "OK")

    def test_locks(self):
        lock = self.r.lock("lock", timeout=10)
        self.assertTrue(lock.acquire())
        self.assertTrue(lock.owned())
        self.assertFalse(self.client().lock("lock").acquire(blocking=False))
        self.assertTrue(lock.extend(10))
        self.assertGreater(self.r.pttl("lock"), 15000)
        self.assertTrue(lock.reacquire())
        waiting = self.aside(lambda: self.client().lock("lock", sleep=0.01).acquire(blocking_timeout=5))
        lock.release()
        self.assertTrue(waiting())
        self.assertRaises(redis.exceptions.LockError, lock.release)

    def test_blocking(self):
        for work, want in (
            (lambda r: r.blpop(["none", "list"], 5), ("list", "v")),
            (lambda r: r.brpop("list", 5), ("list", "v")),
            (lambda r: r.blmove("list", "other", 5), "v"),
            (lambda r: r.blmpop(5, 1, "list", direction="LEFT"), ["list", ["v"]]),
        ):
            waiting = self.aside(lambda work=work: work(self.client()))
            self.until(lambda: self.r.info("clients")["blocked_clients"] == 1)
            self.r.rpush("list", "v")
            self.assertEqual(waiting(), want)
        waiting = self.aside(lambda: self.client().bzpopmin("zset", 5))
        self.until(lambda: self.r.info("clients")["blocked_clients"] == 1)
        self.r.zadd("zset", {"m": 1.5})
        self.assertEqual(waiting(), ("zset", "m", 1.5))
        self.assertIsNone(self.r.blpop("none", 0.01))


class Messages(Suite):
    def test_channels(self):
        p = self.client().pubsub(ignore_subscribe_messages=False)
        self.addCleanup(p.close)
        p.subscribe("news")
        p.psubscribe("n?ws*")
        self.assertEqual(p.get_message(timeout=5)["type"], "subscribe")
        self.assertEqual(p.get_message(timeout=5), {"type": "psubscribe", "pattern": None, "channel": "n?ws*", "data": 2})
        self.assertEqual(self.r.publish("news", "hello"), 2)
        self.assertEqual(p.get_message(timeout=5), {"type": "message", "pattern": None, "channel": "news", "data": "hello"})
        self.assertEqual(p.get_message(timeout=5), {"type": "pmessage", "pattern": "n?ws*", "channel": "news", "data": "hello"})
        self.assertEqual(self.r.pubsub_channels("n*"), ["news"])
        self.assertEqual(self.r.pubsub_numsub("news", "none"), [("news", 1), ("none", 0)])
        self.assertEqual(self.r.pubsub_numpat(), 1)
        p.ping()
        self.assertEqual(p.get_message(timeout=5)["type"], "pong")
        p.unsubscribe()
        self.assertEqual(p.get_message(timeout=5), {"type": "unsubscribe", "pattern": None, "channel": "news", "data": 1})

    def test_threads(self):
        got = []
        p = self.client().pubsub(ignore_subscribe_messages=True)
        p.subscribe(news=lambda message: got.append(message["data"]))
        thread = p.run_in_thread(sleep_time=0.01, daemon=True)
        self.until(lambda: self.r.pubsub_numsub("news")[0][1] == 1)
        for i in range(100):
            self.r.publish("news", i)
        self.until(lambda: len(got) == 100)
        thread.stop()
        thread.join(10)
        self.assertEqual(got, [str(i) for i in range(100)])

    def test_events(self):
        self.r.config_set("notify-keyspace-events", "KEA")
        self.addCleanup(self.r.config_set, "notify-keyspace-events", "")
        p = self.client().pubsub(ignore_subscribe_messages=True)
        self.addCleanup(p.close)
        p.psubscribe("__keyevent@0__:*")
        p.get_message(timeout=5)
        self.r.set("k", "v", px=1)
        events = []

        def gone():
            message = p.get_message(timeout=0.05)
            events.extend([(message["channel"].split(":")[1], message["data"])] if message else [])
            return ("expired", "k") in events

        self.until(gone)
        self.assertEqual(events, [("set", "k"), ("expire", "k"), ("expired", "k")])

    def test_monitor(self):
        with self.client().monitor() as m:
            self.r.set("k", 'a "b"')
            got = m.next_command()
        self.assertEqual((got["command"], got["db"], got["client_type"]), ('SET k a "b"', 0, "tcp"))


class Streams(Suite):
    def test_entries(self):
        r = self.r
        first = r.xadd("s", {"f": "v"}, id="1-1")
        r.xadd("s", {"f": "w", "g": "x"}, id="2-1", maxlen=100, approximate=True)
        self.assertEqual(r.xrange("s", "(" + first), [("2-1", {"f": "w", "g": "x"})])
        self.assertEqual(r.xrevrange("s", count=1), [("2-1", {"f": "w", "g": "x"})])
        self.assertEqual(r.xread({"s": "1-1"}, block=10), [["s", [("2-1", {"f": "w", "g": "x"})]]])
        self.assertEqual(r.xtrim("s", maxlen=1, approximate=False), 1)
        self.assertEqual(r.xinfo_stream("s")["entries-added"], 2)
        self.assertEqual(r.xinfo_stream("s", full=True)["length"], 1)
        waiting = self.aside(lambda: self.client().xread({"s": "$"}, block=5000))
        self.until(lambda: r.info("clients")["blocked_clients"] == 1)
        r.xadd("s", {"f": "new"}, id="3-1")
        self.assertEqual(waiting(), [["s", [("3-1", {"f": "new"})]]])

    def test_groups(self):
        r = self.r
        self.assertTrue(r.xgroup_create("s", "g", id="0", mkstream=True))
        with self.assertRaisesRegex(redis.ResponseError, "BUSYGROUP"):
            r.xgroup_create("s", "g")
        for i in range(1, 4):
            r.xadd("s", {"n": i}, id=f"{i}-0")
        self.assertEqual(r.xreadgroup("g", "alice", {"s": ">"}, count=2), [["s", [("1-0", {"n": "1"}), ("2-0", {"n": "2"})]]])
        self.assertEqual(r.xack("s", "g", "1-0"), 1)
        pending = r.xpending("s", "g")
        self.assertEqual((pending["pending"], pending["min"], pending["consumers"]), (1, "2-0", [{"name": "alice", "pending": 1}]))
        self.assertEqual(r.xpending_range("s", "g", "-", "+", 10)[0]["message_id"], "2-0")
        self.assertEqual(r.xclaim("s", "g", "bob", 0, ["2-0"]), [("2-0", {"n": "2"})])
        self.assertEqual(r.xautoclaim("s", "g", "alice", 0, justid=True), ["2-0"])
        self.assertEqual({c["name"]: c["pending"] for c in r.xinfo_consumers("s", "g")}, {"alice": 1, "bob": 0})
        group = r.xinfo_groups("s")[0]
        self.assertEqual((group["lag"], group["entries-read"], group["last-delivered-id"]), (1, 2, "2-0"))
        self.assertEqual(r.xgroup_delconsumer("s", "g", "alice"), 1)
        self.assertTrue(r.xgroup_destroy("s", "g"))


class Server(Suite):
    def test_clients(self):
        r = self.client(client_name="polyglot", single_connection_client=True)
        own = [c for c in r.client_list() if c["name"] == "polyglot"]
        self.assertEqual([(c["id"], c["cmd"]) for c in own], [(str(r.client_id()), "client|list")])
        self.assertEqual(r.client_info()["name"], "polyglot")
        other = self.client(single_connection_client=True)
        self.assertEqual(r.client_kill_filter(_id=other.client_id()), 1)
        self.assertRaises(redis.ConnectionError, other.ping)
        self.assertTrue(r.client_pause(10))
        self.assertTrue(r.client_unpause())
        waiting = self.aside(lambda: self.client(client_name="waiting").blpop("none", 5))
        self.until(lambda: r.info("clients")["blocked_clients"] == 1)
        identity = next(c["id"] for c in r.client_list() if c["name"] == "waiting")
        self.assertTrue(r.client_unblock(identity))
        self.assertIsNone(waiting())

    def test_information(self):
        r = self.r
        r.set("k", "v", ex=100)
        info = r.info()
        self.assertEqual(info["redis_mode"], "standalone")
        self.assertEqual(info["role"], "master")
        self.assertEqual(info["db0"]["keys"], 1)
        self.assertEqual(info["db0"]["expires"], 1)
        self.assertGreater(info["used_memory"], 0)
        self.assertGreater(r.info("commandstats")["cmdstat_set"]["calls"], 0)
        self.assertRaises(redis.ResponseError, r.incr, "k")
        self.assertGreater(r.info("errorstats")["errorstat_ERR"], "count=0")
        self.assertGreater(r.memory_usage("k"), 0)
        self.assertGreater(r.memory_stats()["keys.count"], 0)
        self.assertAlmostEqual(r.time()[0], time.time(), delta=5)
        self.assertEqual(r.role(), ["master", 0, []])
        self.assertEqual(r.echo("x"), "x")
        self.assertIn("7.0.15", r.lolwut())

    def test_settings(self):
        r = self.r
        self.assertEqual(r.config_get("maxmemory*")["maxmemory-policy"], "noeviction")
        self.assertEqual(set(r.config_get("hash-max-listpack-entries", "databases")), {"hash-max-listpack-entries", "databases"})
        self.assertTrue(r.config_set("slowlog-log-slower-than", 0))
        r.ping()
        self.assertGreater(r.slowlog_len(), 0)
        self.assertEqual(r.slowlog_get(1)[0]["command"], b"SLOWLOG LEN")
        r.config_set("slowlog-log-slower-than", 10000)
        self.assertTrue(r.slowlog_reset())
        self.assertTrue(r.config_resetstat())
        with self.assertRaisesRegex(redis.ResponseError, "Unknown option"):
            r.config_set("nonsense", 1)

    def test_commands(self):
        r = self.r
        self.assertEqual(r.command()["get"]["arity"], 2)
        self.assertEqual(r.command_getkeys("EVAL", "return 1", 2, "a", "b"), ["a", "b"])
        self.assertGreater(r.command_count(), 200)

    def test_users(self):
        r = self.r
        self.assertTrue(r.acl_setuser("reader", enabled=True, passwords=["+secret"], keys=["r:*"], categories=["+@read"], commands=["+ping"]))
        self.addCleanup(r.acl_deluser, "reader")
        r.set("r:k", "v")
        reader = self.client(username="reader", password="secret")
        self.assertEqual(reader.get("r:k"), "v")
        self.assertRaises(redis.exceptions.NoPermissionError, reader.set, "r:k", "w")
        self.assertRaises(redis.exceptions.NoPermissionError, reader.get, "other")
        self.assertEqual(r.acl_whoami(), "default")
        self.assertEqual(r.acl_getuser("reader")["enabled"], True)
        self.assertIn("reader", r.acl_users())
        self.assertEqual(r.acl_log(1)[0]["username"], "reader")
        self.assertIn("read", r.acl_cat())
        with self.assertRaisesRegex(redis.ResponseError, "^WRONGPASS invalid username-password pair"):
            self.client(username="reader", password="wrong").ping()

    def test_cluster(self):
        c = RedisCluster(host="127.0.0.1", port=CLUSTER_PORT, decode_responses=True)
        self.addCleanup(c.close)
        c.flushall()
        for i in range(100):
            self.assertTrue(c.set(f"k{i}", i))
        self.assertEqual(c.mget_nonatomic("k1", "k2"), ["1", "2"])
        self.assertEqual(len(set(c.scan_iter())), 100)
        with c.pipeline() as p:
            p.get("k3").incr("k4")
            self.assertEqual(p.execute(), ["3", 5])
        self.assertEqual(c.cluster_keyslot("{tag}1"), c.keyslot("tag"))
        self.assertEqual(c.cluster_info(target_nodes="random")["cluster_state"], "ok")


class Asyncio(unittest.IsolatedAsyncioTestCase):
    """The same server, from coroutines."""

    async def asyncSetUp(self):
        self.r = redis.asyncio.Redis(port=PORT, decode_responses=True)
        self.addAsyncCleanup(self.r.close)
        await self.r.flushall()

    async def test_coroutines(self):
        r = self.r
        await asyncio.gather(*(r.incr("n") for _ in range(100)))
        self.assertEqual(await r.get("n"), "100")
        async with r.pipeline(transaction=True) as p:
            self.assertEqual(await p.set("k", 1).incr("k").execute(), [True, 2])
        keys = {key async for key in r.scan_iter()}
        self.assertEqual(keys, {"n", "k"})

    async def test_waiting(self):
        popped, _ = await asyncio.gather(self.r.blpop("list", 5), self.r.rpush("list", "v"))
        self.assertEqual(popped, ("list", "v"))
        async with self.r.lock("lock", timeout=5, blocking_timeout=5):
            self.assertFalse(await self.r.lock("lock").acquire(blocking=False))

    async def test_messages(self):
        async with self.r.pubsub() as p:
            await p.subscribe("news")
            await p.get_message(timeout=5)
            await self.r.publish("news", "hello")
            self.assertEqual((await p.get_message(timeout=5))["data"], "hello")


if __name__ == "__main__":
    unittest.main()
