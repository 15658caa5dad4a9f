package nooktest

import "strings"

// maxDiffCells bounds the table of a comparison, of lines that are not the same at either end.
const maxDiffCells = 1 << 24

// diff compares lines, of which same tells whether two are alike by their indexes. It returns the lines of both, those that only one side has
// with a sign, and whether there are any.
func diff(want, got []string, same func(i, j int) bool) (text string, differs bool) {
	head := 0
	for head < len(want) && head < len(got) && same(head, head) {
		head++
	}
	if head == len(want) && head == len(got) {
		return "", false
	}
	tail := 0
	for tail < len(want)-head && tail < len(got)-head && same(len(want)-1-tail, len(got)-1-tail) {
		tail++
	}
	d := differ{want: want, got: got, same: same}
	d.common(got[:head])
	d.middle(head, len(want)-tail, len(got)-tail)
	d.common(got[len(got)-tail:])
	return d.out.String(), true
}

// A differ writes a comparison.
type differ struct {
	want, got []string
	same      func(i, j int) bool
	out       strings.Builder
}

func (d *differ) line(sign, text string) { d.out.WriteString("\t" + sign + " " + text + "\n") }

// around is how many lines that both sides have are shown around those that differ.
const around = 3

// common writes lines of both sides, at the beginning or the end of all: of many, those next to what differs.
func (d *differ) common(lines []string) {
	atStart := d.out.Len() == 0
	skipped := len(lines) > around+1
	switch {
	case skipped && atStart:
		d.line(" ", "...")
		lines = lines[len(lines)-around:]
	case skipped:
		lines = lines[:around]
	}
	for _, line := range lines {
		d.line(" ", line)
	}
	if skipped && !atStart {
		d.line(" ", "...")
	}
}

// middle writes the lines from one on, up to the ends m and n, by a longest sequence that both have.
func (d *differ) middle(from, m, n int) {
	rows, cols := m-from, n-from
	i, j := 0, 0
	if (rows+1)*(cols+1) <= maxDiffCells {
		for length := d.lengths(from, rows, cols); i < rows && j < cols; {
			switch {
			case d.same(from+i, from+j):
				d.line(" ", d.got[from+j])
				i, j = i+1, j+1
			case length[i+1][j] >= length[i][j+1]:
				d.line("-", d.want[from+i])
				i++
			default:
				d.line("+", d.got[from+j])
				j++
			}
		}
	}
	for ; i < rows; i++ {
		d.line("-", d.want[from+i])
	}
	for ; j < cols; j++ {
		d.line("+", d.got[from+j])
	}
}

// lengths returns, for each pair of lines, how many lines at most both sides have in common from there on.
func (d *differ) lengths(from, rows, cols int) [][]int32 {
	length := make([][]int32, rows+1)
	length[rows] = make([]int32, cols+1)
	for i := rows - 1; i >= 0; i-- {
		length[i] = make([]int32, cols+1)
		for j := cols - 1; j >= 0; j-- {
			if d.same(from+i, from+j) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return length
}
