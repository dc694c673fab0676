//! Messages that were given up, as a person reads them.

use serde_json::Value;

use super::alert::{rows, word};

/// How many each receiver has, and the messages as a table.
pub fn listed(listed: &Value) -> String {
    let mut lines = Vec::new();
    for receiver in rows(listed, "receivers") {
        let count = |name: &str| receiver.get(name).and_then(Value::as_u64).unwrap_or_default();
        lines.push(format!("{}  {} given up, {} waiting", word(receiver, "/to"), count("given_up"), count("waiting")));
    }
    if lines.is_empty() {
        return "The settings name no receiver of messages.".to_owned();
    }
    let messages: Vec<&Value> = rows(listed, "messages").collect();
    if messages.is_empty() {
        lines.push("No message was given up in the last 30 days.".to_owned());
        return lines.join("\n");
    }
    lines.push(String::new());
    for message in messages {
        let is_lost = message.get("can_resend") == Some(&Value::Bool(false));
        let lost = if is_lost { "  (cannot be sent again)" } else { "" };
        lines.push(format!("{}  {}  {}{lost}", word(message, "/created_at"), word(message, "/id"), word(message, "/answer")));
    }
    lines.join("\n")
}

/// What was sent again.
pub fn resent(answer: &Value) -> String {
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    let messages = |n: u64| if n == 1 { "1 message".to_owned() } else { format!("{n} messages") };
    let mut lines = vec![format!(
        "{} sent again.",
        if count("resent") == 0 { "No message is".to_owned() } else { format!("{} will be", messages(count("resent"))) }
    )];
    if count("obsolete") > 0 {
        lines.push(format!("{} not sent: their leads have newer changes, or were erased.", messages(count("obsolete"))));
    }
    if count("not_kept") > 0 {
        let what = messages(count("not_kept"));
        lines.push(format!("{what} of an earlier release cannot be sent again: read the changes with plumbline changes."));
    }
    if count("left") > 0 {
        lines.push(format!("{} left: run the command again.", messages(count("left"))));
    }
    lines.join("\n")
}
