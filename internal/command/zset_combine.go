package command

import (
	"slices"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

// combineOptions say which options a command on several sorted sets takes, and hold what
// they are.
type combineOptions struct {
	nook.ZCombineOptions
	weighs, shows, limits bool // takes WEIGHTS and AGGREGATE, WITHSCORES, LIMIT

	scores bool // WITHSCORES
	limit  int
}

func zunion(c *Call) error {
	keys, o, err := c.combine(1, combineOptions{weighs: true, shows: true})
	if err != nil {
		return err
	}
	members, err := c.DB.ZUnion(o.ZCombineOptions, keys...)
	return c.zmembers(members, o.scores, err)
}

func zinter(c *Call) error {
	keys, o, err := c.combine(1, combineOptions{weighs: true, shows: true})
	if err != nil {
		return err
	}
	members, err := c.DB.ZInter(o.ZCombineOptions, keys...)
	return c.zmembers(members, o.scores, err)
}

func zdiff(c *Call) error {
	keys, o, err := c.combine(1, combineOptions{shows: true})
	if err != nil {
		return err
	}
	members, err := c.DB.ZDiff(keys...)
	return c.zmembers(members, o.scores, err)
}

func zunionStore(c *Call) error {
	keys, o, err := c.combine(2, combineOptions{weighs: true})
	if err != nil {
		return err
	}
	return c.count(c.DB.ZUnionStore(c.Args[1], o.ZCombineOptions, keys...))
}

func zinterStore(c *Call) error {
	keys, o, err := c.combine(2, combineOptions{weighs: true})
	if err != nil {
		return err
	}
	return c.count(c.DB.ZInterStore(c.Args[1], o.ZCombineOptions, keys...))
}

func zdiffStore(c *Call) error {
	keys, _, err := c.combine(2, combineOptions{})
	if err != nil {
		return err
	}
	return c.count(c.DB.ZDiffStore(c.Args[1], keys...))
}

func zinterCard(c *Call) error {
	keys, o, err := c.combine(1, combineOptions{limits: true})
	if err != nil {
		return err
	}
	return c.count(c.DB.ZInterCard(o.limit, keys...))
}

// combine reads the number of keys, which is argument at, the keys and the options. The
// types of the keys are looked at before the options are.
func (c *Call) combine(at int, o combineOptions) ([]string, combineOptions, error) {
	n, err := integer(c.Args[at])
	switch {
	case err != nil:
		return nil, o, err
	case n < 1:
		return nil, o, Error("ERR at least 1 input key is needed for '" + c.Row.FullName() + "' command")
	case n > int64(len(c.Args)-at-1):
		return nil, o, nook.ErrSyntax
	}
	keys := c.Args[at+1 : at+1+int(n)]
	if err := o.parse(int(n), c.Args[at+1+int(n):]); err != nil {
		return nil, o, errorOr(c.checkCombined(keys), err)
	}
	return keys, o, nil
}

// checkCombined fails if a key is neither a sorted set nor a set.
func (c *Call) checkCombined(keys []string) error {
	for _, key := range keys {
		name, err := c.DB.Type(key)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"zset", "set", "none"}, name) {
			return nook.ErrWrongType
		}
	}
	return nil
}

// parse reads the options of a command on n sorted sets.
func (o *combineOptions) parse(n int, args []string) (err error) {
	for len(args) > 0 {
		used := 2
		switch {
		case o.weighs && len(args) > n && is(args[0], "weights"):
			o.Weights, err = weights(args[1 : n+1])
			used = n + 1
		case o.weighs && len(args) > 1 && is(args[0], "aggregate"):
			o.Aggregate, err = aggregate(args[1])
		case o.shows && is(args[0], "withscores"):
			o.scores, used = true, 1
		case o.limits && len(args) > 1 && is(args[0], "limit"):
			o.limit, err = notNegative(args[1], errLimit)
		default:
			return nook.ErrSyntax
		}
		if err != nil {
			return err
		}
		args = args[used:]
	}
	return nil
}

func weights(args []string) ([]float64, error) {
	weights := make([]float64, len(args))
	for i, arg := range args {
		w, ok := number.ParseFloat(arg)
		if !ok {
			return nil, nook.ErrWeight
		}
		weights[i] = w
	}
	return weights, nil
}

func aggregate(arg string) (nook.Aggregate, error) {
	switch {
	case is(arg, "sum"):
		return nook.AggregateSum, nil
	case is(arg, "min"):
		return nook.AggregateMin, nil
	case is(arg, "max"):
		return nook.AggregateMax, nil
	default:
		return 0, nook.ErrSyntax
	}
}
