package persist

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// damages calls f with what can be wrong with one of the files: cut, and a byte flipped, at each that is a multiple of step; longer; removed.
func damages(files map[string]string, step int, f func(what string, damaged map[string]string)) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		change := func(what, text string) {
			damaged := maps.Clone(files)
			damaged[name] = text
			f(name+": "+what, damaged)
		}
		for n := 0; n < len(text); n += step {
			change(fmt.Sprintf("cut at %d", n), text[:n])
			mask := []byte{1, 2, 4, 8, 16, 32, 64, 128, 255}[n%9]
			change(fmt.Sprintf("byte %d, %q flipped by %d", n, text[n], mask), text[:n]+string([]byte{text[n] ^ mask})+text[n+1:])
		}
		change("junk behind", text+"junk")
		change("zeros behind", text+"\x00\x00\x00")
		change("a command behind", text+wanted(effect("RPUSH", "more", "0")))
		damaged := maps.Clone(files)
		delete(damaged, name)
		f(name+": removed", damaged)
	}
}

// ours is the kind of stores that are damaged at every byte.
const ours = "of nook"

// stepOf returns the distance of damages to a kind of store.
func stepOf(kind string) int {
	if kind == ours {
		return 1
	}
	return 13
}

// stores returns files of stores of all kinds.
func stores(t *testing.T) map[string]map[string]string {
	t.Helper()
	nook, length := history(t)
	redis := maps.Clone(nook)
	_, redis[manifestName()], _ = strings.Cut(strings.ReplaceAll(nook[manifestName()], " size ", " was "), "\n")
	text := wanted(effect("RPUSH", "list", "0"), effect("RPUSH", "list", "1"))
	d := diskOf(nook)
	m, _, err := readManifest(d, manifestName())
	require.NoError(t, err)
	last := &m.Increments[len(m.Increments)-1]
	last.Size = int64(len(nook[inAppendDir(last.Name)]))
	m.Increments = append(m.Increments, m.NextIncrement(appendName))
	d.put(inAppendDir(m.Increments[len(m.Increments)-1].Name), "")
	require.NoError(t, writeManifest(d, m))
	unused := d.files()
	return map[string]map[string]string{
		"of nook":                      nook,
		"without sizes":                redis,
		"with an increment not in use": unused,
		"of Redis 6":                   {appendName: text},
		"of Redis 6, with a preamble":  {appendName: nook[snapshotName] + wanted(effect("RPUSH", "list", strconv.Itoa(length)))},
		"with a base of commands": {
			inAppendDir("appendonly.aof.1.base.aof"): text,
			inAppendDir("appendonly.aof.1.incr.aof"): "",
			manifestName():                           "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
		},
	}
}

// opened returns what two stores fail with, one with append-only files and one without, that were opened on such files.
func opened(t *testing.T, files map[string]string, refuseTorn bool) (failed []error) {
	t.Helper()
	for _, appendOnly := range []bool{true, false} {
		o := keeping()
		o.AppendOnly, o.RefuseTorn = appendOnly, refuseTorn
		d := diskOf(files)
		s, err := open(d, &o)
		if err == nil {
			require.NoError(t, s.Close())
			if s.Recovery().Cut != nil { // what is left is whole
				o.RefuseTorn = true
				s, err = open(d, &o)
				require.NoError(t, err)
				require.NoError(t, s.Close())
			}
			continue
		}
		failed = append(failed, err)
	}
	return failed
}

// checked returns what Check finds wrong.
func checked(t *testing.T, d *disk, load bool) (failed []*FileError) {
	t.Helper()
	found, err := check(d, "", &CheckOptions{Load: load})
	if errors.Is(err, errNothing) {
		return nil
	}
	require.NoError(t, err)
	for i := range found {
		if e := found[i].failure(); e != nil {
			failed = append(failed, e)
		}
	}
	return failed
}

// fileOf returns the file that an error is about.
func fileOf(t *testing.T, err error) string {
	t.Helper()
	var e *FileError
	require.ErrorAs(t, err, &e)
	return e.File
}

