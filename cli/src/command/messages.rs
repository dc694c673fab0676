//! `plumbline messages`: lists messages that were given up, and has them sent again.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::{Service, encoded};
use crate::output::terminal;
use crate::report::messages;
use crate::{Failure, Outcome};

/// List messages that were given up, or send them again
#[derive(Debug, Args)]
#[command(after_help = "\
A message to Slack or a webhook is given up when its receiver answers 410, when the receiver cannot take it (400, 413, 415 and 422, ten tries)
or after three days. Given-up messages are listed for 30 days. Once the receiver works again, they are sent again in their order, before the
messages that wait, under the same webhook-id: a receiver that has one already ignores it.

A message of score changes brings those that are still the newest of their lead, so that an older score does not replace a newer one in the
CRM. One without any is not sent, and counted.

A receiver is slack:SECRET or webhook:URL for alerts.notify, scores:SECRET for writeback.webhooks; list names them. Sending again what waits or
arrived changes nothing. Who had messages sent again is a note (plumbline note --list).

Exit codes:
  0    listed, or sent again; there may be none
  8    no such receiver or message, or nothing of the message was kept

Examples:
  plumbline messages list
  plumbline messages list --to scores:CRM_SECRET --json
  plumbline messages resend --to scores:CRM_SECRET --key $KEY
  plumbline messages resend --id scores-0-120-0/CRM_SECRET --key $KEY")]
pub struct Messages {
    #[command(flatten)]
    service: Service,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Messages that were given up, the newest first, and how many each receiver has
    List {
        /// Only those to this receiver
        #[arg(long, value_name = "RECEIVER", default_value = "")]
        to: String,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Send given-up messages again: all of a receiver, or one
    Resend {
        /// All of this receiver
        #[arg(long, value_name = "RECEIVER", required_unless_present = "id", conflicts_with = "id")]
        to: Option<String>,
        /// This message
        #[arg(long, value_name = "ID")]
        id: Option<String>,
    },
}

/// Requests without a message sent again after which the rest is reported as left.
const MOST_IDLE: u32 = 3;

impl Messages {
    /// Lists messages or sends them again.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let (answer, print): (Value, fn(&Value) -> String) = match &self.what {
            What::List { to, limit } => {
                (self.service.get(&format!("/v1/messages?limit={limit}&to={}", encoded(to)))?.body, messages::listed)
            }
            What::Resend { to: Some(to), .. } => (self.all(to)?, messages::resent),
            What::Resend { id, .. } => (self.resend(&json!({ "id": id }))?, messages::resent),
        };
        if json {
            terminal::say_json(&answer)?;
        } else {
            terminal::say(&print(&answer))?;
        }
        Ok(Outcome::Done)
    }

    fn resend(&self, body: &Value) -> Result<Value, Failure> {
        Ok(self.service.command("/v1/messages/resend", body, "")?.body)
    }

    /// Sends all messages of a receiver again, some with each request: the answers added up.
    fn all(&self, to: &str) -> Result<Value, Failure> {
        let bar = terminal::steps("sending again");
        let (mut ids, mut obsolete, mut idle) = (Vec::new(), 0, 0);
        loop {
            let answer = self.resend(&json!({ "to": to }))?;
            let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
            ids.extend(answer.get("messages").and_then(Value::as_array).into_iter().flatten().cloned());
            obsolete += count("obsolete");
            idle = if count("resent") + count("obsolete") == 0 { idle + 1 } else { 0 };
            if count("left") == 0 || idle == MOST_IDLE {
                bar.finish_and_clear();
                return Ok(json!({ "resent": ids.len(), "messages": ids, "obsolete": obsolete, "left": count("left"),
                    "not_kept": count("not_kept") }));
            }
            bar.set_message(format!("{} sent again, {} left", ids.len(), count("left")));
        }
    }
}
