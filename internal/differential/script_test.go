package differential

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// script is a sequence from a file, in the notation of transcripts:
//
//	# a name
//	SET a "x\x00"*3            arguments may be quoted as in Go, and repeated
//	[1] GET a                  on another connection
//	GET a ; GET b              a pipeline
//	raw "PING\r\n"             bytes as they are
//
// An empty line ends it.
type script struct {
	name  string
	steps sequence
}

// TestScripts runs the sequences of testdata/scripts.
func TestScripts(t *testing.T) { runScripts(t, "testdata/scripts/*.txt", versus(t)) }

// TestLimits runs the sequences of testdata/limits with strings of at most
// 1 MiB, the smallest limit that a real server takes.
func TestLimits(t *testing.T) {
	runScripts(t, "testdata/limits/*.txt", versusLimited(t))
}

func runScripts(t *testing.T, pattern string, sides [2]side) {
	t.Helper()
	for _, s := range readScripts(t, pattern) {
		t.Run(s.name, func(t *testing.T) { s.run(t, sides) })
	}
}

// readScripts returns the scripts of the files that match pattern, their names
// beginning with that of the file.
func readScripts(t *testing.T, pattern string) []script {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []script
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, s := range parseScripts(t, string(text)) {
			s.name = filepath.Base(file) + "/" + s.name
			all = append(all, s)
		}
	}
	return all
}

// TestPassword runs the sequences of testdata/password on servers with the
// password "secret". They begin with RESP2: HELLO needs authentication too.
func TestPassword(t *testing.T) {
	sides := versusPassword(t, "secret")
	for _, s := range readScripts(t, "testdata/password/*.txt") {
		t.Run(s.name, func(t *testing.T) {
			r := begin(t, sides, 2)
			defer r.close()
			if !r.steps(s.steps) {
				t.Error(r.log.String())
			}
		})
	}
}

func (s script) run(t *testing.T, sides [2]side) {
	for _, version := range []int{2, 3} {
		if log := run(t, sides, version, s.steps); !log.agree() {
			t.Error(log.String())
		}
	}
}

func parseScripts(t *testing.T, text string) []script {
	t.Helper()
	var scripts []script
	for block := range strings.SplitSeq(text, "\n\n") {
		var s script
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if name, ok := strings.CutPrefix(line, "# "); ok {
				s.name = name
			} else if line != "" {
				s.steps = append(s.steps, parseStep(t, line))
			}
		}
		if len(s.steps) > 0 {
			scripts = append(scripts, s)
		}
	}
	return scripts
}

func parseStep(t *testing.T, line string) step {
	t.Helper()
	s := step{commands: []command{nil}}
	for i, arg := range parseArgs(t, line) {
		last := len(s.commands) - 1
		switch {
		case i == 0 && arg.isConnection():
			s.conn, _ = strconv.Atoi(strings.Trim(arg.text, "[]"))
		case arg.text == ";" && !arg.quoted:
			s.commands = append(s.commands, nil)
		default:
			s.commands[last] = append(s.commands[last], arg.text)
		}
	}
	if c := s.commands[0]; c[0] == "raw" {
		return step{conn: s.conn, raw: strings.Join(c[1:], "")}
	}
	return s
}

type argument struct {
	text   string
	quoted bool
}

func (a argument) isConnection() bool {
	return !a.quoted && strings.HasPrefix(a.text, "[") && strings.HasSuffix(a.text, "]")
}

// parseArgs splits a line at spaces outside of quotes.
func parseArgs(t *testing.T, line string) []argument {
	t.Helper()
	var args []argument
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			args, line = append(args, argument{text: word}), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		require.NoError(t, err, line)
		text, err := strconv.Unquote(quoted)
		require.NoError(t, err, line)
		line = line[len(quoted):]
		if strings.HasPrefix(line, "*") {
			times, rest, _ := strings.Cut(line[1:], " ")
			n, err := strconv.Atoi(times)
			require.NoError(t, err, line)
			text, line = strings.Repeat(text, n), rest
		}
		args = append(args, argument{text, true})
	}
	return args
}

// TestLongPipeline sends very many commands before it reads the first reply.
func TestLongPipeline(t *testing.T) {
	long := step{}
	for i := range 5_000 {
		n := strconv.Itoa(i)
		long.commands = append(long.commands, command{"SET", "a", n}, command{"APPEND", "b", n}, command{"GET", "a"})
	}
	for _, sides := range [][2]side{versus(t), versusOnSocket(t)} {
		log := run(t, sides, 3, sequence{long, one("GET", "b")})
		require.True(t, log.agree(), "%s", log)
	}
}

func TestScriptNotation(t *testing.T) {
	scripts := parseScripts(t, `
# first
SET a "x y"
[1] GET a ; ECHO ";" ; PING

# second
raw "PING\r\n"
SET a "ab\x00"*2 EX 1
`)
	require.Equal(t, []script{
		{"first", sequence{
			one("SET", "a", "x y"),
			{conn: 1, commands: []command{{"GET", "a"}, {"ECHO", ";"}, {"PING"}}},
		}},
		{"second", sequence{
			{raw: "PING\r\n"},
			one("SET", "a", "ab\x00ab\x00", "EX", "1"),
		}},
	}, scripts)
	for _, s := range scripts {
		for _, st := range s.steps {
			require.Equal(t, st, parseStep(t, st.inScript()))
		}
	}
}

// inScript writes the step as the line of a script.
func (s step) inScript() string {
	if s.conn == 0 {
		return s.String()
	}
	return "[" + strconv.Itoa(s.conn) + "] " + s.String()
}
