package differential

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/nookdb/nook/internal/redistest"
)

// checksEnv names the variable with the number of sequences a family runs.
const checksEnv = "NOOK_DIFF_CHECKS"

// checks is the number of sequences a family runs, each over two versions of
// the protocol. The default keeps the package under half a minute.
var checks = flag.Int("checks", checksFromEnv(200), "sequences of each family; "+checksEnv+" sets the default")

func checksFromEnv(fallback int) int {
	text, ok := os.LookupEnv(checksEnv)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		panic(fmt.Sprintf("%s=%q is not a number of sequences", checksEnv, text))
	}
	return n
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := redistest.Main(m)
	if code == 0 && isWholeRun() {
		code = reportUnsent()
	}
	os.Exit(code)
}

// isWholeRun reports whether every test ran, once at least.
func isWholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return redistest.Installed() && !testing.Short()
}

// setChecks makes rapid run n sequences until the test ends, unless the command
// line says how many. A failure is printed whole and with its seed, so that the
// files rapid would leave beside the tests are not needed.
func setChecks(t *testing.T, n int) {
	t.Helper()
	setFlag(t, "rapid.checks", strconv.Itoa(n))
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "10s")
}

func setFlag(t *testing.T, name, value string) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name && !ours[name] })
	if given {
		return
	}
	ours[name] = true
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// ours are the flags of rapid that setFlag has set: flag.Visit shows them as
// if the command line had.
var ours = map[string]bool{}
