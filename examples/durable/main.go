// Command durable shows that a store on disk survives the death of its process.
//
//	go run ./examples/durable
//
// A process of its own books orders in a directory, and says so after each. It is killed in the middle of that. What
// it had said is there when the directory is opened again, and no order is booked by halves.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/persist"
)

const (
	// inDir tells the process that books orders its directory.
	inDir = "DURABLE_DIR"
	// enough is after how many orders it is killed.
	enough = 1000
	// price is that of each order.
	price = 7
)

func main() {
	if dir := os.Getenv(inDir); dir != "" {
		log.Fatal(book(dir, os.Stdout))
	}
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// open opens the directory. With FsyncAlways a write returns when it is on the disk.
func open(dir string) (*persist.Store, error) {
	return persist.Open(dir, &persist.Options{AppendOnly: true, Fsync: persist.FsyncAlways})
}

// book books orders for as long as it lives, and says so after each.
func book(dir string, out io.Writer) error {
	s, err := open(dir)
	if err != nil {
		return err
	}
	for n := int64(1); ; n++ {
		err := s.Exec(func(tx *nook.Tx) error {
			if _, err := tx.IncrBy("total", price); err != nil {
				return err
			}
			_, err := tx.RPush("orders", "order "+strconv.FormatInt(n, 10))
			return err
		}, "total", "orders")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
}

func run(out io.Writer) error {
	dir, err := os.MkdirTemp("", "durable")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	said, err := bookAndDie(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the process was killed after it had booked %d orders\n", said)

	s, err := open(dir)
	if err != nil {
		return err
	}
	found := s.Recovery()
	fmt.Fprintf(out, "read again: %s\n", strings.Join(found.Files, ", "))
	if found.Cut != nil {
		fmt.Fprintln(out, found.Cut)
	}
	err = look(s, said, out)
	return errors.Join(err, s.Close())
}

// bookAndDie lets another process book orders, kills it, and returns how many of them it had said.
func bookAndDie(dir string) (said int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), inDir+"="+dir)
	c.Stderr = os.Stderr
	lines, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		if said, err = strconv.Atoi(scan.Text()); err != nil {
			return 0, err
		}
		if said == enough {
			if err := c.Process.Kill(); err != nil {
				return 0, err
			}
		}
	}
	var killed *exec.ExitError
	if err := c.Wait(); !errors.As(err, &killed) || said < enough {
		return 0, fmt.Errorf("it ended by itself after %d orders: %w", said, err)
	}
	return said, nil
}

// look compares what the store has with what was said.
func look(s *persist.Store, said int, out io.Writer) error {
	orders, err := s.LLen("orders")
	if err != nil {
		return err
	}
	text, _, err := s.Get("total")
	if err != nil {
		return err
	}
	total, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	if orders < said || total != price*orders {
		return fmt.Errorf("%d orders were booked, and %d are there, of %d in total", said, orders, total)
	}
	fmt.Fprintf(out, "all that it had said are there, and none by halves; it had booked %d more, and died before it said so\n", orders-said)
	return nil
}
