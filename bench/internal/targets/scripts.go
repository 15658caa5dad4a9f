package targets

import (
	"context"

	"github.com/nookdb/nook"
	lua "github.com/nookdb/nook/script"
)

// oneLine is the script that is run: what it costs is what any script costs.
var oneLine = lua.New("return redis.call('GET', KEYS[1])")

var scriptTask = task{
	command: "evalsha",
	batch:   1,
	begin:   []any{"SCRIPT", "LOAD", oneLine.Source()},
	fill: func(s *nook.Store, list []member) error {
		for _, m := range list {
			if err := s.Set(m.name, m.value); err != nil {
				return err
			}
		}
		return nil
	},
	fillArgs: func(list []member) []any { return []any{"SET", list[0].name, list[0].value} },
	call: func(s *nook.Store, m member) error {
		_, err := oneLine.Run(context.Background(), s, []string{m.name})
		return err
	},
	args: func(m member) []any { return []any{"EVALSHA", oneLine.SHA(), 1, m.name} },
}
