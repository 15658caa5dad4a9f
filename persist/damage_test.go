package persist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

func loadLibrary(s *Store) error {
	_, err := script.Load(s.Store, "#!lua name=mylib\nredis.register_function('one', function() return 1 end)")
	return err
}

// put makes a file of a disk hold a text, for sure.
func (d *disk) put(name, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &inode{data: []byte(text), synced: []byte(text)}
	d.names[name], d.synced[name] = n, n
}

// files returns the contents of all files.
func (d *disk) files() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[string]string{}
	for name, n := range d.names {
		if !n.dir {
			all[name] = string(n.data)
		}
	}
	return all
}

// diskOf returns a disk that holds such files.
func diskOf(files map[string]string) *disk {
	d := newDisk()
	if err := d.mkdir(appendDir); err != nil {
		panic(err)
	}
	if err := d.syncDir("."); err != nil {
		panic(err)
	}
	for name, text := range files {
		d.put(name, text)
	}
	return d
}

// history returns the files of a store whose list has the numbers from 0, one for each command; in a base, two increments, and a snapshot.
func history(t *testing.T) (files map[string]string, length int) {
	t.Helper()
	d := newDisk()
	o := keeping()
	s, err := open(d, &o)
	require.NoError(t, err)
	push := func() {
		_, err := s.RPush("list", strconv.Itoa(length))
		require.NoError(t, err)
		length++
	}
	push()
	push()
	require.NoError(t, s.Exec(func(tx *nook.Tx) error {
		for range 2 {
			if _, err := tx.RPush("list", strconv.Itoa(length)); err != nil {
				return err
			}
			length++
		}
		return nil
	}))
	require.NoError(t, loadLibrary(s))
	require.NoError(t, s.Rewrite())
	push()
	push()
	// A rewrite that fails once the increment has been begun leaves two.
	d.failWhen(failing("write", tempBase, 1, errors.New("no")))
	require.Error(t, s.Rewrite())
	d.failWhen(nil)
	push()
	push()
	require.NoError(t, s.Save())
	require.NoError(t, s.Close())
	files = d.files()
	require.Len(t, files, 5)
	return files, length
}

// prefix makes sure that the store's list is 0, 1, 2, ..., and returns its length.
func prefix(t *testing.T, s *Store, what string) int {
	t.Helper()
	list, err := s.LRange("list", 0, -1)
	require.NoError(t, err)
	for i, x := range list {
		require.Equal(t, strconv.Itoa(i), x, what)
	}
	return len(list)
}

// requireLocated makes sure that an error says which file it is about, and where in it if it is damaged.
func requireLocated(t *testing.T, err error, name, what string) {
	t.Helper()
	var e *FileError
	require.ErrorAs(t, err, &e, what)
	require.Contains(t, e.Error(), e.File, what)
	if !strings.HasSuffix(name, ".manifest") {
		require.Equal(t, name, e.File, what)
		require.True(t, e.Located, "%s: %v", what, err)
		require.Contains(t, e.Error(), "offset", what)
	}
}

// TestFilesCutAtEveryByte: the store has all up to some command, and says that something was cut; or it is not opened.
func TestFilesCutAtEveryByte(t *testing.T) {
	files, length := history(t)
	last := lastIncrement(files)
	for name, text := range files {
		for n := range len(text) {
			what := fmt.Sprintf("%s, cut at %d", name, n)
			damaged := cloned(files)
			damaged[name] = text[:n]
			o := keeping()
			o.AppendOnly = name != snapshotName
			s, err := open(diskOf(damaged), &o)
			if err != nil {
				requireLocated(t, err, name, what)
				require.NotEqual(t, last, name, "the last file may be torn: %v", err)
				continue
			}
			got := prefix(t, s, what)
			require.Less(t, got, length, what)
			require.Equal(t, last, name, what)
			if s.Recovery().Cut != nil {
				require.Equal(t, int64(n), s.Recovery().Cut.Offset+s.Recovery().Cut.Bytes, what)
			}
			require.NoError(t, s.Close())
		}
	}
}

func cloned(files map[string]string) map[string]string {
	c := map[string]string{}
	for name, text := range files {
		c[name] = text
	}
	return c
}

// lastIncrement returns the name of the last file that a store appended to.
func lastIncrement(files map[string]string) string {
	var names []string
	for name := range files {
		if strings.HasSuffix(name, incrementSuffix) {
			names = append(names, name)
		}
	}
	return slices.Max(names)
}

// TestEachByteFlipped: damage is told, with the file and the place; but for bytes of arguments, which no checksum guards. There is
// never a panic, nor a store of which something is missing without a word.
func TestEachByteFlipped(t *testing.T) {
	files, length := history(t)
	last := lastIncrement(files)
	for name, text := range files {
		for n := range len(text) {
			for _, mask := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
				what := fmt.Sprintf("%s, byte %d, %q flipped by %d", name, n, text[n], mask)
				damaged := cloned(files)
				damaged[name] = text[:n] + string([]byte{text[n] ^ mask}) + text[n+1:]
				o := keeping()
				o.AppendOnly = name != snapshotName
				s, err := open(diskOf(damaged), &o)
				if err != nil {
					requireLocated(t, err, name, what)
					continue
				}
				switch cut := s.Recovery().Cut; {
				case strings.HasSuffix(name, ".rdb"):
					require.Fail(t, "not seen", what)
				case cut != nil:
					require.Equal(t, last, name, what)
					require.Equal(t, last, cut.File, what)
				case name == manifestName():
					require.Equal(t, length, prefix(t, s, what))
				default: // an argument
					require.Contains(t, "0123456789listRPUSHLrpushSELECT", string(text[n]), what)
				}
				require.NoError(t, s.Close())
			}
		}
	}
}

