package aof

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

// manifests are texts of manifests and why they are refused, in our words and
// in Redis's; none where one of the two accepts them.
var manifests = []struct{ name, text, reason, redis string }{
	{"base and increment", "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n", "", ""},
	{"increments alone", "file a.1.incr.aof seq 1 type i\nfile a.7.incr.aof seq 7 type i\n", "", ""},
	{"comment", "# anything\nfile a.1.incr.aof seq 1 type i\n#", "", ""},
	{"white space", "  \tfile  a.1.incr.aof\tseq 1 type i \r\n", "", ""},
	{"any order of words", "type i seq 1 file a.1.incr.aof\n", "", ""},
	{"any case of words", "FILE a.1.incr.aof Seq 1 typE i\n", "", ""},
	{"newer words", "file a.1.incr.aof seq 1 type i startoffset 17 endoffset 20\n", "", ""},
	{"quoted name", `file "a b\x01.aof" seq 1 type i` + "\n", "", ""},
	{"history", "file a.1.base.rdb seq 2 type b\nfile gone seq 1 type h\nfile a.1.incr.aof seq 1 type i\n", "", ""},
	{"history of any order", "file x seq 9 type h\nfile y seq 3 type h\nfile a.1.incr.aof seq 1 type i\n", "", ""},

	{"empty", "", reasonEmpty, ""},
	{"empty line", "file a.1.incr.aof seq 1 type i\n\n", reasonFormat, "Invalid AOF manifest file format"},
	{"no line's end", "file a.1.incr.aof seq 1 type i", reasonUnended, "The AOF manifest file contains too long line"},
	{"long line", "file " + strings.Repeat("a", 1100) + " seq 1 type i\n", reasonLong, "The AOF manifest file contains too long line"},
	{"few words", "file a.1.incr.aof seq 1\n", reasonFormat, "Invalid AOF manifest file format"},
	{"odd words", "file a.1.incr.aof seq 1 type i more\n", reasonFormat, "Invalid AOF manifest file format"},
	{"no name", "fill a.1.incr.aof seq 1 type i\n", reasonFormat, "Invalid AOF manifest file format"},
	{"no number", "file a.1.incr.aof sequence 1 type i\n", reasonFormat, "Invalid AOF manifest file format"},
	{"number 0", "file a.1.incr.aof seq 0 type i\n", reasonFormat, "Invalid AOF manifest file format"},
	{"no type", "file a.1.incr.aof seq 1 kind i\n", reasonFormat, "Invalid AOF manifest file format"},
	{"quotes", `file "a.1.incr.aof seq 1 type i` + "\n", reasonFormat, "Invalid AOF manifest file format"},
	{"path", "file ../a.1.incr.aof seq 1 type i\n", reasonPath, "File can't be a path, just a filename"},
	{"path of Windows", `file a\b seq 1 type i` + "\n", reasonPath, "File can't be a path, just a filename"},
	{"two bases", "file a.1.base.rdb seq 1 type b\nfile b.1.base.rdb seq 2 type b\n", reasonBases, "Found duplicate base file information"},
	{"same number", "file a.1.incr.aof seq 1 type i\nfile b.1.incr.aof seq 1 type i\n", reasonOrder, "Found a non-monotonic sequence number"},
	{"lower number", "file a.1.incr.aof seq 2 type i\nfile b.1.incr.aof seq 1 type i\n", reasonOrder, "Found a non-monotonic sequence number"},
	{"unknown type", "file a.1.incr.aof seq 1 type x\n", reasonKind, "Unknown AOF file type"},

	// Redis believes these.
	{"number and more", "file a.1.incr.aof seq 1x type i\n", reasonFormat, ""},
	{"long type", "file a.1.incr.aof seq 1 type incr\n", reasonKind, ""},
	{"alive and dead", "file a.1.incr.aof seq 1 type h\nfile a.1.incr.aof seq 1 type i\n", reasonTwice, ""},
	{"last number", "file a.1.incr.aof seq 9223372036854775807 type i\n", reasonTooLarge, ""},
	// These are C's strings and directories.
	{"zero byte", "file a.1.incr.aof seq 1 type i\x00\n", reasonFormat, "The AOF manifest file contains too long line"},
	{"directory", "file .. seq 1 type i\n", reasonPath, ""},
}

func TestParseManifest(t *testing.T) {
	for _, c := range manifests {
		m, err := ParseManifest([]byte(c.text))
		if c.reason == "" {
			require.NoError(t, err, c.name)
			require.NotEmpty(t, m.Live(), c.name)
			continue
		}
		require.Nil(t, m, c.name)
		var fault *ManifestError
		require.ErrorAs(t, err, &fault, c.name)
		require.Equal(t, c.reason, fault.Reason, c.name)
		require.Contains(t, err.Error(), c.reason, c.name)
		require.LessOrEqual(t, len(fault.Text), maxShown)
	}
}

func TestManifestErrorTellsTheLine(t *testing.T) {
	_, err := ParseManifest([]byte("# a comment\nfile a seq 1 type i\nfile b seq 1 type i\n"))
	require.Equal(t, &ManifestError{3, "file b seq 1 type i", reasonOrder}, err)
	require.EqualError(t, err, `AOF manifest, line 3: the sequence number is not above the one before: "file b seq 1 type i"`)
}

