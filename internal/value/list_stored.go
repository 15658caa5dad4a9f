package value

// SettleNodes ends a list that was built by AppendNode.
func (l *List) SettleNodes(m *Limits) { l.List.SettleNodes(m.nodeLimit()) }