// TestCheckSaysWhatOpenWould: all is whole if and only if stores open, and a file is damaged if a store says so. Without Load there may be less, never more.
func TestCheckSaysWhatOpenWould(t *testing.T) {
	for kind, files := range stores(t) {
		require.Empty(t, opened(t, files, true), kind)
		damages(files, stepOf(kind), func(what string, damaged map[string]string) {
			what = kind + ": " + what
			errs, found := opened(t, damaged, true), checked(t, diskOf(damaged), true)
			require.Equal(t, len(errs) == 0, len(found) == 0, "%s: %v, but %v", what, errs, found)
			for _, err := range errs {
				require.True(t, slices.ContainsFunc(found, func(e *FileError) bool { return e.File == fileOf(t, err) }), "%s: %v, but %v", what, err, found)
			}
			for _, e := range checked(t, diskOf(damaged), false) {
				require.NotEmpty(t, errs, "%s: %v", what, e)
			}
		})
	}
}

// TestRepair: what Repair has mended opens. Without Force it does no more than a store that may cut torn ends off.
func TestRepair(t *testing.T) {
	for kind, files := range stores(t) {
		damages(files, stepOf(kind), func(what string, damaged map[string]string) {
			what = kind + ": " + what
			d := diskOf(damaged)
			_, err := repair(d, "", nil)
			if err == nil || errors.Is(err, errNothing) {
				require.Empty(t, opened(t, damaged, false), what)
			} else {
				require.NotEmpty(t, opened(t, damaged, false), "%s: %v", what, err)
				require.Equal(t, damaged, d.files(), what)
				_, err = repair(d, "", &RepairOptions{Force: true})
			}
			if errors.Is(err, ErrBeyondRepair) {
				require.Equal(t, damaged, d.files(), what)
				return
			}
			if !errors.Is(err, errNothing) {
				require.NoError(t, err, what)
			}
			require.Empty(t, opened(t, d.files(), true), what)
			require.Empty(t, checked(t, d, true), what)
			if kind != "without sizes" && !strings.Contains(what, "flipped") { // an argument has no checksum
				prefixOf(t, d, what)
			}
		})
	}
}

// TestDamageThatLooksTorn is in a file that was whole when the next was begun: it is not cut off, but repaired.
func TestDamageThatLooksTorn(t *testing.T) {
	files := stores(t)["with an increment not in use"]
	name := inAppendDir("appendonly.aof.3.incr.aof")
	i := strings.LastIndex(files[name], "$1\r\n")
	files[name] = files[name][:i] + "$9" + files[name][i+2:]
	require.NotEmpty(t, opened(t, files, false))
	d := diskOf(files)
	_, err := repair(d, "", nil)
	require.ErrorIs(t, err, ErrLoss)
	_, err = repair(d, "", &RepairOptions{Force: true})
	require.NoError(t, err)
	require.Empty(t, opened(t, d.files(), true))
}

// TestCommandThatFails is seen by who loads it, and cut off.
func TestCommandThatFails(t *testing.T) {
	files, length := history(t)
	last := lastIncrement(files)
	files[last] += wanted(effect("SADD", "list", "x")) + wanted(effect("SET", "k", "v"))
	require.NotEmpty(t, opened(t, files, false))
	d := diskOf(files)
	require.Empty(t, checked(t, d, false))
	require.Len(t, checked(t, d, true), 1)
	changes, err := repair(d, "", nil)
	require.ErrorIs(t, err, ErrLoss)
	require.Contains(t, changes[0].String(), "WRONGTYPE")
	_, err = repair(d, "", &RepairOptions{Force: true})
	require.NoError(t, err)
	require.Equal(t, length, prefixOf(t, d, ""))
}

// TestNewerSnapshotIsLeftAlone: there is nothing wrong with it.
func TestNewerSnapshotIsLeftAlone(t *testing.T) {
	files, _ := history(t)
	files[snapshotName] = "REDIS0099" + files[snapshotName][len("REDIS0099"):]
	d := diskOf(files)
	for _, name := range []string{"", snapshotName} {
		_, err := repair(d, name, &RepairOptions{Force: true})
		require.ErrorIs(t, err, ErrBeyondRepair)
		require.Equal(t, files, d.files())
	}
}

