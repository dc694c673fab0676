//! How much memory a server holds, read from `/proc`.

/// Resident bytes of process `pid` and of its children; none where `/proc` does not tell.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let own = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse::<u64>().ok()? * 1024;
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    Some(own + children.split_whitespace().filter_map(|c| c.parse().ok()).filter_map(resident_bytes).sum::<u64>())
}
