//! A message in Slack's Block Kit, within the limits that Slack publishes.
//!
//! # Source
//! docs.slack.dev, "Blocks" and "Formatting message text": header 150 characters, section text 3,000, 10 fields of 2,000, 50 blocks,
//! button text 75, button address 3,000; `&`, `<` and `>` are escaped.

use serde_json::{Value, json};

use super::Message;
use crate::rollout::Severity;

const HEADER: usize = 150;
const SECTION: usize = 3_000;
const FIELD: usize = 2_000;
const FIELDS: usize = 10;
const CONTEXTS: usize = 10;
const BUTTON: usize = 75;
const BUTTONS: usize = 25;
const ADDRESS: usize = 3_000;

/// The body of an incoming webhook that shows `message`.
///
/// # Example
/// ```
/// use plumbline_core::alert::{Message, Topic, slack};
/// use plumbline_core::rollout::Severity;
/// use plumbline_core::sentence::Sentence;
/// let message = Message {
///     id: "1/firing/0".into(), topic: Topic::Alert, kind: "alert.firing".into(), severity: Severity::Red, at_ms: 0,
///     title: "Drift: visits".into(), sentence: Sentence::new("D", "visits < 3 & falling"), fields: vec![], context: vec![], links: vec![],
/// };
/// let body = slack(&message);
/// assert_eq!(body["blocks"][0]["text"]["text"], "🔴 Act now: Drift: visits");
/// assert_eq!(body["blocks"][1]["text"]["text"], "visits &lt; 3 &amp; falling");
/// ```
pub fn slack(message: &Message) -> Value {
    let mark = match (message.severity, message.kind.ends_with(".resolved")) {
        (_, true) => "🟢",
        (Severity::Red, _) => "🔴 Act now:",
        (Severity::Yellow, _) => "🟡 Look into:",
        (Severity::Info, _) => "ℹ️",
    };
    let plain = |text: &str, most: usize| json!({ "type": "plain_text", "text": escaped(text, most), "emoji": true });
    let mrkdwn = |text: String| json!({ "type": "mrkdwn", "text": text });
    let text = escaped(&message.sentence.text, SECTION);
    let mut blocks = vec![
        json!({ "type": "header", "text": plain(&format!("{mark} {}", message.title), HEADER) }),
        json!({ "type": "section", "text": mrkdwn(text.clone()) }),
    ];
    if !message.fields.is_empty() {
        let field = |(label, text): &(String, String)| {
            let label = escaped(label, BUTTON);
            mrkdwn(format!("*{label}*\n{}", escaped(text, FIELD - 2 * BUTTON)))
        };
        let fields: Vec<Value> = message.fields.iter().take(FIELDS).map(field).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let context = message.context.iter().take(CONTEXTS - 1).cloned().chain([format!("Message {}", message.id)]);
    let context: Vec<Value> = context.map(|text| mrkdwn(escaped(&text, FIELD))).collect();
    blocks.push(json!({ "type": "context", "elements": context }));
    let buttons: Vec<Value> = message
        .links
        .iter()
        .filter(|(_, address)| address.chars().count() <= ADDRESS)
        .take(BUTTONS)
        .map(|(label, address)| json!({ "type": "button", "text": plain(label, BUTTON), "url": address }))
        .collect();
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    json!({ "text": text, "blocks": blocks })
}

/// `text` as Slack reads it, cut to at most `most` characters after escaping; never empty.
fn escaped(text: &str, most: usize) -> String {
    let part = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        c => c.to_string(),
    };
    let length: usize = text.chars().map(|c| part(c).chars().count()).sum();
    if text.trim().is_empty() {
        return "–".to_owned();
    }
    let room = if length > most { most - 1 } else { most };
    let (mut out, mut used) = (String::with_capacity(text.len()), 0);
    for c in text.chars() {
        let part = part(c);
        used += part.chars().count();
        if used > room {
            break;
        }
        out.push_str(&part);
    }
    if length > most {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Topic;
    use crate::sentence::Sentence;

    #[test]
    fn the_longest_message_keeps_every_limit() {
        let long = "<&>".repeat(5_000);
        let message = Message {
            id: "1/firing/0".into(),
            topic: Topic::Alert,
            kind: "alert.firing".into(),
            severity: Severity::Yellow,
            at_ms: 0,
            title: long.clone(),
            sentence: Sentence::new("LONG", long.as_str()),
            fields: vec![(long.clone(), long.clone()); 30],
            context: vec![long.clone(); 30],
            links: vec![(long.clone(), "https://example.com/".into()), ("Far".into(), format!("https://example.com/{long}"))],
        };
        let body = slack(&message);
        let blocks = body["blocks"].as_array().unwrap();
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert_eq!((blocks.len(), length(&body["text"])), (5, SECTION));
        assert!(length(&blocks[0]["text"]["text"]) <= HEADER && length(&blocks[1]["text"]["text"]) <= SECTION);
        let fields = blocks[2]["fields"].as_array().unwrap();
        assert!(fields.len() == FIELDS && fields.iter().all(|field| length(&field["text"]) <= FIELD), "{}", fields[0]);
        assert_eq!(blocks[3]["elements"].as_array().unwrap().len(), CONTEXTS);
        assert_eq!(blocks[3]["elements"][CONTEXTS - 1]["text"], "Message 1/firing/0", "the id stays");
        assert_eq!(blocks[4]["elements"].as_array().unwrap().len(), 1, "an address cannot be cut");
        assert!(length(&blocks[4]["elements"][0]["text"]["text"]) <= BUTTON);
        let text = body["text"].as_str().unwrap();
        assert!(text.ends_with(";…") && !text.contains('<'), "no entity is cut: {}", &text[text.len() - 20..]);
        assert_eq!(escaped(" ", 5), "–");
    }
}
