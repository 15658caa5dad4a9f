package peer

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook/bench/internal/server"
)

// redisStore is a redis-server of its own, called through go-redis on a unix
// socket. Close ends the process.
type redisStore struct {
	server *server.Process
	client *redis.Client
}

func newRedis(int) (Store, error) {
	s, err := server.StartRedis(context.Background())
	if err != nil {
		return nil, err
	}
	return redisStore{s, s.SocketClient()}, nil
}

func (r redisStore) Get(key string) (string, bool) {
	v, err := r.client.Get(context.Background(), key).Result()
	if errors.Is(err, redis.Nil) {
		return "", false
	}
	if err != nil {
		panic(err)
	}
	return v, true
}

func (r redisStore) Set(key, value string) {
	if err := r.client.Set(context.Background(), key, value, 0).Err(); err != nil {
		panic(err)
	}
}

func (r redisStore) Load(n int) error { return r.server.Load(context.Background(), n) }

func (r redisStore) Close() error {
	return errors.Join(r.client.Close(), r.server.Stop())
}