// TestSalvageWithoutLibrary: keys behind a library that is not taken are kept.
func TestSalvageWithoutLibrary(t *testing.T) {
	files, length := history(t)
	text := files[snapshotName]
	text = strings.Replace(text, "register_function", "register_nonsense", 1)
	files = map[string]string{snapshotName: text[:len(text)-8] + strings.Repeat("\x00", 8)} // no checksum
	d := diskOf(files)
	changes, err := repair(d, "", &RepairOptions{Force: true})
	require.NoError(t, err)
	require.Equal(t, 1, changes[0].Libraries)
	require.Contains(t, changes[0].String(), "1 libraries that cannot be loaded")
	require.Equal(t, length, prefixOf(t, d, ""))
}

// TestManifestOfOthers is not taken for that of the directory.
func TestManifestOfOthers(t *testing.T) {
	files, _ := history(t)
	d := diskOf(files)
	name := inAppendDir("other.aof.manifest")
	d.put(name, files[manifestName()])
	_, err := repair(d, name, nil)
	require.ErrorIs(t, err, ErrBeyondRepair)
	found, err := check(d, name, nil)
	require.NoError(t, err)
	require.Equal(t, name, found[0].File)
	require.NoError(t, found[0].Err)
}

// prefixOf returns how long the list of a store is that is opened on the disk.
func prefixOf(t *testing.T, d *disk, what string) int {
	t.Helper()
	o := keeping()
	s, err := open(diskOf(d.files()), &o)
	require.NoError(t, err, what)
	n := prefix(t, s, what)
	require.NoError(t, s.Close())
	return n
}

// TestRepairInterrupted has each step of a repair that changes something fail, and the power: it can be done again, with the same result, and the original is still there.
func TestRepairInterrupted(t *testing.T) {
	files, _ := history(t)
	increments := []string{inAppendDir("appendonly.aof.2.incr.aof"), inAppendDir("appendonly.aof.3.incr.aof")}
	for what, damage := range map[string]func(map[string]string){
		"a torn end":                func(f map[string]string) { f[increments[1]] = f[increments[1]][:len(f[increments[1]])-3] },
		"an end that was lost":      func(f map[string]string) { f[increments[0]] = f[increments[0]][:len(f[increments[0]])-3] },
		"all of a file was lost":    func(f map[string]string) { f[increments[0]] = "" },
		"damage in the first file":  func(f map[string]string) { f[increments[0]] = strings.Replace(f[increments[0]], "RPUSH", "RPASH", 1) },
		"damage in the last file":   func(f map[string]string) { f[increments[1]] = strings.Replace(f[increments[1]], "*3", "*8", 1) },
		"a snapshot without an end": func(f map[string]string) { f[snapshotName] = f[snapshotName][:len(f[snapshotName])-3] },
		"both": func(f map[string]string) {
			f[increments[0]], f[snapshotName] = f[increments[0]][:len(f[increments[0]])-3], f[snapshotName]+"x"
		},
	} {
		damaged := maps.Clone(files)
		damage(damaged)
		undisturbed := diskOf(damaged)
		_, err := repair(undisturbed, "", &RepairOptions{Force: true})
		require.NoError(t, err, what)
		want := prefixOf(t, undisturbed, what)
		for n := 1; ; n++ {
			rnd := rand.New(rand.NewPCG(uint64(n), 1))
			d := diskOf(damaged)
			i := &injector{fault: fault{err: syscall.EIO}, left: n}
			d.failWhen(func(op, name string, size int) (int, error) {
				if op == "open" || op == "read" || op == "size" || op == "list" { // they change nothing
					return 0, nil
				}
				return i.inject(op, name, size)
			})
			_, err := repair(d, "", &RepairOptions{Force: true})
			if i.hit == "" {
				require.NoError(t, err, what)
				break
			}
			d.failWhen(nil)
			for _, d := range []*disk{d, d.cut(nil), d.cut(rnd)} {
				step := fmt.Sprintf("%s, %s fails", what, i.hit)
				d.off = false
				_, err = repair(d, "", &RepairOptions{Force: true})
				require.NoError(t, err, step)
				require.Equal(t, want, prefixOf(t, d, step), step)
				require.Empty(t, checked(t, d, true), step)
				all := slices.Collect(maps.Values(d.files()))
				if what != "a torn end" {
					for name, text := range damaged {
						require.True(t, name == manifestName() || slices.Contains(all, text), "%s: %s", step, name)
					}
				}
			}
		}
	}
}
