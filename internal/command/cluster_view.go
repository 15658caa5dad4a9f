package command

import (
	"strconv"

	"github.com/nookdb/nook/internal/cluster"
)

func clusterInfo(c *Call, k Cluster) error {
	m := k.Map()
	state := "fail"
	if k.Up() {
		state = "ok"
	}
	served := m.Served()
	b := []byte("cluster_state:" + state + "\r\n")
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"cluster_slots_assigned", int64(m.Assigned())},
		{"cluster_slots_ok", int64(served)},
		{"cluster_slots_pfail", 0},
		{"cluster_slots_fail", int64(m.Assigned() - served)},
		{"cluster_known_nodes", int64(len(m.Nodes))},
		{"cluster_size", int64(m.Owners())},
		{"cluster_current_epoch", m.Epoch},
		{"cluster_my_epoch", m.Nodes[k.Self()].Epoch},
		{"cluster_stats_messages_sent", 0},
		{"cluster_stats_messages_received", 0},
		{"total_cluster_links_buffer_limit_exceeded", 0},
	} {
		b = append(b, f.name...)
		b = append(b, ':')
		b = strconv.AppendInt(b, f.value, 10)
		b = append(b, "\r\n"...)
	}
	c.Out.Verbatim("txt", string(b))
	return nil
}

// busOffset is what the port of the bus between nodes is above that of clients. Here nobody listens there.
const busOffset = 10000

func clusterNodes(c *Call, k Cluster) error {
	var b []byte
	m := k.Map()
	for i := range m.Nodes {
		b = c.appendNode(b, m, i, i == k.Self())
	}
	c.Out.Verbatim("txt", string(b))
	return nil
}

// appendNode appends the line of a node.
func (c *Call) appendNode(b []byte, m *cluster.Map, i int, self bool) []byte {
	n := &m.Nodes[i]
	flags, pong, link := "master", c.DB.Now().UnixMilli(), "connected"
	switch {
	case self:
		flags, pong = "myself,master", 0
	case n.Down:
		flags, link = "master,fail", "disconnected"
	}
	b = append(b, n.ID+" "+n.Host+":"...)
	b = strconv.AppendInt(b, int64(n.Port), 10)
	b = append(b, '@')
	b = strconv.AppendInt(b, int64(n.Port)+busOffset, 10)
	b = append(b, " "+flags+" - 0 "...)
	b = strconv.AppendInt(b, pong, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, n.Epoch, 10)
	b = append(b, " "+link...)
	for _, r := range m.Ranges(i) {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(r.First), 10)
		if r.Last > r.First {
			b = append(b, '-')
			b = strconv.AppendInt(b, int64(r.Last), 10)
		}
	}
	if self {
		for _, t := range m.Transfers(i) {
			b = appendTransfer(b, m, t)
		}
	}
	return append(b, '\n')
}

func appendTransfer(b []byte, m *cluster.Map, t cluster.Transfer) []byte {
	arrow := "->-"
	if t.In {
		arrow = "-<-"
	}
	b = append(b, " ["...)
	b = strconv.AppendInt(b, int64(t.Slot), 10)
	return append(b, arrow+m.Nodes[t.Other].ID+"]"...)
}

func clusterSlots(c *Call, k Cluster) error {
	m := k.Map()
	runs := m.Runs()
	c.Out.Array(len(runs))
	for _, r := range runs {
		c.Out.Array(3)
		c.Out.Int(int64(r.First))
		c.Out.Int(int64(r.Last))
		n := &m.Nodes[r.Node]
		c.Out.Array(4)
		c.Out.Bulk(n.Host)
		c.Out.Int(int64(n.Port))
		c.Out.Bulk(n.ID)
		c.Out.Map(0)
	}
	return nil
}

func clusterShards(c *Call, k Cluster) error {
	m := k.Map()
	c.Out.Array(len(m.Nodes))
	for i := range m.Nodes {
		c.Out.Map(2)
		c.Out.Bulk("slots")
		ranges := m.Ranges(i)
		c.Out.Array(2 * len(ranges))
		for _, r := range ranges {
			c.Out.Int(int64(r.First))
			c.Out.Int(int64(r.Last))
		}
		c.Out.Bulk("nodes")
		c.Out.Array(1)
		c.shardNode(&m.Nodes[i])
	}
	return nil
}

// shardNode replies what CLUSTER SHARDS says of a node.
func (c *Call) shardNode(n *cluster.Node) {
	health := "online"
	if n.Down {
		health = "fail"
	}
	c.Out.Map(7)
	c.field("id", n.ID)
	c.number("port", n.Port)
	c.field("ip", n.Host)
	c.field("endpoint", n.Host)
	c.field("role", "master")
	c.number("replication-offset", 0)
	c.field("health", health)
}
