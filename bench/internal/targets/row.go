// Package targets holds the table of what nook must reach, and measures it.
// Each row is one line of rows.go; the file of its family says how the figure is come by.
package targets

// A Row is one target: a comparison, and the bounds of its ratio.
type Row struct {
	Name string
	// Against is who nook is compared with; "" for a row about nook alone.
	Against   string
	Must, Aim Bound
	Run       func(*Env) (Result, error)
}

// Title names the row and its peer.
func (r Row) Title() string {
	if r.Against == "" {
		return r.Name
	}
	return r.Name + ", " + r.Against
}

// Verdict says which of the row's bounds the result is within.
func (r Row) Verdict(result Result) Verdict { return judge(result.Ratio, r.Must, r.Aim) }
