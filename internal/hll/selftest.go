package hll

import (
	"fmt"
	"math"
	"strconv"
)

// SelfTest checks that registers keep what they are given, that both encodings give the same
// estimates, and that these are as good as they should be. It takes some milliseconds.
func SelfTest() error {
	if err := testRegisters(); err != nil {
		return err
	}
	s := New()
	wide, err := s.Widen()
	if err != nil {
		return err
	}
	for n, check := 1, 1; n <= 100_000; n++ {
		m := MarkOf("element:" + strconv.Itoa(n))
		for _, each := range []*Sketch{&s, &wide} {
			if has, _ := each.Has(m); has {
				continue
			}
			if *each, err = each.Set(m, 3000); err != nil {
				return err
			}
		}
		if n == check {
			if err := testEstimate(s, wide, n); err != nil {
				return err
			}
			check *= 10
		}
	}
	return nil
}

// testRegisters writes to each register of a dense sketch.
func testRegisters() error {
	s := make(Sketch, denseSize)
	for pass := range 3 {
		for i := range registers {
			s.put(i, uint8((i*7+pass)%(1<<width)))
		}
		for i := range registers {
			if got, want := s.at(i), uint8((i*7+pass)%(1<<width)); got != want {
				return fmt.Errorf("hll: register %d is %d, not %d", i, got, want)
			}
		}
	}
	return nil
}

// testEstimate compares the estimates of two sketches of n elements with each other and with n.
func testEstimate(a, b Sketch, n int) error {
	one, err := a.Count()
	if err != nil {
		return err
	}
	other, err := b.Count()
	if err != nil {
		return err
	}
	most := math.Ceil(float64(n) * 6 * 1.04 / math.Sqrt(registers))
	if one != other || math.Abs(float64(one)-float64(n)) > most {
		return fmt.Errorf("hll: %d elements are counted as %d and %d", n, one, other)
	}
	return nil
}
