//go:build unix

package server

import (
	"io"
	"net"
	"syscall"
)

// A socket is the part of a connection that the kernel has. It lets a session wait
// for requests without a buffer, and send replies without waiting.
type socket struct {
	raw     syscall.RawConn
	session *session

	fd       int
	readable func(fd uintptr) bool // s.tryReadFD, made once
	writable func(fd uintptr) bool // s.tryWriteFD, made once

	p   []byte // what tryWriteFD writes
	n   int    // what the last call of either moved
	err error
}

// newSocket returns the socket of a connection, nil if there is none. Types that
// embed a connection of package net are left alone: they may have changed how it
// reads and writes.
func newSocket(s *session) *socket {
	var c syscall.Conn
	switch conn := s.conn.(type) {
	case *net.TCPConn:
		c = conn
	case *net.UnixConn:
		c = conn
	default:
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	k := &socket{raw: raw, session: s}
	k.readable, k.writable = k.tryReadFD, k.tryWriteFD
	_ = raw.Control(func(fd uintptr) { k.fd = int(fd) }) // fails only if the connection is closed
	return k
}

// read waits for bytes and reads them into the chunk of the session's gear. The
// session has a gear while it reads, but not while it waits.
func (k *socket) read() (int, error) {
	if err := k.raw.Read(k.readable); err != nil {
		return 0, err
	}
	if k.n == 0 && k.err == nil {
		return 0, io.EOF
	}
	return k.n, k.err
}

// tryReadFD reports whether the read is over: whether there were bytes, or an
// error.
func (k *socket) tryReadFD(fd uintptr) bool {
	s := k.session
	if s.gear == nil {
		s.engage()
	}
	k.n, k.err = again(syscall.Read, fd, s.gear.chunk)
	if k.err == syscall.EAGAIN {
		s.release()
		return false
	}
	return true
}

// tryWrite writes what the kernel takes at once.
func (k *socket) tryWrite(p []byte) (int, error) {
	k.p = p
	err := k.raw.Write(k.writable)
	k.p = nil
	switch {
	case err != nil:
		return 0, err
	case k.err == syscall.EAGAIN:
		return 0, nil
	}
	return k.n, k.err
}

func (k *socket) tryWriteFD(fd uintptr) bool {
	k.n, k.err = again(syscall.Write, fd, k.p)
	return true
}

// again makes a system call until no signal interrupts it. It returns no
// negative number.
func again(call func(fd int, p []byte) (int, error), fd uintptr, p []byte) (int, error) {
	for {
		n, err := call(int(fd), p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
