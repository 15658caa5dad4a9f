package command

import "github.com/nookdb/nook"

// The methods below write what a typed call returned, or pass its error on, so
// that an adapter is one line: return c.count(c.DB.Del(c.Args[1:]...)).

// ok replies OK.
func (c *Call) ok(err error) error {
	if err == nil {
		c.Out.OK()
	}
	return err
}

// int replies an integer.
func (c *Call) int(n int64, err error) error {
	if err == nil {
		c.Out.Int(n)
	}
	return err
}

// count replies a number or a length.
func (c *Call) count(n int, err error) error { return c.int(int64(n), err) }

// flag replies 1 or 0. RESP3's booleans are not used where RESP2 has integers.
func (c *Call) flag(yes bool, err error) error {
	if yes {
		return c.int(1, err)
	}
	return c.int(0, err)
}

// bulk replies a string.
func (c *Call) bulk(s string, err error) error {
	if err == nil {
		c.Out.Bulk(s)
	}
	return err
}

// optional replies a string, or null if there is none.
func (c *Call) optional(s string, ok bool, err error) error {
	switch {
	case err != nil:
		return err
	case ok:
		c.Out.Bulk(s)
	default:
		c.Out.Null()
	}
	return nil
}

// optionals replies strings, with nulls for those that are absent.
func (c *Call) optionals(values []nook.Optional, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(len(values))
	for _, v := range values {
		if v.OK {
			c.Out.Bulk(v.Value)
		} else {
			c.Out.Null()
		}
	}
	return nil
}

// optionalCount replies a number, or null if there is none.
func (c *Call) optionalCount(n int, ok bool, err error) error {
	if err == nil && !ok {
		c.Out.Null()
		return nil
	}
	return c.count(n, err)
}

// list replies an array of strings.
func (c *Call) list(items []string, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(len(items))
	for _, s := range items {
		c.Out.Bulk(s)
	}
	return nil
}

// members replies a set of strings.
func (c *Call) members(items []string, err error) error {
	if err != nil {
		return err
	}
	c.Out.Set(len(items))
	for _, s := range items {
		c.Out.Bulk(s)
	}
	return nil
}
