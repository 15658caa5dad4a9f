package server

// # Acknowledgement
//
// A store may keep its changes in a journal, which takes a while. A session waits for that once for all replies that it is about to
// send: so a pipeline waits once, and many sessions wait for the same. Replies of commands that have changed nothing wait
// too, since they may tell of changes of others.

// unsafeError says that changes are not safe.
type unsafeError struct{ reason error }

func (e *unsafeError) Error() string {
	return "its changes could not be made safe: " + e.reason.Error()
}

func (e *unsafeError) Unwrap() error { return e.reason }

// commit waits until all that replies so far can tell of is safe. If it fails, the replies must not be sent: the client is cut off, as it
// would be by a server that has gone down, and cannot know either what has become of its requests.
func (s *session) commit() error {
	began := s.server.spikeBegins()
	err := s.server.store.Commit()
	if !began.IsZero() {
		s.server.spikeEnds(s.server.commitEvent(), began)
	}
	if err == nil || !s.owes {
		s.owes = false
		return nil
	}
	return &unsafeError{err}
}

// commitEvent returns the kind of event that a wait for the journal is: for the disk, or, unless each write is to be there, for the system to take it.
func (s *Server) commitEvent() string {
	if s.persistence.Parameters().Fsync == "always" {
		return "aof-fsync-always"
	}
	return "aof-write"
}
