//! `plumbline changes`: score changes for a CRM, as JSON or as a file that the CRM imports.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plumbline_core::event::{ScoreChange, ScoreChanges};

use crate::client::{Service, encoded};
use crate::output::{Draft, Interrupt, terminal};
use crate::{Failure, Outcome};

/// List score changes for a CRM, or write a file for its import
#[derive(Debug, Args)]
#[command(after_help = "\
A change is a score that moved by writeback.min_change (0.05) or into another band since it was last reported, or a lead's first score. The
service records changes once writeback.enabled = true is in plumbline.toml, and keeps them for 90 days.

Without --template, each change is a line of JSON. With it, the output is a CSV file with one row a lead, its newest score:
  salesforce  Id, Plumbline_Score__c, Plumbline_Band__c, Plumbline_Model__c, Plumbline_Scored_At__c
  hubspot     Record ID, plumbline_score, plumbline_band, plumbline_model, plumbline_scored_at
  dynamics    leadid, plb_score, plb_band, plb_model, plb_scoredat
Scores are from 0 to 100 with one decimal. --id names another column for the lead's id, such as that of an external id.

With --cursor FILE, the command goes on where the last one ended: the file is written after the output, so that a change is never left out.

Exit codes:
  0    the changes were written; there may be none
  8    the service records no changes, or changes after the cursor were deleted, 90 days after they were recorded

Examples:
  plumbline changes --key $KEY --cursor crm.cursor >> changes.ndjson
  plumbline changes --template salesforce --cursor sf.cursor -o scores.csv
  plumbline changes --template hubspot --id email --store prod -o scores.csv")]
pub struct Changes {
    #[command(flatten)]
    service: Service,
    /// Write a CSV file with the columns of this CRM's import
    #[arg(long, value_enum)]
    template: Option<Template>,
    /// With --template: the column of the lead's id
    #[arg(long = "id", value_name = "COLUMN", requires = "template")]
    id_column: Option<String>,
    /// Go on after this cursor, which an earlier answer named
    #[arg(long, value_name = "CURSOR", conflicts_with = "cursor")]
    after: Option<String>,
    /// Go on where this file says, and write there how far it came
    #[arg(long, value_name = "FILE")]
    cursor: Option<PathBuf>,
    /// Write to this file instead of the standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A CRM's import.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Template {
    /// Salesforce Data Loader and Bulk API
    Salesforce,
    /// HubSpot import
    Hubspot,
    /// Dataverse and Dynamics 365 import
    Dynamics,
}

impl Template {
    /// The columns: the lead's id, score, band, model and time.
    fn columns(self) -> [&'static str; 5] {
        match self {
            Template::Salesforce => {
                ["Id", "Plumbline_Score__c", "Plumbline_Band__c", "Plumbline_Model__c", "Plumbline_Scored_At__c"]
            }
            Template::Hubspot => ["Record ID", "plumbline_score", "plumbline_band", "plumbline_model", "plumbline_scored_at"],
            Template::Dynamics => ["leadid", "plb_score", "plb_band", "plb_model", "plb_scoredat"],
        }
    }
}

impl Changes {
    /// Reads all pages, writes them, and then the cursor.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let interrupt = Interrupt::watch()?;
        let mut cursor = self.begin()?;
        let (mut changes, mut expired) = (Vec::new(), false);
        loop {
            let answer = self.service.get(&format!("/v1/changes?after={}", encoded(&cursor)))?;
            let page: ScoreChanges = serde_json::from_value(answer.body).map_err(|e| Failure::Service {
                code: "ANSWER_UNREADABLE",
                message: format!("the answer of the service cannot be read: {e}"),
            })?;
            changes.extend(page.changes);
            expired |= page.expired;
            cursor = page.cursor;
            if !page.more {
                break;
            }
        }
        let count = changes.len();
        let text = match self.template {
            Some(template) => table(template, self.id_column.as_deref(), &changes),
            None if json => {
                serde_json::to_string(&ScoreChanges { format: 1, changes, cursor: cursor.clone(), more: false, expired })
                    .unwrap_or_default()
            }
            None => changes.iter().map(|change| serde_json::to_string(change).unwrap_or_default() + "\n").collect(),
        };
        match &self.output {
            Some(path) => {
                let mut draft = Draft::create(path, &interrupt)?;
                draft.write_all(text.as_bytes()).map_err(Failure::write(path.display().to_string()))?;
                draft.commit(&interrupt)?;
            }
            None if text.is_empty() => {}
            None => terminal::say(text.trim_end_matches('\n'))?,
        }
        if let Some(path) = &self.cursor {
            let mut draft = Draft::create(path, &interrupt)?;
            draft.write_all(format!("{cursor}\n").as_bytes()).map_err(Failure::write(path.display().to_string()))?;
            draft.commit(&interrupt)?;
        }
        let counted = if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
        terminal::note(&format!("{counted}; the cursor is {cursor:?}"));
        if expired {
            terminal::note(
                "older changes were deleted, 90 days after they were recorded; plumbline rescore reports open leads again",
            );
        }
        Ok(Outcome::Done)
    }

    fn begin(&self) -> Result<String, Failure> {
        let Some(path) = &self.cursor else { return Ok(self.after.clone().unwrap_or_default()) };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(e) => Err(Failure::read(path.display().to_string())(e)),
        }
    }
}

/// The CSV of an import: of each lead its newest score.
fn table(template: Template, id_column: Option<&str>, changes: &[ScoreChange]) -> String {
    let mut columns = template.columns();
    columns[0] = id_column.unwrap_or(columns[0]);
    let newest: BTreeMap<&str, &ScoreChange> = changes.iter().map(|change| (change.lead_id.as_str(), change)).collect();
    let rows = newest.into_values().map(|change| {
        let score = format!("{:.1}", change.probability * 100.0);
        [change.lead_id.as_str(), &score, &change.band, &change.version, &change.at].map(cell).join(",")
    });
    std::iter::once(columns.map(cell).join(",")).chain(rows).map(|line| line + "\r\n").collect()
}

/// A cell of CSV (RFC 4180). What a spreadsheet would take for a formula is text to an import, and stays as it is.
fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_has_one_row_with_its_newest_score() {
        let change = |lead: &str, probability: f64| ScoreChange {
            lead_id: lead.into(),
            at: "2026-11-30T10:00:00Z".into(),
            version: "2".into(),
            probability,
            band: "hot".into(),
            ..ScoreChange::default()
        };
        let changes = [change("a", 0.25), change("b,\"c\"", 0.5), change("a", 0.756)];
        let found = table(Template::Salesforce, None, &changes);
        let expected = "Id,Plumbline_Score__c,Plumbline_Band__c,Plumbline_Model__c,Plumbline_Scored_At__c\r\n\
            a,75.6,hot,2,2026-11-30T10:00:00Z\r\n\"b,\"\"c\"\"\",50.0,hot,2,2026-11-30T10:00:00Z\r\n";
        assert_eq!(found, expected);
        let named = table(Template::Hubspot, Some("email"), &[]);
        assert_eq!(named, "email,plumbline_score,plumbline_band,plumbline_model,plumbline_scored_at\r\n");
    }
}