// TestManifestsOfRealServer has redis-check-aof judge the same texts. The files that
// they name are there, so what it refuses is the manifest. It knows one by its first
// word, so each text gets a line before it.
func TestManifestsOfRealServer(t *testing.T) {
	check := redistest.Tool(t, "redis-check-aof")
	for _, c := range manifests {
		dir := t.TempDir()
		for _, name := range []string{"a.1.base.rdb", "a.1.incr.aof", "a.7.incr.aof", "b.1.incr.aof", "a b\x01.aof"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("*1\r\n$4\r\nPING\r\n"), 0o600))
		}
		path := filepath.Join(dir, "a.manifest")
		require.NoError(t, os.WriteFile(path, []byte("file gone seq 1 type h\n"+c.text), 0o600))
		out, err := exec.Command(check, path).CombinedOutput()
		require.NotContains(t, string(out), "Old-Style", c.name)
		if c.redis == "" {
			require.NotContains(t, string(out), "FATAL AOF MANIFEST FILE ERROR", c.name)
		} else {
			require.Error(t, err, c.name)
			require.Contains(t, string(out), c.redis, c.name)
		}
		if c.redis == "" && c.reason == "" {
			require.NoError(t, err, "%s: %s", c.name, out)
		}
	}
}

func TestManifestRoundTrip(t *testing.T) {
	name := rapid.StringOfN(rapid.RuneFrom([]rune("ab. \"'\t\x01é#-")), 1, 20, -1).Filter(func(s string) bool { return s != "." && s != ".." })
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(name, func(s string) string { return s }).Draw(t, "names")
		var m Manifest
		seq := int64(0)
		for i, n := range names {
			seq += rapid.Int64Range(1, 1<<40).Draw(t, "step")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				m.Increments = append(m.Increments, File{Name: n, Seq: seq, Kind: Increment})
			case 1:
				m.History = append(m.History, File{Name: n, Seq: seq, Kind: History})
			default:
				if i == 0 {
					m.Base = File{Name: n, Seq: seq, Kind: Base}
				}
			}
		}
		text := m.Append(nil)
		if len(text) == 0 {
			return
		}
		again, err := ParseManifest(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, &m, again)
		require.Equal(t, &m, m.Clone())
	})
}

func TestNextFiles(t *testing.T) {
	const name = "appendonly.aof"
	require.Equal(t, "appendonly.aof.manifest", ManifestName(name))
	require.Equal(t, "temp-appendonly.aof.manifest", TempManifestName(name))
	var m Manifest
	base, first := m.NextBase(name), m.NextIncrement(name)
	require.Equal(t, File{Name: "appendonly.aof.1.base.rdb", Seq: 1, Kind: Base}, base)
	require.Equal(t, File{Name: "appendonly.aof.1.incr.aof", Seq: 1, Kind: Increment}, first)
	m.Base, m.Increments = base, []File{first}
	second := m.NextIncrement(name)
	require.Equal(t, File{Name: "appendonly.aof.2.incr.aof", Seq: 2, Kind: Increment}, second)
	m.Increments = append(m.Increments, second)
	require.Equal(t, []File{base, first, second}, m.Live())

	m.Rebase(m.NextBase(name), second.Seq)
	require.Equal(t, "file appendonly.aof.2.base.rdb seq 2 type b\n"+
		"file appendonly.aof.1.base.rdb seq 1 type h\n"+
		"file appendonly.aof.1.incr.aof seq 1 type h\n"+
		"file appendonly.aof.2.incr.aof seq 2 type i\n", string(m.Append(nil)))
	m.Rebase(m.NextBase(name), math.MaxInt64)
	require.Equal(t, []File{{Name: "appendonly.aof.3.base.rdb", Seq: 3, Kind: Base}}, m.Live())
}

// TestNextNameIsUnused: what waits to be removed does not lend its name.
func TestNextNameIsUnused(t *testing.T) {
	m, err := ParseManifest([]byte("file a.1.base.rdb seq 1 type h\nfile a.1.incr.aof seq 1 type h\nfile a.2.incr.aof seq 2 type h\n"))
	require.NoError(t, err)
	require.Equal(t, File{Name: "a.2.base.rdb", Seq: 2, Kind: Base}, m.NextBase("a"))
	require.Equal(t, File{Name: "a.3.incr.aof", Seq: 3, Kind: Increment}, m.NextIncrement("a"))
}

func FuzzParseManifest(f *testing.F) {
	for _, c := range manifests {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m *Manifest
		var err error
		spent := allocated(func() { m, err = ParseManifest(text) })
		require.LessOrEqual(t, spent, uint64(4096+64*len(text)))
		if err != nil {
			return
		}
		if again := m.Append(nil); len(again) > 0 {
			same, err := ParseManifest(again)
			if len(again) < maxLine { // quotes may have made a line too long
				require.NoError(t, err)
				require.Equal(t, m, same)
			}
		}
	})
}
