package nooktest

import "testing"

// SetTB makes s report failures to another test.
func SetTB(s *Server, t testing.TB) { s.t = t }
