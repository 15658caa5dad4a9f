package persist

import (
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// A disk is a fileSystem in memory whose power can go: cut returns what is
// then left of it. Everything that was synced is; of the rest each step may be there or not.
// A write may also be there in part. Its operations fail when the test says so.
type disk struct {
	mu      sync.Mutex
	names   map[string]*inode // what programs see
	synced  map[string]*inode // what is sure
	pending []dirStep         // what was done to names since, in order
	locks   map[string]bool
	free    int  // bytes that can still be written, negative: no limit
	off     bool // the power has gone

	// fault is asked before each operation, by its name and the file's, and how many bytes
	// are to be written. It returns why the operation fails; of a write, how much
	// is written all the same. It may block. nil: nothing fails.
	fault func(op, name string, size int) (written int, err error)
}

// An inode is a file or directory.
type inode struct {
	dir    bool
	data   []byte // what programs see
	synced []byte // what is sure
	steps  []step // what was done to data since, in order
}

// A step is a write or, with cut, a truncation.
type step struct {
	at     int
	p      []byte
	cut    bool
	doomed bool // a sync has failed since: no other makes it sure
}

// A dirStep binds a name to an inode, or frees it. With both, it is a rename.
type dirStep struct {
	free, bind string
	node       *inode
}

func newDisk() *disk {
	root := &inode{dir: true}
	return &disk{
		names: map[string]*inode{".": root}, synced: map[string]*inode{".": root},
		locks: map[string]bool{}, free: -1,
	}
}

// begin asks for faults, without mu, and takes mu. The caller gives it back.
func (d *disk) begin(op, name string, size int) (written int, err error) {
	d.mu.Lock()
	fault := d.fault
	d.mu.Unlock()
	if fault != nil {
		written, err = fault(op, name, size)
	}
	d.mu.Lock()
	if d.off {
		err = syscall.EIO
	}
	if err != nil {
		err = &fs.PathError{Op: op, Path: name, Err: err}
	}
	return written, err
}

func (d *disk) failWhen(fault func(op, name string, size int) (int, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

func (d *disk) step(s dirStep) {
	s.apply(d.names)
	d.pending = append(d.pending, s)
}

func (s dirStep) apply(names map[string]*inode) {
	if s.free != "" {
		delete(names, s.free)
	}
	if s.bind != "" {
		names[s.bind] = s.node
	}
}

// concerns reports whether the step is about a name in the directory.
func (s dirStep) concerns(dir string) bool {
	return s.free != "" && path.Dir(s.free) == dir || s.bind != "" && path.Dir(s.bind) == dir
}

func (d *disk) open(name string) (file, error) {
	_, err := d.begin("open", name, 0)
	defer d.mu.Unlock()
	n := d.names[name]
	if err == nil && n == nil {
		err = &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	if err != nil {
		return nil, err
	}
	return &diskFile{disk: d, name: name, node: n, reading: true}, nil
}

func (d *disk) create(name string) (file, error) { return d.write("create", name, true) }
func (d *disk) extend(name string) (file, error) { return d.write("extend", name, false) }

func (d *disk) write(op, name string, empty bool) (file, error) {
	_, err := d.begin(op, name, 0)
	defer d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if p := d.names[path.Dir(name)]; p == nil || !p.dir {
		return nil, &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT}
	}
	n := d.names[name]
	if n == nil {
		n = &inode{}
		d.step(dirStep{bind: name, node: n})
	} else if empty {
		n.truncate(0)
	}
	return &diskFile{disk: d, name: name, node: n}, nil
}

func (d *disk) rename(from, to string) error {
	_, err := d.begin("rename", from, 0)
	defer d.mu.Unlock()
	if err != nil {
		return err
	}
	n := d.names[from]
	if n == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: syscall.ENOENT}
	}
	d.step(dirStep{free: from, bind: to, node: n})
	return nil
}

func (d *disk) remove(name string) error {
	_, err := d.begin("remove", name, 0)
	defer d.mu.Unlock()
	if err != nil {
		return err
	}
	if d.names[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOENT}
	}
	d.step(dirStep{free: name})
	return nil
}

func (d *disk) mkdir(name string) error {
	_, err := d.begin("mkdir", name, 0)
	defer d.mu.Unlock()
	if err == nil && d.names[name] == nil {
		d.step(dirStep{bind: name, node: &inode{dir: true}})
	}
	return err
}

