package resp

// A ProtocolError is a request that breaks the protocol. What follows it on the
// connection cannot be told apart, so the server answers and hangs up.
type ProtocolError struct {
	text string
}

// Error returns Redis's reply, without its code "ERR".
func (e *ProtocolError) Error() string { return e.text }

// What a Reader complains about.
var (
	errBigInline    = &ProtocolError{"Protocol error: too big inline request"}
	errBigCount     = &ProtocolError{"Protocol error: too big mbulk count string"}
	errBigLength    = &ProtocolError{"Protocol error: too big bulk count string"}
	errQuotes       = &ProtocolError{"Protocol error: unbalanced quotes in request"}
	errCount        = &ProtocolError{"Protocol error: invalid multibulk length"}
	errLength       = &ProtocolError{"Protocol error: invalid bulk length"}
	errUnauthCount  = &ProtocolError{"Protocol error: unauthenticated multibulk length"}
	errUnauthLength = &ProtocolError{"Protocol error: unauthenticated bulk length"}
)

// errNotBulk tells that an argument begins with got. A line end would end the
// reply early, so it shows as a space.
func errNotBulk(got byte) *ProtocolError {
	if got == '\r' || got == '\n' {
		got = ' '
	}
	text := append([]byte("Protocol error: expected '$', got '"), got, '\'')
	return &ProtocolError{string(text)}
}