// TestForeignManifests: what Redis writes has no checksum.
func TestForeignManifests(t *testing.T) {
	files, length := history(t)
	_, text, _ := strings.Cut(files[manifestName()], "\n")
	files[manifestName()] = text
	s, err := open(diskOf(files), new(keeping()))
	require.NoError(t, err)
	require.Equal(t, length, prefix(t, s, ""))
	require.NoError(t, s.Close())

	for text, want := range map[string]string{
		"":     "the manifest is empty",
		"# \n": "it lists no file to load",
		"file appendonly.aof.9.base.rdb seq 9 type b\n": "appendonly.aof.9.base.rdb",
		"file appendonly.aof.9.base.rdb seq 9 type q\n": "unknown type",
	} {
		files[manifestName()] = text
		_, err := open(diskOf(files), new(keeping()))
		require.ErrorContains(t, err, want)
	}
	delete(files, manifestName())
	_, err = open(diskOf(files), new(keeping()))
	require.ErrorContains(t, err, "it is missing, but there are changes in appendonly.aof.")
}

// TestIncrementOfNobody is not written over, though the manifest does not list it.
func TestIncrementOfNobody(t *testing.T) {
	files, _ := history(t)
	files[manifestName()] = "file appendonly.aof.2.base.rdb seq 2 type b\n"
	names := lastIncrement(files)
	d := diskOf(files)
	s, err := open(d, new(keeping()))
	require.NoError(t, err)
	require.NoError(t, s.Set("k", "v"))
	require.NoError(t, s.Close())
	require.Equal(t, files[names], d.content(names))
}

// TestNewerVersion of a snapshot, as a base or alone, is refused.
func TestNewerVersion(t *testing.T) {
	files, _ := history(t)
	for name, text := range files {
		if !strings.HasSuffix(name, ".rdb") {
			continue
		}
		damaged := cloned(files)
		damaged[name] = "REDIS0099" + text[9:]
		o := keeping()
		o.AppendOnly = name != snapshotName
		_, err := open(diskOf(damaged), &o)
		requireLocated(t, err, name, name)
		require.ErrorContains(t, err, "version")
	}
}

// TestTornBase: commands may be all that there is.
func TestTornBase(t *testing.T) {
	text := wanted(effect("RPUSH", "list", "0"), effect("RPUSH", "list", "1"))
	manifest := "file appendonly.aof.1.base.aof seq 1 type b\n"
	for _, more := range []string{"", "file appendonly.aof.1.incr.aof seq 1 type i\n"} {
		files := map[string]string{manifestName(): manifest + more, inAppendDir("appendonly.aof.1.base.aof"): text[:len(text)-3]}
		if more != "" {
			files[inAppendDir("appendonly.aof.1.incr.aof")] = ""
		}
		d := diskOf(files)
		for n := 1; n < 4; n++ {
			s, err := open(d, new(keeping()))
			require.NoError(t, err)
			require.Equal(t, n, prefix(t, s, ""))
			require.Equal(t, n == 1, s.Recovery().Cut != nil)
			_, err = s.RPush("list", strconv.Itoa(n))
			require.NoError(t, err)
			require.NoError(t, s.Close())
		}
	}
}

// TestSingleFile: the file of a server before Redis 7 is read, and kept under another name; and one that Redis 7 has made the base of a manifest.
func TestSingleFile(t *testing.T) {
	text := wanted(effect("RPUSH", "list", "0"), effect("RPUSH", "list", "1"))
	alone := map[string]string{appendName: text}
	upgraded := map[string]string{
		inAppendDir(appendName):                  text,
		inAppendDir("appendonly.aof.1.incr.aof"): wanted(effect("RPUSH", "list", "2")),
		manifestName():                           "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
	}
	for n, files := range map[int]map[string]string{2: alone, 3: upgraded} {
		d := diskOf(files)
		s, err := open(d, new(keeping()))
		require.NoError(t, err)
		require.Equal(t, n, prefix(t, s, ""))
		_, err = s.RPush("list", strconv.Itoa(n))
		require.NoError(t, err)
		require.NoError(t, s.Close())
		s, err = open(d, new(keeping()))
		require.NoError(t, err)
		require.Equal(t, n+1, prefix(t, s, ""))
		require.NoError(t, s.Rewrite())
		require.NoError(t, s.Close())
		requireTidy(t, d, "")
		s, err = open(d, new(keeping()))
		require.NoError(t, err)
		require.Equal(t, n+1, prefix(t, s, ""))
		require.NoError(t, s.Close())
		if n == 2 {
			require.Equal(t, text, d.content(appendName+".old"))
		}
	}
}

// TestTornBehindItsSize: what was there when the next increment was begun had been synced, and cannot be torn. That the manifest lists the next does not mean
// that it was used: if nobody could know that the manifest is there for sure, the one before was gone on with.
func TestTornBehindItsSize(t *testing.T) {
	files, length := history(t)
	last := lastIncrement(files)
	files[last] = "" // which had the last two
	length -= 2
	var before string
	for name := range files {
		if strings.HasSuffix(name, incrementSuffix) && name != last {
			before = name
		}
	}
	text := files[before]
	files[before] = text[:len(text)-3] + "\x00\x00\x00"
	d := diskOf(files)
	_, err := open(d, new(keeping()))
	requireLocated(t, err, before, "")
	require.Equal(t, files, d.files())

	more := wanted(effect("RPUSH", "list", strconv.Itoa(length)))
	files[before] = text + more + more[:9]
	d = diskOf(files)
	for range 2 {
		s, err := open(d, new(keeping()))
		require.NoError(t, err)
		require.Equal(t, length+1, prefix(t, s, ""))
		require.NoError(t, s.Close())
	}
}
