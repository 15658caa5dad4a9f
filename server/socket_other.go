//go:build !unix

package server

// A socket is the part of a connection that the kernel has. Only unix systems
// let a session use it directly.
type socket struct{ fd int }

func newSocket(*session) *socket { return nil }

func (k *socket) read() (int, error) { panic("server: no sockets here") }

func (k *socket) tryWrite([]byte) (int, error) { panic("server: no sockets here") }
