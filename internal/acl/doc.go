// Package acl knows who may do what: users, with their passwords, and the commands, keys and
// channels that they may use, by the rules and in the words of Redis.
//
//	table.go     the commands and their categories
//	selector.go  a set of permissions, and the rules that make it
//	describe.go  a set of permissions as rules again
//	user.go      a user: flags, passwords, selectors
//	request.go   whether a call is permitted
//	file.go      users as a file has them
//	log.go       what was denied
//
// It knows neither connections nor the commands themselves: whoever uses it gives it a Table, and
// says of each call where its keys and channels are. A User never changes, so it may be read from any goroutine.
package acl
