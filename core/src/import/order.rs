//! An order of a tree's nodes in which the root is first and children follow their parent.

/// The nodes that can be reached from node 0.
pub(super) struct Order {
    /// Old indices, in the new order.
    pub nodes: Vec<u32>,
    /// New index by old index; `u32::MAX` for nodes out of reach.
    index: Vec<u32>,
}

impl Order {
    /// Orders `n` nodes. Keeps the file's order, so that indices of leaves stay the peer's, unless there are holes or a child
    /// comes before its parent. On failure returns what is wrong.
    pub fn of(n: usize, children: impl Fn(u32) -> Option<(i64, i64)>) -> Result<Order, String> {
        if n == 0 {
            return Err("a tree has no nodes".to_owned());
        }
        let mut nodes = vec![0u32];
        let mut seen = vec![false; n];
        let mut next = 0;
        let mut tidy = true;
        while let Some(&node) = nodes.get(next) {
            next += 1;
            let Some((left, right)) = children(node) else { continue };
            for child in [left, right] {
                match usize::try_from(child).ok().and_then(|child| seen.get_mut(child)) {
                    Some(slot) if !*slot && child != 0 => *slot = true,
                    Some(_) => return Err(format!("node {child} has two parents")),
                    None => return Err(format!("node {node} has child {child}, but there are {n} nodes")),
                }
                tidy &= child > i64::from(node);
                nodes.push(child as u32);
            }
        }
        if tidy && nodes.len() == n {
            nodes.sort_unstable();
        }
        let mut index = vec![u32::MAX; n];
        for (new, old) in nodes.iter().enumerate() {
            if let Some(slot) = index.get_mut(*old as usize) {
                *slot = new as u32;
            }
        }
        Ok(Order { nodes, index })
    }

    /// The new index of node `old`.
    pub fn new_index(&self, old: i64) -> u32 {
        usize::try_from(old).ok().and_then(|old| self.index.get(old)).copied().unwrap_or(u32::MAX)
    }
}
