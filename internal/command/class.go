package command

// Class is a set of ACL categories.
type Class uint32

// The categories, in the order in which COMMAND INFO names them. Rows need not name
// those that follow from their flags: read, write, admin, pubsub, fast, slow,
// blocking and, with admin, dangerous.
const (
	ClassKeyspace Class = 1 << iota
	ClassRead
	ClassWrite
	ClassSet
	ClassSortedSet
	ClassList
	ClassHash
	ClassString
	ClassBitmap
	ClassHyperLogLog
	ClassGeo
	ClassStream
	ClassPubSub
	ClassAdmin
	ClassFast
	ClassSlow
	ClassBlocking
	ClassDangerous
	ClassConnection
	ClassTransaction
	ClassScripting
)

var classNames = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// Names returns the names of the categories, without the @ that rules put before them.
func (k Class) Names() []string { return namesOf(uint32(k), classNames) }

// ParseClass returns the category of a name, which is written without an @, in any case.
func ParseClass(name string) (Class, bool) {
	for i, n := range classNames {
		if is(name, n) {
			return 1 << i, true
		}
	}
	return 0, false
}

// Classes returns all ACL categories of the command: its own and those that
// follow from its flags.
func (r *Row) Classes() Class {
	k := r.Class
	if r.Flags.Has(Write) {
		k |= ClassWrite
	}
	if r.Flags.Has(ReadOnly) && k&ClassScripting == 0 {
		k |= ClassRead
	}
	if r.Flags.Has(Admin) {
		k |= ClassAdmin | ClassDangerous
	}
	if r.Flags.Has(PubSub) {
		k |= ClassPubSub
	}
	if r.Flags.Has(Blocking) {
		k |= ClassBlocking
	}
	if r.Flags.Has(Fast) {
		return k | ClassFast
	}
	return k | ClassSlow
}
