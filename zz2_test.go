package nook
import ("testing";"fmt";"time")
func TestProbeR2(t *testing.T) {
	for n := 1; n < 400; n += 1 {
	for m := n; m >= 2 ; m-- {
	s,_ := New(&Options{Shards: 1})
	for i := range n { s.Set(fmt.Sprint(i), "v") }
	for i := n-1; i >= m; i-- { s.Del(fmt.Sprint(i)) }
	s.Rename("0","1")
	s.ks.check(t); _ = time.Now
	}
	if n > 60 {n+=17}
	}
}
func TestProbeR3(t *testing.T) {
	s,_ := New(&Options{Shards: 1})
	for i := range 20 { s.Set(fmt.Sprint(i), "v") }
	for i := 19; i >= 7; i-- { s.Del(fmt.Sprint(i)) }
	s.SetWith("1", "v", SetOptions{Expire: ExpireAt(time.UnixMilli(1))})
	s.Rename("0","1")
	c,_ :=s.DBSize()
	ks,_ := s.Keys("*")
	fmt.Println(c,ks)
	s.ks.check(t); _ = time.Now
}
