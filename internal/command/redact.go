package command

// redacted stands for arguments that are nobody else's business.
const redacted = "(redacted)"

// secretParameters are the parameters whose values are passwords.
var secretParameters = []string{"masterauth", "masteruser", "requirepass", "tls-client-key-file-pass", "tls-key-file-pass"}

// Redact returns the arguments of a call as they may be shown to others: without passwords, and what else
// Redis does not show. It copies them only if there may be such a thing.
func (r *Row) Redact(args []string) []string {
	switch r.FullName() {
	case "auth":
		return hide(args, 1, len(args))
	case "hello":
		return hideLogins(args)
	case "acl|setuser", "acl|deluser", "acl|getuser":
		return hide(args, 2, len(args))
	case "migrate":
		return hideMigrated(args)
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

// hideLogins hides the names and passwords among the options of HELLO, whether or not the call is right. SETNAME may be followed by any word.
func hideLogins(args []string) []string {
	shown := append([]string(nil), args...)
	for i := 1; i < len(args); i++ {
		switch {
		case is(args[i], "setname"):
			i++
		case is(args[i], "auth"):
			for n := 0; n < 2 && i+1 < len(args); n++ {
				i++
				shown[i] = redacted
			}
		}
	}
	return shown
}
