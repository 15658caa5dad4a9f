package interop

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// TestAsynq has tasks go through a queue that consists of scripts.
func TestAsynq(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx := t.Context()
		client := asynq.NewClientFromRedisClient(c)
		first, err := client.EnqueueContext(ctx, asynq.NewTask("greet", []byte("a")), asynq.Unique(time.Hour), asynq.Retention(time.Hour))
		require.NoError(t, err)
		_, err = client.EnqueueContext(ctx, asynq.NewTask("greet", []byte("a")), asynq.Unique(time.Hour))
		require.ErrorIs(t, err, asynq.ErrDuplicateTask)
		later, err := client.EnqueueContext(ctx, asynq.NewTask("greet", []byte("b")), asynq.ProcessIn(time.Hour))
		require.NoError(t, err)

		greeted := make(chan string, 2)
		server := asynq.NewServerFromRedisClient(c, asynq.Config{Concurrency: 1, TaskCheckInterval: time.Millisecond, LogLevel: asynq.FatalLevel})
		require.NoError(t, server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
			_, err := task.ResultWriter().Write([]byte("hello"))
			greeted <- string(task.Payload())
			return err
		})))
		require.Equal(t, "a", <-greeted)
		server.Shutdown()
		require.Empty(t, greeted)

		inspector := asynq.NewInspectorFromRedisClient(c)
		done, err := inspector.GetTaskInfo("default", first.ID)
		require.NoError(t, err)
		require.Equal(t, asynq.TaskStateCompleted, done.State)
		require.Equal(t, "hello", string(done.Result))
		scheduled, err := inspector.ListScheduledTasks("default")
		require.NoError(t, err)
		require.Len(t, scheduled, 1)
		require.Equal(t, later.ID, scheduled[0].ID)
		require.NoError(t, inspector.RunTask("default", later.ID))
		require.NoError(t, inspector.DeleteTask("default", later.ID))
		require.ErrorIs(t, inspector.DeleteTask("default", later.ID), asynq.ErrTaskNotFound)
		n, err := inspector.DeleteAllCompletedTasks("default")
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

// work runs an asynq server until stop is called, or the test is over.
func work(t testing.TB, c *redis.Client, o asynq.Config, do asynq.HandlerFunc) (stop func()) {
	t.Helper()
	o.LogLevel = asynq.FatalLevel
	s := asynq.NewServerFromRedisClient(c, o)
	require.NoError(t, s.Start(do))
	t.Cleanup(s.Shutdown)
	return s.Shutdown
}

// Tasks that fail are tried again, and put aside when they have failed often enough.
func TestAsynqRetries(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		ctx, client, inspector := t.Context(), asynq.NewClientFromRedisClient(c), asynq.NewInspectorFromRedisClient(c)
		done := make(chan int, 1)
		bad := make(chan int, 3)
		stop := work(t, c, asynq.Config{
			Concurrency: 2, TaskCheckInterval: time.Millisecond, DelayedTaskCheckInterval: time.Millisecond,
			RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
		}, func(ctx context.Context, task *asynq.Task) error {
			tries, _ := asynq.GetRetryCount(ctx)
			switch {
			case task.Type() == "bad":
				bad <- tries
				return errors.New("it is bad")
			case tries < 2:
				return errors.New("not yet")
			}
			done <- tries
			return nil
		})
		_, err := client.EnqueueContext(ctx, asynq.NewTask("good", nil), asynq.MaxRetry(5))
		require.NoError(t, err)
		worst, err := client.EnqueueContext(ctx, asynq.NewTask("bad", nil), asynq.MaxRetry(2))
		require.NoError(t, err)
		require.Equal(t, 2, <-done)
		for i := range 3 {
			require.Equal(t, i, <-bad)
		}
		stop()
		archived, err := inspector.ListArchivedTasks("default")
		require.NoError(t, err)
		require.Len(t, archived, 1)
		require.Equal(t, worst.ID, archived[0].ID)
		require.Equal(t, "it is bad", archived[0].LastErr)
		require.Equal(t, 2, archived[0].Retried)
		q, err := inspector.GetQueueInfo("default")
		require.NoError(t, err)
		require.Equal(t, 6, q.ProcessedTotal)
		require.Equal(t, 5, q.FailedTotal)
		require.Equal(t, 1, q.Size)
		require.NoError(t, inspector.RunTask("default", worst.ID))
		require.NoError(t, inspector.DeleteQueue("default", true))
	})
}

