// BullMQ, over ioredis.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, beforeEach, test } from "node:test";
import { DelayedError, FlowProducer, Job, Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";

const connection = { host: "127.0.0.1", port: Number(process.env.POLYGLOT_PORT), maxRetriesPerRequest: null };
const r = new Redis(connection);
beforeEach(() => r.flushall());
after(() => r.quit());

// withQueue runs body with a queue of its own, and closes all that it makes.
async function withQueue(body) {
  const made = [];
  const own = (closer) => {
    made.push(closer);
    closer.on?.("error", () => {});
    return closer;
  };
  const queue = own(new Queue("jobs", { connection }));
  const events = own(new QueueEvents("jobs", { connection, lastEventId: "0" }));
  const worker = (process, options = {}) => own(new Worker("jobs", process, { connection, drainDelay: 1, ...options }));
  await events.waitUntilReady();
  try {
    await body({ queue, events, worker, own });
  } finally {
    for (const closer of made.reverse()) await closer.close();
  }
}

// completions collects the names of jobs until there are so many of them.
function completions(worker, count) {
  return new Promise((resolve) => {
    const names = [];
    worker.on("completed", (job) => names.push(job.name) === count && resolve(names));
  });
}

test("jobs are done once each, by any of the workers", () =>
  withQueue(async ({ queue, events, worker }) => {
    const jobs = await queue.addBulk(Array.from({ length: 200 }, (_, i) => ({ name: "double", data: { n: i } })));
    for (let i = 0; i < 3; i++) worker(async (job) => job.data.n * 2, { concurrency: 5 });
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10000)));
    assert.deepEqual(results, Array.from({ length: 200 }, (_, i) => i * 2));
    assert.deepEqual(await queue.getJobCounts("waiting", "active", "completed", "failed"), { waiting: 0, active: 0, completed: 200, failed: 0 });
  }));

test("a worker waits for jobs", () =>
  withQueue(async ({ queue, events, worker }) => {
    const w = worker(async (job) => job.name);
    await w.waitUntilReady();
    for (const name of ["first", "second"]) {
      const job = await queue.add(name, {});
      assert.equal(await job.waitUntilFinished(events, 5000), name);
    }
  }));

test("delayed jobs come when they are due", () =>
  withQueue(async ({ queue, worker }) => {
    const begin = Date.now();
    await queue.add("late", {}, { delay: 150 });
    await queue.add("soon", {}, { delay: 50 });
    assert.equal(await queue.getDelayedCount(), 2);
    assert.deepEqual(await completions(worker(async () => {}), 2), ["soon", "late"]);
    assert.ok(Date.now() - begin >= 150);
  }));

test("priorities and LIFO", () =>
  withQueue(async ({ queue, worker }) => {
    await queue.add("low", {}, { priority: 10 });
    await queue.add("high", {}, { priority: 1 });
    await queue.add("none", {});
    await queue.add("last in", {}, { lifo: true });
    assert.deepEqual(await completions(worker(async () => {}), 4), ["last in", "none", "high", "low"]);
  }));

test("jobs that fail are tried again", () =>
  withQueue(async ({ queue, events, worker }) => {
    worker(async (job) => {
      if (job.name === "hopeless") throw new UnrecoverableError("never");
      if (job.attemptsMade < 2) throw new Error("not yet");
      return job.attemptsMade;
    });
    const flaky = await queue.add("flaky", {}, { attempts: 3, backoff: { type: "exponential", delay: 10 } });
    assert.equal(await flaky.waitUntilFinished(events, 5000), 2);
    const hopeless = await queue.add("hopeless", {}, { attempts: 5 });
    await assert.rejects(hopeless.waitUntilFinished(events, 5000), /never/);
    const [failed] = await queue.getFailed();
    assert.deepEqual([failed.name, failed.failedReason, failed.attemptsMade], ["hopeless", "never", 1]);
    const again = once(events, "failed");
    await failed.retry();
    await again;
  }));

