package aof

import "fmt"

// A TornError tells that the input ends within a record or a transaction, as it
// does if a write was cut short: by the end of the process, by a full disk, by
// the loss of power. Records before it are whole, and nothing stands behind it.
type TornError struct {
	Offset int64 // the end of what is whole: cut here, nothing is lost but the torn end
	End    int64 // where what was written ends
	Reason string
}

func (e *TornError) Error() string {
	return fmt.Sprintf("offset %d: %s, at offset %d", e.Offset, e.Reason, e.End)
}

// A DamageError tells that the input is not what was once written. What stands
// behind may well be whole, so that to cut here would lose it.
type DamageError struct {
	Offset int64 // of the first byte that cannot be right
	Whole  int64 // the end of what is whole before it
	Reason string
}

func (e *DamageError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Reason) }

// Why a tail is torn.
const (
	tornRecord      = "the file ends within a record"
	tornTransaction = "the file ends within a transaction"
	tornZeros       = "the file ends in zeros, which were never written"
)
