package house

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documents returns the Markdown files of the repository, by path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch rel := relative(name); {
		case err != nil:
			return err
		case d.IsDir() && unread(rel):
			return fs.SkipDir
		case strings.HasSuffix(rel, ".md"):
			texts[rel] = read(t, rel)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, texts["README.md"])
	return texts
}

func read(t *testing.T, rel string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, rel))
	require.NoError(t, err)
	return string(text)
}

var link = regexp.MustCompile(`\]\(([^)\s]*)\)`)

// TestLinks follows the links of documents within the repository.
func TestLinks(t *testing.T) {
	texts := documents(t)
	for rel, text := range texts {
		for _, m := range link.FindAllStringSubmatch(withoutCode(text), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := rel
			if target != "" {
				to = path.Join(path.Dir(rel), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", rel, m[1])
			} else if anchor != "" && !anchors(texts[to])[anchor] {
				t.Errorf("%s: %s has no heading %s", rel, to, anchor)
			}
		}
	}
}

var codeBlock = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")

func withoutCode(text string) string { return codeBlock.ReplaceAllString(text, "") }

var (
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unslugged = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns the names by which links refer to a document's headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		slug := unslugged.ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return found
}

var runs = regexp.MustCompile(`go run (\./[\w./-]+)`)

// TestCommandLines checks that what the documents tell one to run is there.
func TestCommandLines(t *testing.T) {
	for rel, text := range documents(t) {
		for _, m := range runs.FindAllStringSubmatch(text, -1) {
			_, here := os.Stat(filepath.Join(root, path.Dir(rel), m[1]))
			_, atRoot := os.Stat(filepath.Join(root, m[1]))
			require.True(t, here == nil || atRoot == nil, "%s: there is no %s", rel, m[1])
		}
	}
	for _, m := range targets.FindAllStringSubmatch(read(t, "CONTRIBUTING.md")+read(t, "README.md"), -1) {
		require.True(t, regexp.MustCompile(`(?m)^`+m[1]+`:.*## `).MatchString(read(t, "Makefile")), "make %s", m[1])
	}
}

var targets = regexp.MustCompile("`make ([a-z]+)")

// TestREADME keeps the README short and its example the one that is compiled
// and run.
func TestREADME(t *testing.T) {
	text := read(t, "README.md")
	require.Less(t, strings.Count(text, "\n"), 200)
	_, code, found := strings.Cut(text, "\n```go\n")
	require.True(t, found)
	code, _, _ = strings.Cut(code, "```\n")
	require.True(t, strings.Contains(read(t, "example_test.go"), indented(code)), "the example is not that of example_test.go")
}

// indented returns lines as they stand in the body of a function.
func indented(code string) string {
	lines := strings.SplitAfter(code, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = "\t" + line
		}
	}
	return strings.Join(lines, "")
}

// TestCommandsPage checks that the page of commands is what make docs writes.
func TestCommandsPage(t *testing.T) {
	page, err := Commands(root)
	require.NoError(t, err)
	require.True(t, string(page) == read(t, "docs/COMMANDS.md"), "docs/COMMANDS.md is out of date: run make docs")
	for name := range rows() {
		require.True(t, strings.Contains(string(page), "\n| `"+name+"` | "), name)
	}
}
