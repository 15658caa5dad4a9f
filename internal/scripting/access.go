package scripting

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/command"
)

// usersOf returns what knows the users, if the one of a connection may not do everything. Then calls of scripts are looked at.
func usersOf(c command.Conn) command.Users {
	if c == nil || c.Users().User().Unrestricted() {
		return nil
	}
	return c.Users()
}

// refusal returns why the caller may not run a command, "" if it may.
func (r *run) refusal(row *command.Row, args []string) string {
	if r.users == nil {
		return ""
	}
	why := command.Permit(r.users, row, args, acl.Lua)
	if why == acl.Permitted {
		return ""
	}
	return string(command.ErrDeniedScript(why))
}

// aclCheck is redis.acl_check_cmd. Who is not connected may do all.
func (m *machine) aclCheck(l *glua.LState) int {
	if m.run == nil {
		return m.fail(l, "ERR redis.acl_check_cmd can only be called inside a script invocation", false, true)
	}
	if text := m.arguments(l); text != "" {
		return m.fail(l, text, false, true)
	}
	row := command.RowOf(m.args)
	if row == nil {
		return m.fail(l, "ERR Invalid command passed to redis.acl_check_cmd()", false, true)
	}
	users := m.run.users
	l.Push(glua.LBool(users == nil || command.Allows(users.User(), row, m.args)))
	return 1
}
