package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nookdb/nook/persist"
)

// A bar shows, on the last line of a terminal, how far a file has been read or written; anywhere else it shows nothing. What is
// logged goes through it, so that lines do not mix.
//
// A line, a carriage return and the sequences that erase a line and do not wrap it are all it takes: libraries that draw bars bring
// packages for the widths of characters and for terminals of old with them.
type bar struct {
	mu    sync.Mutex
	out   io.Writer
	shows bool // out is a terminal, and the process does not end yet
	task  string
	begun time.Time // of the task
	drawn time.Time // last
	there bool      // a bar is on the line
}

const (
	barAfter = time.Second            // what takes no longer needs none
	barEvery = 100 * time.Millisecond // it is drawn at most so often
	barWidth = 30
	eraseEnd = "\r\x1b[K"
	// On a narrow terminal a bar that is longer than a line would leave one behind each time it is drawn: so it is cut off there.
	noWrap, wrap = "\x1b[?7l", "\x1b[?7h"
)

func newBar(out io.Writer) *bar {
	b := &bar{out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.shows = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// Write writes lines in the place of the bar.
func (b *bar) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	return b.out.Write(p)
}

// clear takes the bar away.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	b.task = ""
}

// end takes the bar away for good, whoever is still reading.
func (b *bar) end() {
	b.clear()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shows = false
}

func (b *bar) erase() {
	if b.there {
		_, _ = io.WriteString(b.out, eraseEnd) // a terminal that is gone needs none
		b.there = false
	}
}

// show draws the bar, if it is time to.
func (b *bar) show(p persist.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.shows {
		return
	}
	now := time.Now()
	if task := p.Task.String() + " " + p.File; task != b.task {
		b.task, b.begun = task, now
	}
	if p.Total > 0 && p.Done >= p.Total {
		b.erase()
		return
	}
	if now.Sub(b.begun) < barAfter || now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn, b.there = now, true
	_, _ = io.WriteString(b.out, eraseEnd+noWrap+draw(p)+wrap) // the same
}

// draw returns the line.
func draw(p persist.Progress) string {
	line := p.Task.String() + " " + p.File
	if p.Total <= 0 {
		return line + " " + amount(p, p.Done)
	}
	part := float64(p.Done) / float64(p.Total)
	full := int(part * barWidth)
	return fmt.Sprintf("%s [%s%s] %2.0f %%, %s of %s", line, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*part,
		amount(p, p.Done), amount(p, p.Total))
}

// amount writes a number of bytes or of keys.
func amount(p persist.Progress, n int64) string {
	if p.Task == persist.TaskSave || p.Task == persist.TaskRewrite {
		return fmt.Sprintf("%d keys", n)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
