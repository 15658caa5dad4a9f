// Package persist keeps a store on disk, in the files of Redis: it writes what
// a redis-server can start from, and starts from what one has left.
package persist
