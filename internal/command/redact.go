package command

// redacted stands for arguments that are nobody else's business.
const redacted = "(redacted)"

// secretParameters are the parameters whose values are passwords.
var secretParameters = []string{"masterauth", "masteruser", "requirepass", "tls-client-key-file-pass", "tls-key-file-pass"}

// Redact returns the arguments of a call as they may be shown to others: without passwords, and what else
// Redis does not show. It copies them only if there is such a thing.
func (r *Row) Redact(args []string) []string {
	switch r.FullName() {
	case "auth":
		return hide(args, 1, len(args))
	case "hello":
		return hideAfter(args, "auth", 2)
	case "migrate":
		return hideAfter(hideAfter(args, "auth", 1), "auth2", 2)
	case "acl|setuser", "acl|deluser", "acl|getuser":
		return hide(args, 2, len(args))
	case "config|set":
		for i := 2; i+1 < len(args); i += 2 {
			for _, name := range secretParameters {
				if sameName(args[i], name) {
					args = hide(args, i+1, i+2)
				}
			}
		}
	}
	return args
}

// hide returns args without those of the given range.
func hide(args []string, from, to int) []string {
	shown := append([]string(nil), args...)
	for i := from; i < to && i < len(args); i++ {
		shown[i] = redacted
	}
	return shown
}

// hideAfter hides the n arguments behind the first that is a word.
func hideAfter(args []string, word string, n int) []string {
	for i := 1; i < len(args); i++ {
		if is(args[i], word) {
			return hide(args, i+1, i+1+n)
		}
	}
	return args
}
