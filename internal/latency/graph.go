package latency

import (
	"strconv"
	"strings"
	"time"
)

const (
	graphWidth = 80
	graphRows  = 4
)

// levels are the heights that one character can show.
const levels = "_o#"

// Graph draws a series that is not empty, as LATENCY GRAPH does: a column for each spike, below it how long ago it was.
func (s *Series) Graph(event string, now time.Time) string {
	sum := s.Summary(now)
	var b strings.Builder
	b.WriteString(event + " - high " + decimal(sum.High) + " ms, low " + decimal(sum.Low) +
		" ms (all time high " + decimal(sum.Worst) + " ms)\n")
	b.WriteString(strings.Repeat("-", graphWidth) + "\n")
	for i := 0; i < len(s.spikes); i += graphWidth {
		if i > 0 {
			b.WriteByte('\n')
		}
		drawColumns(&b, s.spikes[i:min(i+graphWidth, len(s.spikes))], sum.Low, sum.High, now)
	}
	return b.String()
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// drawColumns draws spikes between the lowest and the highest.
func drawColumns(b *strings.Builder, spikes []Spike, low, high int64, now time.Time) {
	line := make([]byte, len(spikes))
	put := func(at func(k Spike) byte) {
		for i, k := range spikes {
			line[i] = at(k)
		}
		b.Write(append(line, '\n'))
	}
	for row := graphRows - 1; row >= 0; row-- {
		put(func(k Spike) byte { return cell(level(k.Millis-low, high-low) - row*len(levels)) })
	}
	put(func(Spike) byte { return ' ' })
	longest := 0
	for _, k := range spikes {
		longest = max(longest, len(age(now.Sub(k.At))))
	}
	for i := range longest {
		put(func(k Spike) byte {
			if label := age(now.Sub(k.At)); i < len(label) {
				return label[i]
			}
			return ' '
		})
	}
}

// level returns the height of a value, in levels of all rows.
func level(value, most int64) int {
	const top = graphRows * len(levels)
	if most == 0 {
		return 0
	}
	return min(int(value*int64(top)/most), top-1)
}

// cell shows a height above the foot of the character.
func cell(height int) byte {
	switch {
	case height < 0:
		return ' '
	case height < len(levels):
		return levels[height]
	default:
		return '|'
	}
}

// age writes a time in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return decimal(int64(d/time.Second)) + "s"
	case d < time.Hour:
		return decimal(int64(d/time.Minute)) + "m"
	case d < 24*time.Hour:
		return decimal(int64(d/time.Hour)) + "h"
	default:
		return decimal(int64(d/(24*time.Hour))) + "d"
	}
}
