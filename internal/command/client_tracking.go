package command

import (
	"slices"
	"strings"

	"github.com/nookdb/nook"
)

// Tracking is how a connection's keys are tracked, CLIENT TRACKING.
type Tracking struct {
	On       bool
	Prefixes []string // of the keys that it is told of, in order, if Broad; "" begins all keys
	Broad    bool     // BCAST: it is told of keys that it has not read
	OptIn    bool     // keys are tracked after CLIENT CACHING YES alone
	OptOut   bool     // keys are not tracked after CLIENT CACHING NO
	NoLoop   bool     // its own changes are not told
	Redirect int64    // the connection that is told in its place, 0 for none
	Caching  bool     // CLIENT CACHING was called for the next command
	Broken   bool     // the connection of Redirect was gone when it should have been told
}

// clientTracking is CLIENT TRACKING. Wrong options are an error even where they are not used.
func clientTracking(c *Call) error {
	want, err := c.trackingOptions(c.Args[3:])
	if err != nil {
		return err
	}
	switch now := c.Conn.Tracking(); {
	case is(c.Args[2], "off"):
		return c.ok(c.Conn.SetTracking(c, Tracking{}))
	case !is(c.Args[2], "on"):
		return nook.ErrSyntax
	default:
		if err := want.after(&now); err != nil {
			return err
		}
	}
	want.On = true
	return c.ok(c.Conn.SetTracking(c, want))
}

func (c *Call) trackingOptions(args []string) (t Tracking, err error) {
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch {
		case is(args[i], "redirect") && more:
			i++
			if t.Redirect != 0 {
				return t, errRedirects
			}
			if t.Redirect, err = integer(args[i]); err != nil {
				return t, err
			}
			if !c.Conn.Connected(t.Redirect) {
				return t, errRedirect
			}
		case is(args[i], "prefix") && more:
			i++
			t.Prefixes = append(t.Prefixes, args[i])
		case is(args[i], "bcast"):
			t.Broad = true
		case is(args[i], "optin"):
			t.OptIn = true
		case is(args[i], "optout"):
			t.OptOut = true
		case is(args[i], "noloop"):
			t.NoLoop = true
		default:
			return t, nook.ErrSyntax
		}
	}
	return t, nil
}

// after checks what is asked for, and adds what there is already.
func (t *Tracking) after(now *Tracking) error {
	switch {
	case !t.Broad && t.Prefixes != nil:
		return errPrefixes
	case now.On && now.Broad != t.Broad:
		return errSwitchBroad
	case t.Broad && (t.OptIn || t.OptOut):
		return errOptBroad
	case t.OptIn && t.OptOut:
		return errOptBoth
	case t.OptIn && now.OptOut, t.OptOut && now.OptIn:
		return errSwitchOpt
	case !t.Broad:
		return nil
	}
	if err := t.overlap(now.Prefixes); err != nil {
		return err
	}
	if t.Prefixes == nil {
		t.Prefixes = []string{""}
	}
	t.Prefixes = append(t.Prefixes, now.Prefixes...)
	slices.Sort(t.Prefixes)
	return nil
}

// overlap returns the error of prefixes that some key has two of.
func (t *Tracking) overlap(old []string) error {
	for i, p := range t.Prefixes {
		for _, q := range old {
			if overlapping(p, q) {
				return Error("ERR Prefix '" + cString(p) + "' overlaps with an existing prefix '" + cString(q) + "'." + errOverlap)
			}
		}
		for _, q := range t.Prefixes[i+1:] {
			if overlapping(p, q) {
				return Error("ERR Prefix '" + cString(p) + "' overlaps with another provided prefix '" + cString(q) + "'." + errOverlap)
			}
		}
	}
	return nil
}

func overlapping(p, q string) bool { return strings.HasPrefix(p, q) || strings.HasPrefix(q, p) }

// clientCaching is CLIENT CACHING.
func clientCaching(c *Call) error {
	t := c.Conn.Tracking()
	switch {
	case !t.On:
		return errCaching
	case is(c.Args[2], "yes"):
		if !t.OptIn {
			return errCachingYes
		}
	case is(c.Args[2], "no"):
		if !t.OptOut {
			return errCachingNo
		}
	default:
		return nook.ErrSyntax
	}
	t.Caching = true
	return c.ok(c.Conn.SetTracking(c, t))
}

// redirected returns what CLIENT GETREDIR does.
func (t *Tracking) redirected() int64 {
	if !t.On {
		return -1
	}
	return t.Redirect
}

func clientGetRedir(c *Call) error {
	t := c.Conn.Tracking()
	return c.int(t.redirected(), nil)
}

// clientTrackingInfo is CLIENT TRACKINGINFO.
func clientTrackingInfo(c *Call) error {
	t := c.Conn.Tracking()
	var flags []string
	for _, f := range []struct {
		has  bool
		name string
	}{
		{!t.On, "off"}, {t.On, "on"}, {t.Broad, "bcast"}, {t.OptIn, "optin"}, {t.OptIn && t.Caching, "caching-yes"},
		{t.OptOut, "optout"}, {t.OptOut && t.Caching, "caching-no"}, {t.NoLoop, "noloop"}, {t.Broken, "broken_redirect"},
	} {
		if f.has {
			flags = append(flags, f.name)
		}
	}
	c.Out.Map(3)
	c.Out.Bulk("flags")
	c.Out.Set(len(flags))
	for _, name := range flags {
		c.Out.Bulk(name)
	}
	c.Out.Bulk("redirect")
	c.Out.Int(t.redirected())
	c.Out.Bulk("prefixes")
	c.Out.Array(len(t.Prefixes))
	for _, p := range t.Prefixes {
		c.Out.Bulk(p)
	}
	return nil
}

// Track has the keys tracked that the call has read, if its caller wants that of it.
func (c *Call) Track() {
	k := c.DB.Caller()
	if k == nil || k.Reader == nil || !c.Row.Flags.Has(ReadOnly) || c.Row.Flags.Has(PubSub) || c.Row.Class&ClassScripting != 0 {
		return
	}
	if keys := c.Row.KeysOf(c.Args, nil); len(keys) > 0 {
		_ = c.DB.Track(k.Reader, keys...) // it fails if the command has
	}
}

const (
	errRedirects   = Error("ERR A client can only redirect to a single other client")
	errRedirect    = Error("ERR The client ID you want redirect to does not exist")
	errPrefixes    = Error("ERR PREFIX option requires BCAST mode to be enabled")
	errSwitchBroad = Error("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.")
	errOptBroad    = Error("ERR OPTIN and OPTOUT are not compatible with BCAST")
	errOptBoth     = Error("ERR You can't specify both OPTIN mode and OPTOUT mode")
	errSwitchOpt   = Error("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
	errOverlap     = " Prefixes for a single client must not overlap."
	errCaching     = Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	errCachingYes  = Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	errCachingNo   = Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
)
