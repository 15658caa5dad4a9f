package targets

import (
	"fmt"
	"io"
	"strings"
)

// A Table prints results as they come, one line a row.
type Table struct {
	Out      io.Writer
	Markdown bool
}

var headings = []string{"what", "ours", "theirs", "ratio", "must", "aim", "verdict", "note"}

// widths are fixed, since lines are printed before the next one is known.
var widths = []int{42, 13, 13, 7, 8, 7, 7, 0}

// Header starts the table.
func (t Table) Header() {
	t.line(headings)
	if t.Markdown {
		fmt.Fprintln(t.Out, strings.Repeat("|---", len(headings))+"|")
	}
}

// Result prints a row that has been measured.
func (t Table) Result(r Row, result Result) {
	theirs := "-"
	if r.Against != "" {
		theirs = quantity(result.Theirs, result.Unit)
	}
	t.line([]string{
		r.Title(), quantity(result.Ours, result.Unit), theirs, number(result.Ratio),
		r.Must.String(), r.Aim.String(), string(r.Verdict(result)), result.Note,
	})
}

// Failure prints a row that could not be measured.
func (t Table) Failure(r Row, err error) {
	reason := strings.Join(strings.Fields(err.Error()), " ")
	t.line([]string{r.Title(), "-", "-", "-", r.Must.String(), r.Aim.String(), "ERROR", reason})
}

func (t Table) line(cells []string) {
	if t.Markdown {
		fmt.Fprintln(t.Out, "| "+strings.Join(cells, " | ")+" |")
		return
	}
	var b strings.Builder
	for i, c := range cells {
		// Titles, verdicts and notes begin at the left, figures end at the right.
		if i == 0 || i >= len(cells)-2 {
			fmt.Fprintf(&b, "%-*s  ", widths[i], c)
		} else {
			fmt.Fprintf(&b, "%*s  ", widths[i], c)
		}
	}
	fmt.Fprintln(t.Out, strings.TrimRight(b.String(), " "))
}

func quantity(x float64, unit string) string {
	return strings.TrimSpace(number(x) + " " + unit)
}
