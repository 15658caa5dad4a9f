package aof

import (
	"strconv"

	"github.com/nookdb/nook/internal/resp"
)

const (
	multiRecord = "*1\r\n$5\r\nMULTI\r\n"
	execRecord  = "*1\r\n$4\r\nEXEC\r\n"
)

// AppendSelect appends the record that names the database of those that follow.
func AppendSelect(b []byte, db int) []byte {
	return resp.AppendCommand(b, "SELECT", strconv.Itoa(db))
}

// AppendMulti appends the record that begins a transaction.
func AppendMulti(b []byte) []byte { return append(b, multiRecord...) }

// AppendExec appends the record that ends a transaction.
func AppendExec(b []byte) []byte { return append(b, execRecord...) }

// AppendCommand appends the record of a command.
func AppendCommand(b []byte, args []string) []byte { return resp.AppendCommand(b, args...) }