// Queues of several priorities, of which one is paused.
func TestAsynqQueues(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, _ target, c *redis.Client) {
		client, inspector := asynq.NewClientFromRedisClient(c), asynq.NewInspectorFromRedisClient(c)
		for i := range 9 {
			queue := []string{"low", "high", "paused"}[i%3]
			_, err := client.Enqueue(asynq.NewTask(queue, nil), asynq.Queue(queue), asynq.TaskID(strconv.Itoa(i)))
			require.NoError(t, err)
		}
		_, err := client.Enqueue(asynq.NewTask("low", nil), asynq.Queue("low"), asynq.TaskID("0"))
		require.ErrorIs(t, err, asynq.ErrTaskIDConflict)
		require.NoError(t, inspector.PauseQueue("paused"))
		done := make(chan string, 9)
		work(t, c, asynq.Config{
			Concurrency: 1, StrictPriority: true, Queues: map[string]int{"low": 1, "high": 5, "paused": 9}, TaskCheckInterval: time.Millisecond,
		}, func(_ context.Context, task *asynq.Task) error {
			done <- task.Type()
			return nil
		})
		for _, want := range []string{"high", "high", "high", "low", "low", "low"} {
			require.Equal(t, want, <-done)
		}
		require.NoError(t, inspector.UnpauseQueue("paused"))
		for range 3 {
			require.Equal(t, "paused", <-done)
		}
	})
}

// performed is what was done, with the time since the start.
type performed struct {
	mu    sync.Mutex
	start time.Time
	tasks []string
}

func (p *performed) add(task *asynq.Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Since(p.start).Round(time.Minute)
	p.tasks = append(p.tasks, at.String()+" "+task.Type()+" "+string(task.Payload()))
}

// take returns what was done since it was last called.
func (p *performed) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.tasks
	p.tasks = nil
	return got
}

// Four hours of a queue: tasks for later, retries that wait longer each time, tasks that must not be there twice for ten
// minutes, groups, and one that comes every twenty minutes.
func TestAsynqInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bubbled(t).goRedis(t, redis.Options{})
		client := asynq.NewClientFromRedisClient(c)
		enqueue := func(kind, payload string, o ...asynq.Option) error {
			_, err := client.EnqueueContext(t.Context(), asynq.NewTask(kind, []byte(payload)), o...)
			return err
		}
		log := &performed{start: time.Now()}
		work(t, c, asynq.Config{
			TaskCheckInterval: 5 * time.Second, DelayedTaskCheckInterval: 5 * time.Second, // of which it does not take many
			RetryDelayFunc:   func(n int, _ error, _ *asynq.Task) time.Duration { return 10 * time.Minute << n },
			GroupGracePeriod: 2 * time.Minute, GroupMaxSize: 3,
			GroupAggregator: asynq.GroupAggregatorFunc(func(group string, tasks []*asynq.Task) *asynq.Task {
				var all [][]byte
				for _, task := range tasks {
					all = append(all, task.Payload())
				}
				return asynq.NewTask(group, bytes.Join(all, []byte("+")))
			}),
		}, func(_ context.Context, task *asynq.Task) error {
			log.add(task)
			if task.Type() == "fail" {
				return errors.New("failed")
			}
			return nil
		})
		require.NoError(t, enqueue("later", "a", asynq.ProcessIn(50*time.Minute)))
		require.NoError(t, enqueue("fail", "b", asynq.MaxRetry(3)))
		time.Sleep(80 * time.Minute)
		require.Equal(t, []string{"0s fail b", "10m0s fail b", "30m0s fail b", "50m0s later a", "1h10m0s fail b"}, log.take())

		require.NoError(t, enqueue("once", "c", asynq.Unique(10*time.Minute), asynq.ProcessIn(30*time.Minute)))
		require.ErrorIs(t, enqueue("once", "c", asynq.Unique(10*time.Minute)), asynq.ErrDuplicateTask)
		time.Sleep(10 * time.Minute)
		require.ErrorIs(t, enqueue("once", "c", asynq.Unique(10*time.Minute)), asynq.ErrDuplicateTask) // it is from the time it is due
		time.Sleep(30 * time.Minute)
		require.NoError(t, enqueue("once", "c", asynq.Unique(10*time.Minute)))
		time.Sleep(10 * time.Minute)
		require.Equal(t, []string{"1h50m0s once c", "2h0m0s once c"}, log.take())

		for _, payload := range []string{"1", "2"} {
			require.NoError(t, enqueue("mail", payload, asynq.Group("mails")))
			time.Sleep(time.Second) // asynq orders them by seconds
		}
		time.Sleep(10 * time.Minute)
		for _, payload := range []string{"1", "2", "3"} {
			require.NoError(t, enqueue("mail", payload, asynq.Group("mails")))
			time.Sleep(time.Second) // asynq orders them by seconds
		}
		time.Sleep(10 * time.Minute)
		require.Equal(t, []string{"2h12m0s mails 1+2", "2h20m0s mails 1+2+3"}, log.take())

		every := asynq.NewSchedulerFromRedisClient(c, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel})
		_, err := every.Register("@every 20m", asynq.NewTask("tick", nil))
		require.NoError(t, err)
		require.NoError(t, every.Start())
		time.Sleep(90 * time.Minute)
		every.Shutdown()
		require.Equal(t, []string{"2h50m0s tick ", "3h10m0s tick ", "3h30m0s tick ", "3h50m0s tick "}, log.take())
	})
}
