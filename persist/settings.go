package persist

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nookdb/nook/internal/command"
)

// Settings are those of Options that can be changed while the store is in use.
type Settings struct {
	Fsync             Fsync
	Save              []SaveRule // none if there are none
	RewritePercentage int        // negative means never
	RewriteMinSize    int64
	WriteUnsaved      bool
	Uncompressed      bool
	RefuseTorn        bool
}

// settings returns those of the options.
func (o *Options) settings() Settings {
	return Settings{
		Fsync: o.Fsync, Save: o.Save, RewritePercentage: o.RewritePercentage, RewriteMinSize: o.RewriteMinSize,
		WriteUnsaved: o.WriteUnsaved, Uncompressed: o.Uncompressed, RefuseTorn: o.RefuseTorn,
	}
}

// validate says what is wrong.
func (v *Settings) validate() error {
	switch {
	case v.Fsync < FsyncEverySecond || v.Fsync > FsyncNever:
		return fmt.Errorf("persist: Options.Fsync is %d, no known policy", int(v.Fsync))
	case v.RewriteMinSize < 0:
		return fmt.Errorf("persist: Options.RewriteMinSize is %d, below 0", v.RewriteMinSize)
	}
	for _, r := range v.Save {
		if r.After < time.Second || r.Changes < 0 {
			return fmt.Errorf("persist: Options.Save has a rule of %d changes after %v: at least 0 after a second", r.Changes, r.After)
		}
	}
	return nil
}

// Settings returns what is in force. CONFIG GET.
func (s *Store) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.settings
	v.Save = slices.Clone(v.Save)
	return v
}

// SetSettings changes them. What was written before a Fsync that promises more is as safe as it promises once the next write returns.
//
// Fails, and changes nothing, if one is out of its range. CONFIG SET.
func (s *Store) SetSettings(v Settings) error {
	if err := v.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Save = slices.Clone(v.Save)
	if j := s.journal.Load(); j != nil && v.Fsync != s.settings.Fsync {
		j.promise(v.Fsync)
	}
	s.settings = v
	s.judge()
	return nil
}

// judge notes whether clients may write. mu is held.
func (s *Store) judge() {
	s.unsaved.Store(!s.status.SaveOK && !s.settings.WriteUnsaved && len(s.settings.Save) > 0)
}

// ParseSaveRules reads rules as Redis has them in its setting save: pairs of seconds and changes, parted by spaces. Without any there
// are no rules.
func ParseSaveRules(text string) ([]SaveRule, error) {
	list, err := command.ParseSaveRules(text)
	if err != nil {
		return nil, errors.New("persist: rules for snapshots are pairs of seconds, at least 1, and changes")
	}
	return rulesOf(list), nil
}

// rulesOf returns rules of which the seconds are numbers.
func rulesOf(list []command.SaveRule) []SaveRule {
	rules := make([]SaveRule, len(list))
	for i, r := range list {
		rules[i] = SaveRule{After: time.Duration(r.Seconds) * time.Second, Changes: r.Changes}
	}
	return rules
}
