package nook

// A Span is a range of bytes, both ends included.
type Span struct{ Start, End int }

// An LCSMatch is a stretch that two values have in common.
type LCSMatch struct {
	A, B Span // where it lies in each
	Len  int
}

// An LCSResult tells where two values agree.
type LCSResult struct {
	Matches []LCSMatch // from the last to the first
	Len     int        // of the whole longest common subsequence
}

// lcsCell is the size in bytes of a cell of the algorithm's table. As in Redis
// the whole table may not be larger than a value.
const lcsCell = 4

// Errors of LCS.
var (
	ErrLCSType   = &Error{text: "ERR The specified keys must contain string values"}
	ErrLCSTooBig = &Error{text: "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"}
)

// LCS returns the longest common subsequence of two values: the most bytes that both have in the
// same order, though not next to each other.
//
// Fails with ErrLCSType unless both are strings, and with ErrLCSTooBig if four
// times the product of their lengths is above Options.MaxStringLen. O(n*m) in
// time and memory. LCS.
func (c *commands) LCS(a, b string) (string, error) {
	l, err := c.lcs(a, b)
	if err != nil {
		return "", err
	}
	return l.subsequence(), nil
}

// LCSLen returns the length of the longest common subsequence of two values. See LCS.
func (c *commands) LCSLen(a, b string) (int, error) {
	l, err := c.lcs(a, b)
	if err != nil {
		return 0, err
	}
	return l.length(), nil
}

// LCSIdx returns where the stretches of the longest common subsequence of two
// values lie that have at least minLen bytes. See LCS.
func (c *commands) LCSIdx(a, b string, minLen int) (LCSResult, error) {
	l, err := c.lcs(a, b)
	if err != nil {
		return LCSResult{}, err
	}
	return l.matches(minLen), nil
}

// lcs is the table of the classic algorithm: cell (i, j) is the length of the
// longest common subsequence of the first i bytes of a and the first j of b.
type lcs struct {
	a, b  string
	cells []uint32
}

func (c *commands) lcs(a, b string) (*lcs, error) {
	l, err := c.lcsOperands(a, b)
	if err != nil {
		return nil, err
	}
	if int64(len(l.a)+1)*int64(len(l.b)+1) > c.ks.opts.MaxStringLen/lcsCell {
		return nil, ErrLCSTooBig
	}
	l.fill()
	return l, nil
}

// lcsOperands reads both values at one moment.
func (c *commands) lcsOperands(a, b string) (*lcs, error) {
	m, err := c.lookAll(a, b)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	l := new(lcs)
	var wrong error
	l.a, err = m.frozen(a)
	l.b, wrong = m.frozen(b)
	if err != nil || wrong != nil {
		return nil, ErrLCSType
	}
	return l, nil
}

// frozen returns the value of one of several keys, "" if there is none.
func (m *multi) frozen(key string) (string, error) {
	w := m.open(key)
	w.noteMiss()
	if w.entry == nil {
		return "", nil
	}
	return w.frozen()
}

func (l *lcs) at(i, j int) *uint32 { return &l.cells[i*(len(l.b)+1)+j] }

func (l *lcs) length() int { return int(*l.at(len(l.a), len(l.b))) }

func (l *lcs) fill() {
	l.cells = make([]uint32, (len(l.a)+1)*(len(l.b)+1))
	for i := 1; i <= len(l.a); i++ {
		for j := 1; j <= len(l.b); j++ {
			if l.a[i-1] == l.b[j-1] {
				*l.at(i, j) = *l.at(i-1, j-1) + 1
			} else {
				*l.at(i, j) = max(*l.at(i-1, j), *l.at(i, j-1))
			}
		}
	}
}

// walk calls f for each pair of positions of the subsequence, from the last to
// the first. Where several subsequences are longest it takes Redis's.
func (l *lcs) walk(f func(i, j int)) {
	for i, j := len(l.a), len(l.b); i > 0 && j > 0; {
		switch {
		case l.a[i-1] == l.b[j-1]:
			i, j = i-1, j-1
			f(i, j)
		case *l.at(i-1, j) > *l.at(i, j-1):
			i--
		default:
			j--
		}
	}
}

func (l *lcs) subsequence() string {
	s := make([]byte, l.length())
	n := len(s)
	l.walk(func(i, _ int) {
		n--
		s[n] = l.a[i]
	})
	return string(s)
}

func (l *lcs) matches(minLen int) LCSResult {
	result := LCSResult{Len: l.length()}
	var m LCSMatch
	flush := func() {
		if m.Len > 0 && m.Len >= minLen {
			result.Matches = append(result.Matches, m)
		}
	}
	l.walk(func(i, j int) {
		if m.Len > 0 && m.A.Start == i+1 && m.B.Start == j+1 {
			m.A.Start, m.B.Start, m.Len = i, j, m.Len+1
			return
		}
		flush()
		m = LCSMatch{A: Span{i, i}, B: Span{j, j}, Len: 1}
	})
	flush()
	return result
}
