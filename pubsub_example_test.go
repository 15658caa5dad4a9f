package nook_test

import (
	"fmt"
	"log"

	"github.com/nookdb/nook"
)

// Messages on a Go channel: of one channel, and of all that match a pattern.
func ExampleStore_Subscribe() {
	s := newStore()
	defer s.Close()
	news, err := s.Subscribe("news")
	if err != nil {
		log.Fatal(err)
	}
	defer news.Close()
	users, err := s.PSubscribe("user:*")
	if err != nil {
		log.Fatal(err)
	}
	defer users.Close()

	receivers, _ := s.Publish("news", "it rains")
	fmt.Println(receivers, "received the news")
	_, _ = s.Publish("user:42", "logged in")
	m := <-news.Messages()
	fmt.Println(m.Channel+":", m.Payload)
	m = <-users.Messages()
	fmt.Println(m.Channel+":", m.Payload, "by", m.Pattern)

	news.Close()
	_, open := <-news.Messages()
	receivers, _ = s.Publish("news", "it still rains")
	fmt.Println(open, receivers)
	// Output:
	// 1 received the news
	// news: it rains
	// user:42: logged in by user:*
	// false 0
}

// Who publishes never waits: a receiver that is too slow is told what it missed.
func ExampleStore_SubscribeWith() {
	s := newStore()
	defer s.Close()
	sub, err := s.SubscribeWith(nook.SubscribeOptions{Channels: []string{"ticks"}, Queue: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()
	for i := range 5 {
		_, _ = s.Publish("ticks", fmt.Sprint(i))
	}
	fmt.Println((<-sub.Messages()).Payload, (<-sub.Messages()).Payload)
	_, _ = s.Publish("ticks", "5")
	m := <-sub.Messages()
	fmt.Println(m.Payload, "after", m.Missed, "that were missed")
	// Output:
	// 0 1
	// 5 after 3 that were missed
}

// The messages of a transaction come when it ends, together.
func ExampleStore_Publish() {
	s := newStore()
	defer s.Close()
	sub, err := s.Subscribe("orders")
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()
	err = s.Exec(func(tx *nook.Tx) error {
		if _, err := tx.Publish("orders", "order 7 is coming"); err != nil {
			return err
		}
		return tx.Set("order:7", "3 books")
	}, "order:7")
	if err != nil {
		log.Fatal(err)
	}
	m := <-sub.Messages()
	order, _, _ := s.Get("order:7")
	fmt.Println(m.Payload+":", order)
	// Output:
	// order 7 is coming: 3 books
}
