package server

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
)

// users are who may use a server, and what was denied to them.
//
// What a session may do is looked up with each of its requests only if that is not everything. A session
// whose user may do everything learns of changes by the epoch: it compares it whenever it has read from its client, and before it
// waits for it. So whoever has seen the reply of ACL SETUSER finds that all others obey it.
type users struct {
	table *acl.Table
	file  string        // Options.ACLFile
	epoch atomic.Uint64 // changes after members, or their users, have

	saving sync.Mutex // held by who writes the file, from before it looks at the users

	denied [acl.DeniedAuth + 1]atomic.Int64 // how often, by reason

	mu       sync.Mutex
	members  map[string]*member // guarded by mu
	password string             // of the default user, as the configuration has it; guarded by mu
	open     bool               // new users may use all channels, guarded by mu
	log      acl.Log            // guarded by mu
	most     int64              // entries of log, guarded by mu
}

// A member is a user as sessions hold it.
type member struct {
	user atomic.Pointer[acl.User]
	gone atomic.Bool // the user was removed
}

func newMember(u *acl.User) *member {
	m := new(member)
	m.user.Store(u)
	return m
}

// defaultDenials is how many entries ACL LOG has at most, unless the configuration says otherwise.
const defaultDenials = 128

func newUsers(o *Options) (*users, error) {
	u := &users{table: o.access(), file: o.ACLFile, members: map[string]*member{}, most: defaultDenials}
	u.members[acl.Default] = newMember(u.table.DefaultUser())
	if o.Password != "" {
		u.setPassword(o.Password)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Users)) {
		if err := u.introduce(name, o.Users[name]); err != nil {
			return nil, err
		}
	}
	if u.file != "" {
		if _, err := u.load(); err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
	}
	return u, nil
}

// introduce adds a user of Options.
func (u *users) introduce(name, rules string) error {
	if !acl.ValidName(name) {
		return fmt.Errorf("server: Options.Users: the name %q has spaces", name)
	}
	merged, open, ok := acl.Merge(strings.Split(rules, " "))
	if !ok {
		return fmt.Errorf("server: Options.Users: the selector of %q that begins with %q does not end", name, open)
	}
	user, err := u.table.NewUser(name, u.open).With(merged, u.open)
	if err != nil {
		return fmt.Errorf("server: Options.Users: %q: %w", name, err)
	}
	u.put(user)
	return nil
}

// put makes a user a member, or changes one. mu is held, or nobody knows u yet.
func (u *users) put(user *acl.User) *member {
	m := u.members[user.Name()]
	if m == nil {
		m = newMember(user)
		u.members[user.Name()] = m
	} else {
		m.user.Store(user)
	}
	u.epoch.Add(1)
	return m
}

// setPassword changes the password of the default user, who has none if it is empty. mu is held.
func (u *users) setPassword(password string) {
	rule := ">" + password
	if password == "" {
		rule = "nopass"
	}
	user, err := u.members[acl.Default].user.Load().With([]string{"resetpass", rule}, u.open)
	if err != nil {
		panic(err) // none of the rules can fail
	}
	u.password = password
	u.put(user)
}

// find returns a member by name, nil if there is none.
func (u *users) find(name string) *member {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.members[name]
}

// asks reports whether clients must authenticate.
func (u *users) asks() bool {
	user := u.find(acl.Default).user.Load()
	return !user.NoPass() || !user.Enabled()
}

// all returns all users, by name.
func (u *users) all() []*acl.User {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := make([]*acl.User, 0, len(u.members))
	for _, m := range u.members {
		list = append(list, m.user.Load())
	}
	slices.SortFunc(list, func(a, b *acl.User) int { return cmp.Compare(a.Name(), b.Name()) })
	return list
}

// change changes a member by rules, or adds one.
func (u *users) change(name string, rules []string) (*member, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	user := u.table.NewUser(name, u.open)
	if m := u.members[name]; m != nil {
		user = m.user.Load()
	}
	user, err := user.With(rules, u.open)
	if err != nil {
		return nil, err
	}
	return u.put(user), nil
}

// remove removes members, and returns those that there were.
func (u *users) remove(names []string) (gone []*member) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range names {
		if m := u.members[name]; m != nil {
			gone = append(gone, m)
			delete(u.members, name)
		}
	}
	u.dismiss(gone)
	return gone
}

// dismiss notes that members are gone. mu is held, or nobody knows u yet.
func (u *users) dismiss(gone []*member) {
	for _, m := range gone {
		m.gone.Store(true)
	}
	u.epoch.Add(1)
}

// load puts the users of the file in the place of all members, and returns those who are gone: all but the default user, who stays
// whatever becomes of it.
func (u *users) load() (gone []*member, err error) {
	if u.file == "" {
		return nil, command.ErrNoACLFile
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	text, err := os.ReadFile(u.file)
	if err != nil {
		return nil, command.Error("ERR Error loading ACLs, opening file '" + u.file + "': " + systemError(err))
	}
	list, err := u.table.Parse(string(text), u.file, u.open)
	if err != nil {
		return nil, err
	}
	for name, m := range u.members {
		if name != acl.Default {
			gone = append(gone, m)
			delete(u.members, name)
		}
	}
	if !slices.ContainsFunc(list, func(user *acl.User) bool { return user.Name() == acl.Default }) {
		list = append(list, u.table.DefaultUser())
	}
	for _, user := range list { // each once: sessions look without a lock
		u.put(user)
	}
	u.dismiss(gone)
	return gone, nil
}

// systemError returns the reason of an error of the file system as C words it.
func systemError(err error) string {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err.Error()
	}
	text := path.Err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// errUntold is why users are not saved.
var errUntold = errors.New("a rule has spaces, quotes or parentheses that a file cannot tell from its own")

// text returns what the file has of all members. It fails if that would not be read as the same users again: SETUSER takes rules, as
// in Redis, that make no sense in a line.
func (u *users) text() (string, error) {
	list := u.all()
	var text strings.Builder
	for _, user := range list {
		text.WriteString(user.Line() + "\n")
	}
	again, err := u.table.Parse(text.String(), u.file, false)
	if err == nil && !slices.EqualFunc(list, again, func(a, b *acl.User) bool { return a.Line() == b.Line() }) {
		err = errUntold
	}
	return text.String(), err
}

// save writes all members to the file, which has either all of them or is what it was.
func (u *users) save() error {
	u.saving.Lock()
	defer u.saving.Unlock()
	text, err := u.text()
	if err != nil {
		return err
	}
	mode := os.FileMode(0o600) // it has hashes of passwords
	if before, err := os.Stat(u.file); err == nil {
		mode = before.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(u.file), filepath.Base(u.file)+".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = cmp.Or(err, f.Chmod(mode), f.Sync())
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), u.file)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is of no use
	}
	return err
}

// parameters returns what CONFIG GET tells.
func (u *users) parameters() command.AccessParameters {
	u.mu.Lock()
	defer u.mu.Unlock()
	return command.AccessParameters{Password: u.password, ACLFile: u.file, MaxDenials: u.most, OpenChans: u.open}
}

// configure is CONFIG SET. The default user changes only if the password does.
func (u *users) configure(c *command.AccessParameters) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open, u.most = c.OpenChans, c.MaxDenials
	if c.Password != u.password {
		u.setPassword(c.Password)
	}
}
