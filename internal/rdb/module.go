package rdb

// The value of a module is a sequence of parts, each announced by an opcode, so that one who does not
// know the module can pass over them.
const (
	moduleEnd = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)

// module passes over the value of a module if it can and may.
func (r *Reader) module(t Type) error {
	switch name := r.moduleName(t); {
	case r.err != nil:
		return r.err
	case t == TypeModule:
		r.damaged("a module's value of a release candidate, of which none can tell the end")
	case !r.opt.SkipModules:
		r.damaged("a value of the module " + name)
	default:
		r.skipModule()
	}
	if r.err != nil {
		return r.err
	}
	return ErrSkipped
}

// moduleName reads the number that stands for the name of a module's type: nine letters of 6 bits, and
// 10 bits for a version.
func (r *Reader) moduleName(t Type) string {
	if t == TypeModule {
		return ""
	}
	return moduleNameOf(r.length())
}

func moduleNameOf(id uint64) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var name [9]byte
	id >>= 10
	for i := len(name) - 1; i >= 0; i-- {
		name[i] = letters[id&63]
		id >>= 6
	}
	return string(name[:])
}

// skipModule passes over the parts of a module's value.
func (r *Reader) skipModule() {
	for r.err == nil {
		at := r.Offset()
		switch r.length() {
		case moduleEnd:
			return
		case moduleSigned, moduleUnsigned:
			r.length()
		case moduleFloat:
			r.skip(4)
		case moduleDouble:
			r.skip(8)
		case moduleString:
			r.skipString()
		default:
			r.fail(at, "no such part of a module's value", nil)
		}
	}
}

// skipAux passes over what a module keeps beside values, if it may.
func (r *Reader) skipAux() {
	at := r.Offset()
	name := moduleNameOf(r.length())
	if r.err == nil && !r.opt.SkipModules {
		r.fail(at, "data of the module "+name, nil)
		return
	}
	kind := r.length()
	r.length() // whether before or behind the keys
	if r.err == nil && kind != moduleUnsigned {
		r.fail(at, "data of a module that make no sense", nil)
		return
	}
	r.skipModule()
}
