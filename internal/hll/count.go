package hll

import "math"

// Registers are those of the union of sketches. The zero value is that of none.
type Registers [registers]uint8

// Merge adds a sketch to the union. If it fails, the union is of no use any more.
func (u *Registers) Merge(s Sketch) error {
	if s.Dense() {
		for i := range u {
			u[i] = max(u[i], s.at(i))
		}
		return nil
	}
	return s.each(func(register int, r run) {
		if r.value > 0 {
			for i := register; i < register+r.n; i++ {
				u[i] = max(u[i], r.value)
			}
		}
	})
}

// Count estimates the number of elements of the union.
func (u *Registers) Count() uint64 {
	var h histogram
	for _, v := range u {
		h[v]++
	}
	return h.estimate()
}

// Into returns a sketch with the registers of the union added, in the same memory if that
// suffices. The estimate is out of date then.
func (u *Registers) Into(s Sketch, limit int) (Sketch, error) {
	at := start
	for i, v := range u {
		if v == 0 {
			continue
		}
		m := Mark{i, v}
		has, err := s.hasFrom(m, &at)
		if err == nil && !has {
			s, at, err = s.set(m, limit, at)
		}
		if err != nil {
			return s, err
		}
	}
	s.Outdate()
	return s, nil
}

// hasFrom is Has that begins to look at a place, which it moves on.
func (s Sketch) hasFrom(m Mark, at *place) (bool, error) {
	if s.Dense() || m.value > sparseMax {
		return s.Has(m)
	}
	before, here, ok := s.locate(m.register, *at)
	if !ok {
		return false, ErrCorrupt
	}
	if here != *at {
		*at = before
	}
	return s.runAt(here.pos).value >= m.value, nil
}

// Count estimates the number of elements.
func (s Sketch) Count() (uint64, error) {
	var h histogram
	if s.Dense() {
		for i := range registers {
			h[s.at(i)]++
		}
		return h.estimate(), nil
	}
	err := s.each(func(_ int, r run) { h[r.value] += r.n })
	return h.estimate(), err
}

// boundless is the estimate where all registers are full, or beyond what hashes can
// give. It is what C makes of infinity on the machines that Redis runs on; a sketch that keeps it is
// out of date.
const boundless = 1 << 63

// A histogram counts registers by their value.
type histogram [1 << width]int

// estimate is Ertl's estimator. All is computed as Redis does, each step rounded,
// so that the result is the same.
func (h *histogram) estimate() uint64 {
	const m, alpha = float64(registers), 0.721347520444481703680 // 0.5/ln(2)
	z := m * tau((m-float64(h[restBits+1]))/m)
	for j := restBits; j >= 1; j-- {
		z += float64(h[j])
		z *= 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	if z == 0 {
		return boundless
	}
	return uint64(math.Round(alpha * m * m / z))
}

// tau corrects for registers that are full.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := math.NaN(); before != z; {
		x = math.Sqrt(x)
		before = z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
	}
	return z / 3
}

// sigma corrects for registers that are empty.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for before := math.NaN(); before != z; {
		x *= x
		before = z
		z += float64(x * y)
		y += y
	}
	return z
}
