package command

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublishReplies(t *testing.T) {
	s := newTester(t)
	require.Equal(t, ":0", s.do("PUBLISH", "a", "m"))
	sub, err := s.store.Subscribe("a", "ab", "")
	require.NoError(t, err)
	defer sub.Close()
	_, err = sub.PSubscribe("a*")
	require.NoError(t, err)
	_, err = sub.SSubscribe("s", "a")
	require.NoError(t, err)
	require.Equal(t, ":2", s.do("publish", "a", "m"))
	require.Equal(t, ":1", s.do("SPUBLISH", "a", "n"))
	require.Equal(t, ":0", s.do("SPUBLISH", "ab", "n"))
	require.Equal(t, "m", (<-sub.Messages()).Payload)
	require.Equal(t, "a*", (<-sub.Messages()).Pattern)
	require.Equal(t, "n", (<-sub.Messages()).Payload)

	require.Equal(t, "[$ $a $ab]", s.do("PUBSUB", "CHANNELS"))
	require.Equal(t, "[$a $ab]", s.do("PUBSUB", "CHANNELS", "*"))
	require.Equal(t, "[$]", s.do("PUBSUB", "CHANNELS", ""))
	require.Equal(t, "[$a $s]", s.do("PUBSUB", "SHARDCHANNELS"))
	require.Equal(t, "[$s]", s.do("PUBSUB", "SHARDCHANNELS", "[^a]*"))
	require.Equal(t, "[$a :1 $x :0 $a :1]", s.do("PUBSUB", "NUMSUB", "a", "x", "a"))
	require.Equal(t, "[$s :1 $ab :0]", s.do("PUBSUB", "SHARDNUMSUB", "s", "ab"))
	require.Equal(t, "[]", s.do("PUBSUB", "NUMSUB"))
	require.Equal(t, ":1", s.do("PUBSUB", "NUMPAT"))
}

func TestPubSubErrors(t *testing.T) {
	s := newTester(t)
	require.Equal(t, "-ERR wrong number of arguments for 'publish' command", s.do("PUBLISH", "a"))
	require.Equal(t, "-ERR wrong number of arguments for 'spublish' command", s.do("SPUBLISH", "a", "b", "c"))
	require.Equal(t, "-ERR wrong number of arguments for 'subscribe' command", s.do("SUBSCRIBE"))
	require.Equal(t, "-ERR wrong number of arguments for 'pubsub|numpat' command", s.do("PUBSUB", "NUMPAT", "x"))
	require.Equal(t, "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.", s.do("PUBSUB", "CHANNELS", "a", "b"))
	require.Equal(t, "-ERR unknown subcommand or wrong number of arguments for 'shardChannels'. Try PUBSUB HELP.", s.do("PUBSUB", "shardChannels", "a", "b"))
	require.Equal(t, "-ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP.", s.do("PUBSUB", "NOSUCH"))
	for _, name := range []string{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"} {
		require.Equal(t, "-ERR the command needs a connection", s.do(name, "a"))
	}
	require.NoError(t, s.store.Close())
	require.Equal(t, "-ERR the store is closed", s.do("PUBSUB", "NUMSUB", "a"))
}
