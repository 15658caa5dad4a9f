package command

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// fakeConn is a connection that notes what is asked of it.
type fakeConn struct {
	Conn // nil: all that no test needs

	name, libName, libVersion string
	password                  string
	user                      string // "" until authenticated
	asked                     []string
}

func (f *fakeConn) ID() int64                 { return 7 }
func (f *fakeConn) Name() string              { return f.name }
func (f *fakeConn) SetName(name string)       { f.name = name }
func (f *fakeConn) HasPassword() bool         { return f.password != "" }
func (f *fakeConn) Authenticated() bool       { return f.user != "" }
func (f *fakeConn) HangUp()                   { f.asked = append(f.asked, "hang up") }
func (f *fakeConn) Reset()                    { f.asked = append(f.asked, "reset") }
func (f *fakeConn) Unwatch()                  { f.asked = append(f.asked, "unwatch") }
func (f *fakeConn) Cluster() Cluster          { return nil }
func (f *fakeConn) Role() Role                { return Role{} }
func (f *fakeConn) Client() Client            { return Client{ID: 7, Queued: -1, User: "u", Flags: "N"} }
func (f *fakeConn) Clients() iter.Seq[Client] { return slices.Values([]Client{{ID: 3}, {ID: 7}}) }

func (f *fakeConn) Authenticate(user, password string) error {
	if password != f.password {
		return ErrWrongPass
	}
	f.user = user
	return nil
}

func (f *fakeConn) SetLibrary(name, version *string) {
	if name != nil {
		f.libName = *name
	}
	if version != nil {
		f.libVersion = *version
	}
}

func (f *fakeConn) Watch(db *nook.Commands, keys []string) error {
	f.asked = append(f.asked, keys...)
	return nil
}

func (f *fakeConn) Info(db *nook.Commands, s Sections) (string, error) {
	return "", Error("ERR " + string(rune('0'+db.DBIndex())))
}

// call runs a command over the connection, nil for none, and returns the call.
func (s *tester) call(conn Conn, args ...string) (*Call, string) {
	s.t.Helper()
	row, err := Lookup(args)
	require.NoError(s.t, err)
	c := &Call{DB: s.store.Select(0), Args: args, Out: resp.NewBuffer(), Conn: conn, Row: row}
	c.Out.SetProto(s.proto)
	c.Run()
	return c, string(c.Out.Bytes())
}

func TestCommandsThatNeedAConnection(t *testing.T) {
	s := newTester(t)
	for _, args := range [][]string{
		{"AUTH", "x"}, {"HELLO"}, {"QUIT"}, {"RESET"}, {"CLIENT", "ID"}, {"CLIENT", "LIST"}, {"CLIENT", "INFO"}, {"CLIENT", "GETNAME"},
		{"MULTI"}, {"EXEC"}, {"DISCARD"}, {"WATCH", "k"}, {"UNWATCH"}, {"INFO"}, {"SHUTDOWN"},
	} {
		_, reply := s.call(nil, args...)
		require.Equal(t, "-ERR the command needs a connection\r\n", reply, args)
	}
	for _, args := range [][]string{{"PING"}, {"ECHO", "x"}, {"SELECT", "1"}, {"TIME"}, {"DBSIZE"}, {"FLUSHDB"}, {"CLIENT", "HELP"}} {
		_, reply := s.call(nil, args...)
		require.NotEqual(t, byte('-'), reply[0], args)
	}
}

