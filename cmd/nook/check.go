package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/nookdb/nook/persist"
)

var errDamaged = errors.New("not everything is whole")

// check is nook check: it prints what files there are and what is wrong with them.
func check(args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("nook check", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {
		fmt.Fprint(errOut, "Usage: nook check [flags] [DIR|FILE]\n\nReads the files that keep a store, and says what each is and what is wrong with it. Changes nothing.\n"+
			"Fails if something is. While a store is in use, its last file may look torn, and files that it replaces be missing.\n\n")
		flags.PrintDefaults()
	}
	load := flags.Bool("load", false, "also load a directory's data, which takes their memory: finds commands that fail too")
	skip := flags.Bool("skip-modules", false, "let values of modules pass, which else are an error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	path := "."
	switch flags.NArg() {
	case 0:
	case 1:
		path = flags.Arg(0)
	default:
		return fmt.Errorf("unexpected argument %q", flags.Arg(1))
	}
	bar := newBar(errOut)
	found, err := persist.Check(path, &persist.CheckOptions{Load: *load, SkipModules: *skip, Progress: bar.show})
	bar.clear()
	if err != nil {
		return err
	}
	for i := range found {
		fmt.Fprintln(out, found[i].String())
		if found[i].Err != nil {
			err = errDamaged
		}
	}
	return err
}

// repair is nook repair: it mends what check finds.
func repair(args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("nook repair", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {
		fmt.Fprint(errOut, "Usage: nook repair [flags] DIR|FILE\n\n"+
			"Cuts torn ends off. With -force, cuts append-only files before what is damaged, and keeps of a damaged snapshot the keys before that;\n"+
			"the originals stay under other names. Without, says what that would lose. Takes the memory of the data.\n\n")
		flags.PrintDefaults()
	}
	force := flags.Bool("force", false, "repair though something is lost by it")
	skip := flags.Bool("skip-modules", false, "leave out values of modules, which else are damage")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return errors.New("name one directory or file")
	}
	bar := newBar(errOut)
	changes, err := persist.Repair(flags.Arg(0), &persist.RepairOptions{Force: *force, SkipModules: *skip, Progress: bar.show})
	bar.clear()
	planned := ""
	if err != nil {
		planned = "not done: "
	}
	for i := range changes {
		fmt.Fprintln(out, planned+changes[i].String())
	}
	switch {
	case errors.Is(err, persist.ErrLoss):
		return errors.New("nothing was changed, as something would be lost: -force does it")
	case err == nil && len(changes) == 0:
		fmt.Fprintln(out, "nothing to repair")
	}
	return err
}
