package interop

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/boj/redistore"
	redigo "github.com/gomodule/redigo/redis"
	"github.com/gorilla/sessions"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/nooktest"
)

// A browser keeps the cookies that it is given.
type browser struct {
	t       testing.TB
	site    http.Handler
	cookies map[string]*http.Cookie
}

func newBrowser(t testing.TB, site http.Handler) *browser {
	return &browser{t, site, map[string]*http.Cookie{}}
}

// get returns the text of a page.
func (b *browser) get(path string) string {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	require.Equal(b.t, http.StatusOK, w.Code, w.Body)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
	}
	return w.Body.String()
}

// scsSite is a page that says how often this visitor has been there.
func scsSite(c *redis.Client) (*scs.SessionManager, http.Handler) {
	visits := scs.New()
	visits.Store = goredisstore.NewWithPrefix(c, "visit:")
	visits.Lifetime = time.Hour
	site := http.NewServeMux()
	site.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n := visits.GetInt(r.Context(), "n") + 1
		visits.Put(r.Context(), "n", n)
		_, _ = w.Write([]byte(strconv.Itoa(n)))
	})
	site.HandleFunc("/renew", func(_ http.ResponseWriter, r *http.Request) {
		if err := visits.RenewToken(r.Context()); err != nil {
			panic(err)
		}
	})
	site.HandleFunc("/leave", func(_ http.ResponseWriter, r *http.Request) {
		if err := visits.Destroy(r.Context()); err != nil {
			panic(err)
		}
	})
	return visits, visits.LoadAndSave(site)
}

func TestSCSSessions(t *testing.T) {
	everyGoRedis(t, func(t *testing.T, x target, c *redis.Client) {
		visits, site := scsSite(c)
		ada, bob := newBrowser(t, site), newBrowser(t, site)
		require.Equal(t, "1", ada.get("/"))
		require.Equal(t, "2", ada.get("/"))
		require.Equal(t, "1", bob.get("/"))
		first := ada.cookies["session"].Value
		equal(t, 1)(toInt(c.Exists(t.Context(), "visit:"+first).Result()))
		ada.get("/renew")
		require.NotEqual(t, first, ada.cookies["session"].Value)
		require.Equal(t, "3", ada.get("/"))
		equal(t, 0)(toInt(c.Exists(t.Context(), "visit:"+first).Result()))

		total := 0
		require.NoError(t, visits.Iterate(t.Context(), func(ctx context.Context) error {
			total += visits.GetInt(ctx, "n")
			return nil
		}))
		require.Equal(t, 4, total)
		ada.get("/leave")
		require.Equal(t, "1", ada.get("/"))
		require.Equal(t, "2", bob.get("/"))
		if x.isNook() {
			x.srv.Advance(time.Hour)
			require.Equal(t, "1", bob.get("/"))
		}
	})
}

// gorillaSite is the page with sessions of gorilla's interface, over redigo.
func gorillaSite(t testing.TB, x target) http.Handler {
	pool := &redigo.Pool{Dial: func() (redigo.Conn, error) { return x.dialRedigo() }}
	t.Cleanup(func() { _ = pool.Close() })
	store, err := redistore.NewRediStoreWithPool(pool, []byte("a key to sign cookies with, for tests"))
	require.NoError(t, err)
	site := http.NewServeMux()
	serve := func(path string, change func(*sessions.Session)) {
		site.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			s, err := store.Get(r, "visit")
			if err == nil {
				change(s)
				err = s.Save(r, w)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			n, _ := s.Values["n"].(int)
			_, _ = w.Write([]byte(strconv.Itoa(n)))
		})
	}
	serve("/", func(s *sessions.Session) {
		n, _ := s.Values["n"].(int)
		s.Values["n"] = n + 1
	})
	serve("/hour", func(s *sessions.Session) { s.Options.MaxAge = 3600 })
	serve("/leave", func(s *sessions.Session) { s.Options.MaxAge = -1 })
	return site
}

func TestGorillaSessions(t *testing.T) {
	everywhere(t, func(t *testing.T, x target) {
		site, c := gorillaSite(t, x), x.redigo(t)
		ada, bob := newBrowser(t, site), newBrowser(t, site)
		require.Equal(t, "1", ada.get("/"))
		require.Equal(t, "2", ada.get("/"))
		require.Equal(t, "1", bob.get("/"))
		equal(t, 2)(redigo.Int(c.Do("DBSIZE")))
		require.Equal(t, "2", ada.get("/hour"))
		ada.get("/leave")
		equal(t, 1)(redigo.Int(c.Do("DBSIZE")))
		require.Equal(t, "1", bob.get("/hour"))
		keys, err := redigo.Strings(c.Do("KEYS", "session_*"))
		require.NoError(t, err)
		require.Len(t, keys, 1)
		equal(t, 3600)(redigo.Int(c.Do("TTL", keys[0])))
	})
}

func TestGorillaSessionsInTime(t *testing.T) {
	onNook(t, nooktest.Options{}, func(t *testing.T, x target) {
		ada := newBrowser(t, gorillaSite(t, x))
		ada.get("/")
		ada.get("/hour")
		x.srv.Advance(time.Hour - time.Second)
		require.Equal(t, "2", ada.get("/")) // for thirty days more
		x.srv.Advance(30 * 24 * time.Hour)
		require.Equal(t, "1", ada.get("/"))
	})
}
