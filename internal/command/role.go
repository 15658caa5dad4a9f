package command

// Role is what a server is to others that have the same data.
type Role struct {
	Master   *Endpoint  // that it is a replica of, nil if it is none
	Replicas []Endpoint // of a master
	Offset   int64      // how much they have in common, in bytes of replication
}

// name returns the word for the role.
func (r Role) name() string {
	if r.Master != nil {
		return "slave"
	}
	return "master"
}

// ErrReadOnly is the error of writes to a replica.
const ErrReadOnly = Error("READONLY You can't write against a read only replica.")

var roleRows = []*Row{
	{
		Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast, Class: ClassAdmin | ClassDangerous, Group: "server", Since: "2.8.12",
		Doc:  "Returns whether the server is a master or a replica, and whose.",
		Cost: "O(N) where N is the number of replicas.",
		Run:  connected(role),
	},
}

func role(c *Call) error {
	r := c.Conn.Role()
	if r.Master != nil {
		c.Out.Array(5)
		c.Out.Bulk(r.name())
		c.Out.Bulk(r.Master.Host)
		c.Out.Int(int64(r.Master.Port))
		c.Out.Bulk("connected")
		c.Out.Int(r.Offset)
		return nil
	}
	c.Out.Array(3)
	c.Out.Bulk(r.name())
	c.Out.Int(r.Offset)
	c.Out.Array(len(r.Replicas))
	for _, e := range r.Replicas {
		c.Out.Array(3)
		c.Out.Bulk(e.Host)
		c.Out.Bulk(decimal(e.Port))
		c.Out.Bulk(decimal(r.Offset))
	}
	return nil
}
