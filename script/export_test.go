package script

import "github.com/nookdb/nook/internal/resp"

// Reply returns the value as a reply.
func (v Value) Reply() resp.Reply { return v.reply }
