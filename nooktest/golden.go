package nooktest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// UpdateEnv names the environment variable that makes Golden write its files.
const UpdateEnv = "NOOKTEST_UPDATE"

// Golden fails the test unless the keys of a database, as Dump prints them, are what a file says, such as
// testdata/import.golden. With the environment variable NOOKTEST_UPDATE=1 the file is written instead.
func Golden(t testing.TB, s Source, path string) {
	t.Helper()
	got, err := Dump(s)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	source := got.String() + "\n"
	if os.Getenv(UpdateEnv) != "" {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, []byte(source), 0o644)
		}
		if err != nil {
			t.Fatalf("nooktest: %v", err)
		}
		return
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("nooktest: %v (run the test with %s=1 to write it)", err, UpdateEnv)
	}
	a, b := strings.Split(string(file), "\n"), strings.Split(source, "\n")
	if text, differs := diff(a, b, func(i, j int) bool { return a[i] == b[j] }); differs {
		t.Fatalf("nooktest: the keys are not those of %s (- wanted, + there; %s=1 writes it):\n%s", path, UpdateEnv, text)
	}
}
