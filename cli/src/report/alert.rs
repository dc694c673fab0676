//! Alerts, incidents, reviews and notes as a person reads them.

use serde_json::Value;

/// The whole id of the only alert in `listed` whose id begins with `start`.
pub fn whole_id(listed: &Value, start: &str) -> Option<String> {
    let mut found = rows(listed, "alerts").filter(|alert| word(alert, "/id").starts_with(start));
    let id = found.next().map(|alert| word(alert, "/id").to_owned())?;
    found.next().is_none().then_some(id)
}

/// Alerts as a table, and the messages that did not arrive.
pub fn alerts(listed: &Value) -> String {
    let mut lines: Vec<String> = Vec::new();
    for alert in rows(listed, "alerts") {
        let is_firing = word(alert, "/state") == "firing";
        let state = if is_firing { word(alert, "/severity") } else { "resolved" };
        let id = word(alert, "/id");
        let rule = format!("{} {}", word(alert, "/rule"), word(alert, "/subject"));
        lines.push(format!("{}  {state:8}  {:30}  {}", id.get(..12).unwrap_or(id), rule.trim(), word(alert, "/sentence/text")));
        let acts = match (word(alert, "/taken_by"), word(alert, "/owner_role")) {
            ("", "") => String::new(),
            ("", role) => format!("with {role} until {}", word(alert, "/due_at")),
            (by, _) => format!("taken by {by}, due {}", word(alert, "/due_at")),
        };
        if !acts.is_empty() {
            lines.push(format!("{:14}{acts}", ""));
        }
    }
    if lines.is_empty() {
        lines.push("No alert ever fired.".to_owned());
    }
    let undelivered: Vec<&Value> = rows(listed, "undelivered").collect();
    if !undelivered.is_empty() {
        lines.push(String::new());
        lines.push("messages that did not arrive".to_owned());
        for message in &undelivered {
            let target = word(message, "/target");
            lines.push(format!("  {:8}  {target}  {}", word(message, "/state"), word(message, "/answer")));
        }
        if undelivered.iter().any(|message| word(message, "/state") == "dead") {
            lines.push("  To send those that are dead again: plumbline messages resend --to RECEIVER.".to_owned());
        }
    }
    lines.join("\n")
}

/// Incidents as a table.
pub fn incidents(listed: &Value) -> String {
    let lines: Vec<String> = rows(listed, "incidents").map(incident).collect();
    if lines.is_empty() { "No incident was ever opened.".to_owned() } else { lines.join("\n") }
}

/// An incident in two lines.
pub fn incident(incident: &Value) -> String {
    let acts = match word(incident, "/state") {
        "closed" => format!("closed: {}", word(incident, "/cause")),
        "taken" => format!("taken by {}, due {}", word(incident, "/taken_by"), word(incident, "/due_at")),
        _ => format!("with {} until {}", word(incident, "/owner_role"), word(incident, "/due_at")),
    };
    let head = format!("{}  {:6}  {}", word(incident, "/id"), word(incident, "/severity"), word(incident, "/sentence/text"));
    format!("{head}\n  {acts}")
}

/// Reviews as a list.
pub fn reviews(listed: &Value) -> String {
    let lines: Vec<&str> = rows(listed, "reviews").map(|review| word(review, "/id")).collect();
    if lines.is_empty() { "No review was made yet.".to_owned() } else { lines.join("\n") }
}

/// A review with its parts.
pub fn review(review: &Value) -> String {
    let mut lines = vec![format!("{}  {}", word(review, "/id"), word(review, "/sentence/text"))];
    for part in rows(review, "parts") {
        lines.push(format!("\n{:18} {}", word(part, "/id"), word(part, "/sentence/text")));
        for row in rows(part, "rows") {
            lines.push(format!("  {:28} {}", word(row, "/0"), word(row, "/1")));
        }
    }
    let question = word(review, "/question/text");
    if !question.is_empty() {
        lines.push(format!("\n{question}"));
    }
    lines.join("\n")
}

/// Notes as a list.
pub fn notes(listed: &Value) -> String {
    let lines: Vec<String> = rows(listed, "notes").map(note).collect();
    if lines.is_empty() { "No note was kept yet.".to_owned() } else { lines.join("\n") }
}

/// A note in one line.
pub fn note(note: &Value) -> String {
    let about = match word(note, "/about") {
        "" => String::new(),
        about => format!(" on {about}"),
    };
    format!("{}  {} by {}{about}: {}", word(note, "/at"), word(note, "/kind"), word(note, "/by"), word(note, "/text"))
}

pub(super) fn rows<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn word<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alert_says_what_it_is_and_who_looks_into_it() {
        let alert = |id: &str, taken: Value| {
            json!({ "id": id, "severity": "yellow", "state": "firing", "rule": "drift", "subject": "visits", "owner_role": "ml_lead",
                "due_at": "2026-12-23T09:00:00Z", "taken_by": taken, "sentence": { "text": "visits drifted." } })
        };
        let listed =
            json!({ "alerts": [alert("abcdef0123456789", Value::Null), alert("abff", json!("Ada"))], "undelivered": [] });
        let text = alerts(&listed);
        assert!(
            text.contains("abcdef012345  yellow    drift visits") && text.contains("with ml_lead until 2026-12-23"),
            "{text}"
        );
        assert!(text.contains("taken by Ada, due"), "{text}");
        assert_eq!(whole_id(&listed, "abc"), Some("abcdef0123456789".into()));
        assert_eq!((whole_id(&listed, "ab"), whole_id(&listed, "x")), (None, None), "more than one, none");
    }
}
