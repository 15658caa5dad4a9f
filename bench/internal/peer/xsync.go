package peer

import "github.com/puzpuzpuz/xsync/v4"

type xsyncStore struct{ m *xsync.Map[string, string] }

func newXSync(int) (Store, error) { return xsyncStore{xsync.NewMap[string, string]()}, nil }

func (x xsyncStore) Get(key string) (string, bool) { return x.m.Load(key) }
func (x xsyncStore) Set(key, value string)         { x.m.Store(key, value) }
func (x xsyncStore) Close() error                  { return nil }
