// Command commands writes the page of all commands.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/nookdb/nook/internal/house"
)

func main() {
	root := flag.String("root", "../..", "`directory` of the repository")
	out := flag.String("o", "", "`file` to write")
	flag.Parse()
	if err := write(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "commands:", err)
		os.Exit(1)
	}
}

func write(root, out string) error {
	page, err := house.Commands(root)
	if err != nil {
		return err
	}
	return os.WriteFile(out, page, 0o644)
}