test("repeated jobs", () =>
  withQueue(async ({ queue, worker }) => {
    await queue.upsertJobScheduler("tick", { every: 50 }, { name: "tick" });
    assert.equal((await queue.getJobSchedulers()).length, 1);
    await completions(worker(async () => {}), 3);
    assert.equal(await queue.removeJobScheduler("tick"), true);
    assert.equal(await queue.getJobSchedulersCount(), 0);
  }));

test("a rate is kept", () =>
  withQueue(async ({ queue, worker }) => {
    await queue.addBulk(Array.from({ length: 6 }, () => ({ name: "limited", data: {} })));
    const begin = Date.now();
    await completions(worker(async () => {}, { concurrency: 10, limiter: { max: 2, duration: 100 } }), 6);
    assert.ok(Date.now() - begin >= 150);
  }));

test("flows: a parent waits for its children", () =>
  withQueue(async ({ worker, own, events }) => {
    const flow = own(new FlowProducer({ connection }));
    const tree = await flow.add({
      name: "sum",
      queueName: "jobs",
      children: [1, 2, 3].map((n) => ({ name: "part", data: { n }, queueName: "jobs" })),
    });
    worker(async (job) => {
      if (job.name === "part") return job.data.n;
      return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0);
    });
    assert.equal(await tree.job.waitUntilFinished(events, 5000), 6);
    assert.deepEqual((await tree.job.getDependencies()).unprocessed, []);
  }));

test("events, progress and logs", () =>
  withQueue(async ({ queue, events, worker }) => {
    const seen = [];
    for (const name of ["added", "waiting", "active", "progress", "completed", "drained"]) events.on(name, () => seen.push(name));
    const drained = once(events, "drained");
    const job = await queue.add("j", {});
    worker(async (own) => {
      await own.log("half way");
      await own.updateProgress(50);
    });
    await job.waitUntilFinished(events, 5000);
    await drained;
    assert.deepEqual(seen.filter((name) => name !== "drained"), ["added", "waiting", "active", "progress", "completed"]);
    assert.deepEqual(await queue.getJobLogs(job.id), { logs: ["half way"], count: 1 });
    assert.equal((await Job.fromId(queue, job.id)).progress, 50);
  }));

test("pause, deduplication, removal", () =>
  withQueue(async ({ queue, events, worker }) => {
    await queue.pause();
    worker(async () => "done");
    const job = await queue.add("j", {}, { deduplication: { id: "same" } });
    assert.equal((await queue.add("j", {}, { deduplication: { id: "same" } })).id, job.id);
    assert.equal((await queue.add("j", {}, { jobId: "given" })).id, "given");
    assert.equal(await queue.remove("given"), 1);
    assert.equal(await job.getState(), "waiting");
    await queue.resume();
    assert.equal(await job.waitUntilFinished(events, 5000), "done");
    assert.equal((await queue.clean(0, 100, "completed")).length, 1);
    await queue.obliterate({ force: true });
    assert.deepEqual((await r.keys("bull:jobs:*")).filter((key) => !/events|stalled-check/.test(key)), []);
  }));

test("stalled jobs are taken over", () =>
  withQueue(async ({ queue, events, worker, own }) => {
    const job = await queue.add("j", {});
    const dead = own(new Worker("jobs", null, { connection, lockDuration: 50, skipStalledCheck: true }));
    assert.equal((await dead.getNextJob("dead", { block: false })).id, job.id);
    const stalled = once(events, "stalled");
    worker(async () => "rescued", { stalledInterval: 50, maxStalledCount: 1 });
    await stalled;
    assert.equal(await job.waitUntilFinished(events, 5000), "rescued");
  }));

test("jobs put off by their own worker", () =>
  withQueue(async ({ queue, events, worker }) => {
    worker(async (job, token) => {
      if (job.data.again) return "later";
      await job.updateData({ again: true });
      await job.moveToDelayed(Date.now() + 50, token);
      throw new DelayedError();
    });
    const job = await queue.add("j", {});
    assert.equal(await job.waitUntilFinished(events, 5000), "later");
  }));
