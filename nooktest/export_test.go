package nooktest

import "testing"

// SetTB makes s report failures to another test.
func SetTB(s *Server, t testing.TB) { s.t = t }

// SetClusterTB makes c report failures to another test.
func SetClusterTB(c *Cluster, t testing.TB) { c.t = t }