func TestHelloChangesTheProtocol(t *testing.T) {
	s := newTester(t)
	f := &fakeConn{password: "p"}
	c, reply := s.call(f, "HELLO", "3")
	require.Equal(t, "-"+string(errHelloAuth)+"\r\n", reply)
	require.Equal(t, 2, c.Out.Proto())
	c, reply = s.call(f, "HELLO", "3", "AUTH", "someone", "p", "SETNAME", "n")
	require.Equal(t, byte('%'), reply[0])
	require.Equal(t, 3, c.Out.Proto())
	require.Equal(t, "someone", f.user)
	require.Equal(t, "n", f.name)
	s.proto = 3
	c, _ = s.call(f, "HELLO")
	require.Equal(t, 3, c.Out.Proto())
	c, reply = s.call(f, "RESET")
	require.Equal(t, "+RESET\r\n", reply)
	require.Equal(t, 2, c.Out.Proto())
	require.Equal(t, []string{"reset"}, f.asked)
}

func TestSelectChangesTheDatabase(t *testing.T) {
	s := newTester(t)
	c, _ := s.call(nil, "SELECT", "5")
	require.Equal(t, 5, c.DB.DBIndex())
	c.Row, c.Args, c.Conn = RowOf([]string{"INFO"}), []string{"INFO"}, &fakeConn{}
	require.EqualError(t, c.Row.Run(c), "ERR 5")
}

// TestClientSetInfo has the replies of Redis 7.2, where the command is new; the
// error is one there, too, since 8.0.
func TestClientSetInfo(t *testing.T) {
	s, f := newTester(t), &fakeConn{}
	for _, c := range []struct{ attribute, value, reply string }{
		{"LIB-NAME", "go-redis", "+OK\r\n"},
		{"lib-ver", "9.1", "+OK\r\n"},
		{"lib-ver", "", "+OK\r\n"},
		{"Lib-Name", "a b", "-ERR Lib-Name cannot contain spaces, newlines or special characters.\r\n"},
		{"lib-ver", "a\n", "-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n"},
		{"lib", "x", "-ERR Unrecognized option 'lib'\r\n"},
	} {
		_, reply := s.call(f, "CLIENT", "SETINFO", c.attribute, c.value)
		require.Equal(t, c.reply, reply)
	}
	require.Equal(t, "go-redis", f.libName)
	require.Empty(t, f.libVersion)
}

func TestClientLine(t *testing.T) {
	k := Client{
		ID: 1, Addr: "a:1", LocalAddr: "b:2", FD: 9, Name: "n", Age: 90 * time.Second, Idle: 1999 * time.Millisecond, Flags: "xd", DB: 3,
		Queued: 4, Unparsed: 5, ArgBytes: 6, QueuedBytes: 7, Unsent: 8, Command: "client|list", User: "u", Proto: 3, Redirect: -1,
	}
	const line = "id=1 addr=a:1 laddr=b:2 fd=9 name=n age=90 idle=1 flags=xd db=3 sub=0 psub=0 ssub=0 multi=4 qbuf=5 qbuf-free=0 argv-mem=6 " +
		"multi-mem=7 rbs=0 rbp=0 obl=0 oll=0 omem=8 tot-mem=26 events=r cmd=client|list user=u redir=-1 resp=3"
	require.Equal(t, line+"\n", string(k.appendTo(nil)))
	k.LibVersion = "v"
	require.Equal(t, line+" lib-name= lib-ver=v\n", string(k.appendTo(nil)))
	require.Contains(t, string((&Client{}).appendTo(nil)), " cmd=NULL ")
}

func TestClientListOrder(t *testing.T) {
	s, f := newTester(t), &fakeConn{}
	for _, c := range []struct {
		args []string
		ids  []string
	}{
		{[]string{"CLIENT", "LIST"}, []string{"id=3", "id=7"}},
		{[]string{"CLIENT", "LIST", "TYPE", "Normal"}, []string{"id=3", "id=7"}},
		{[]string{"CLIENT", "LIST", "TYPE", "MASTER"}, nil},
		{[]string{"CLIENT", "LIST", "ID", "7", "3", "7", "1"}, []string{"id=7", "id=3", "id=7"}},
	} {
		_, reply := s.call(f, c.args...)
		require.Equal(t, c.ids, idFields.FindAllString(reply, -1), c.args)
	}
}
