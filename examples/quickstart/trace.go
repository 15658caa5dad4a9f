package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strings"
)

// oltp is a trace of requests to a database; README.md says where it is from. A
// line begins with the block that was requested.
//
//go:embed oltp.gz
var oltp []byte

// readTrace returns the requested blocks in their order.
func readTrace() ([]string, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(oltp))
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	var blocks []string
	lines := bufio.NewScanner(unzipped)
	for lines.Scan() {
		block, _, _ := strings.Cut(lines.Text(), " ")
		blocks = append(blocks, block)
	}
	return blocks, lines.Err()
}