func (d *disk) list(dir string) ([]string, error) {
	_, err := d.begin("list", dir, 0)
	defer d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if d.names[dir] == nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: syscall.ENOENT}
	}
	var names []string
	for name := range d.names {
		if name != "." && path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (d *disk) syncDir(dir string) error {
	_, err := d.begin("syncdir", dir, 0)
	defer d.mu.Unlock()
	if err != nil {
		return err
	}
	var rest []dirStep
	for _, s := range d.pending {
		if s.concerns(dir) {
			s.apply(d.synced)
		} else {
			rest = append(rest, s)
		}
	}
	d.pending = rest
	return nil
}

func (d *disk) lock(name string) (io.Closer, error) {
	_, err := d.begin("lock", name, 0)
	defer d.mu.Unlock()
	if err == nil && d.locks[name] {
		err = ErrInUse
	}
	if err != nil {
		return nil, err
	}
	d.locks[name] = true
	return diskLock{d, name}, nil
}

type diskLock struct {
	disk *disk
	name string
}

func (l diskLock) Close() error {
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	delete(l.disk.locks, l.name)
	return nil
}

// content returns what programs see of a file.
func (d *disk) content(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.names[name]; n != nil {
		return string(n.data)
	}
	return ""
}

// cut ends the power, and returns the disk as it is found when the power comes
// back. What was not synced is there or not as rnd decides; nil: nothing of it is.
func (d *disk) cut(rnd *rand.Rand) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
	names := map[string]*inode{}
	for name, n := range d.synced {
		names[name] = n
	}
	for _, s := range d.pending {
		if rnd != nil && rnd.IntN(2) == 0 && (s.free == "" || names[s.free] != nil) {
			s.apply(names)
		}
	}
	left := newDisk()
	for name, n := range names {
		if parent := names[path.Dir(name)]; name == "." || parent == nil {
			continue
		}
		n := &inode{dir: n.dir, data: n.survives(rnd)}
		n.synced = slices.Clone(n.data)
		left.names[name], left.synced[name] = n, n
	}
	return left
}

func (n *inode) survives(rnd *rand.Rand) []byte {
	data := slices.Clone(n.synced)
	for _, s := range n.steps {
		if rnd == nil {
			break
		}
		switch rnd.IntN(3) {
		case 0:
			data = s.apply(data)
		case 1:
			if !s.cut {
				s.p = s.p[:rnd.IntN(len(s.p)+1)]
				data = s.apply(data)
			}
		}
	}
	return data
}

// apply returns data after the step, with zeros where nothing was written.
func (s step) apply(data []byte) []byte {
	end := s.at + len(s.p)
	if len(data) < end {
		data = append(data, make([]byte, end-len(data))...)
	}
	if s.cut {
		return data[:s.at]
	}
	copy(data[s.at:], s.p)
	return data
}

func (n *inode) do(s step) {
	n.data = s.apply(n.data)
	n.steps = append(n.steps, s)
}

func (n *inode) truncate(size int) {
	n.steps = slices.DeleteFunc(n.steps, func(s step) bool { return s.doomed && s.at >= size })
	n.do(step{at: size, cut: true})
}

// sync makes sure what was done. If it fails, no sync will.
func (n *inode) sync(failed bool) {
	var rest []step
	for _, s := range n.steps {
		switch {
		case failed:
			s.doomed = true
			rest = append(rest, s)
		case s.doomed:
			rest = append(rest, s)
		default:
			n.synced = s.apply(n.synced)
		}
	}
	n.steps = rest
}

// A diskFile is an open file of a disk.
type diskFile struct {
	disk    *disk
	name    string
	node    *inode
	reading bool
	pos     int
	closed  bool
}

// begin is the disk's, for an operation on the open file.
func (f *diskFile) begin(op string, size int) (int, error) {
	n, err := f.disk.begin(op, f.name, size)
	if f.closed {
		err = fs.ErrClosed
	}
	return n, err
}

func (f *diskFile) Read(p []byte) (int, error) {
	_, err := f.begin("read", len(p))
	defer f.disk.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if f.pos >= len(f.node.data) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[f.pos:])
	f.pos += n
	return n, nil
}

// Write writes all, or what the fault lets through, or what there is room for.
func (f *diskFile) Write(p []byte) (int, error) {
	n, err := f.begin("write", len(p))
	defer f.disk.mu.Unlock()
	if f.closed || f.disk.off {
		return 0, err
	}
	if f.reading {
		return 0, syscall.EBADF
	}
	if err == nil && n == 0 {
		n = len(p)
	}
	if d := f.disk; d.free >= 0 && n > d.free {
		n, err = d.free, &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	if f.disk.free >= 0 {
		f.disk.free -= n
	}
	if n > 0 {
		f.node.do(step{at: len(f.node.data), p: slices.Clone(p[:n])})
	}
	return n, err
}

func (f *diskFile) size() (int64, error) {
	_, err := f.begin("size", 0)
	defer f.disk.mu.Unlock()
	return int64(len(f.node.data)), err
}

func (f *diskFile) truncate(size int64) error {
	_, err := f.begin("truncate", 0)
	defer f.disk.mu.Unlock()
	if err == nil {
		if f.disk.free >= 0 {
			f.disk.free += len(f.node.data) - int(size)
		}
		f.node.truncate(int(size))
	}
	return err
}

func (f *diskFile) sync() error {
	_, err := f.begin("sync", 0)
	defer f.disk.mu.Unlock()
	if !f.closed && !f.disk.off {
		f.node.sync(err != nil)
	}
	return err
}

func (f *diskFile) Close() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	return nil
}

// failing returns a fault of one operation on files whose name has a suffix, from the
// nth time on.
func failing(op, suffix string, nth int, err error) func(string, string, int) (int, error) {
	var mu sync.Mutex
	return func(o, name string, _ int) (int, error) {
		if o != op || !strings.HasSuffix(name, suffix) {
			return 0, nil
		}
		mu.Lock()
		defer mu.Unlock()
		if nth--; nth > 0 {
			return 0, nil
		}
		return 0, err
	}
}
