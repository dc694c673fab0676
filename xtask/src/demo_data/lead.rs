//! One invented lead: two hidden traits (how well the company fits, how much it wants to buy) show in everything it does, and
//! decide, through what can be seen of them, whether it buys.

use serde_json::{Map, Value, json};

use super::draw::Draw;

/// What the CRM knows of a lead, and what became of it.
pub struct Lead {
    id: u64,
    scored_at: i64,
    source: &'static str,
    industry: &'static str,
    region: &'static str,
    employees: Option<u64>,
    seniority: Option<&'static str>,
    job_title: String,
    email: Option<String>,
    pages: u32,
    pricing: u32,
    webinars: u32,
    opens: u32,
    clicks: u32,
    last_visit: Option<i64>,
    budget: Option<u64>,
    demo: bool,
    tags: Vec<&'static str>,
    human_score: Option<u32>,
    pub converted: bool,
}

/// Name, share, worth in log-odds.
type Kinds = &'static [(&'static str, f64, f64)];

const SOURCES: Kinds = &[
    ("Organic search", 24.0, 0.1),
    ("Paid search", 18.0, -0.2),
    ("Webinar", 12.0, 0.35),
    ("Referral", 9.0, 0.9),
    ("Partner", 8.0, 0.6),
    ("Event", 9.0, 0.15),
    ("Social", 12.0, -0.6),
    ("Outbound", 8.0, -0.7),
];
const INDUSTRIES: Kinds = &[
    ("Software", 24.0, 0.45),
    ("Manufacturing", 15.0, 0.1),
    ("Financial services", 13.0, 0.3),
    ("Healthcare", 11.0, 0.0),
    ("Retail", 12.0, -0.25),
    ("Logistics", 9.0, 0.05),
    ("Education", 8.0, -0.7),
    ("Public sector", 8.0, -0.5),
];
const REGIONS: Kinds = &[
    ("North America", 34.0, 0.15),
    ("DACH", 20.0, 0.25),
    ("UK & Ireland", 14.0, 0.1),
    ("Nordics", 8.0, 0.2),
    ("Southern Europe", 10.0, -0.15),
    ("APAC", 9.0, -0.2),
    ("LATAM", 5.0, -0.4),
];
const SENIORITIES: &[(&str, f64)] =
    &[("Individual contributor", -0.6), ("Manager", 0.0), ("Director", 0.45), ("VP", 0.6), ("C-level", 0.5)];
const DEPARTMENTS: &[(&str, f64)] =
    &[("Sales", 4.0), ("Marketing", 4.0), ("Operations", 3.0), ("Engineering", 3.0), ("Finance", 2.0), ("IT", 3.0)];
const FREE_MAIL: &[(&str, f64)] =
    &[("gmail.com", 6.0), ("outlook.com", 2.0), ("yahoo.com", 2.0), ("gmx.de", 1.0), ("icloud.com", 1.0)];
const TAGS: &[(&str, f64, f64)] = &[
    ("newsletter", 0.30, 0.0),
    ("ebook", 0.22, 0.05),
    ("trial", 0.14, 0.8),
    ("integration-question", 0.10, 0.55),
    ("competitor-customer", 0.09, 0.3),
    ("student", 0.04, -1.6),
    ("unresponsive", 0.12, -1.0),
];

/// 2026-11-16T00:00:00Z, the end of the invented half-year, in seconds.
const END: i64 = 1_794_787_200;
const DAY: i64 = 86_400;

fn kind(draw: &mut Draw, kinds: Kinds) -> (&'static str, f64) {
    let choices: Vec<((&str, f64), f64)> = kinds.iter().map(|(name, share, worth)| ((*name, *worth), *share)).collect();
    draw.pick(&choices).unwrap_or(("", 0.0))
}

impl Lead {
    pub const HEADER: &str = "lead_id,scored_at,lead_source,industry,region,employees,seniority,job_title,email,pages_viewed,\
        pricing_page_visits,webinars_attended,emails_opened,email_clicks,last_visit,budget,demo_requested,tags,rep_score,converted";

    /// Lead number `i` as it is seen `share` (0 to 1) through the half-year.
    pub fn draw(i: u64, share: f64, draw: &mut Draw) -> Lead {
        let scored_at = END - (182.0 * DAY as f64 * (1.0 - share)) as i64;
        let (fit, intent) = (draw.normal(), draw.normal());
        let (source, source_worth) = kind(draw, SOURCES);
        let (industry, industry_worth) = kind(draw, INDUSTRIES);
        let (region, region_worth) = kind(draw, REGIONS);
        let size = libm::exp(4.6 + 1.5 * draw.normal() + 0.35 * fit).clamp(1.0, 250_000.0);
        let rank = ((1.6 + 1.1 * draw.normal() + 0.5 * fit).round().clamp(0.0, 4.0)) as usize;
        let (seniority, rank_worth) = SENIORITIES.get(rank).copied().unwrap_or(("Manager", 0.0));
        let department = draw.pick(DEPARTMENTS).unwrap_or("Sales");
        let job_title = match rank {
            0 => format!("{department} specialist"),
            1 => format!("{department} manager"),
            2 => format!("Director of {department}"),
            3 => format!("VP {department}"),
            _ => ["CEO", "COO", "CTO", "CFO"].get(draw.count(1.0) as usize % 4).copied().unwrap_or("CEO").to_owned(),
        };
        let (email, mail_worth) = email(draw, i, industry, fit);
        let (curiosity, habit) = (0.3 * draw.normal(), 0.5 * draw.normal());
        let pages = draw.count(libm::exp(1.5 + 0.6 * intent + curiosity));
        let pricing = draw.count(libm::exp(-0.35 + 0.85 * intent)).min(pages);
        let webinars = draw.count(libm::exp(-1.5 + 0.5 * intent + if source == "Webinar" { 1.2 } else { 0.0 }));
        let opens = draw.count(libm::exp(0.9 + 0.4 * intent + habit));
        let clicks = draw.count(f64::from(opens) * (0.18 + 0.12 * libm::tanh(intent)));
        let days = libm::exp(2.2 - 0.6 * intent + 0.8 * draw.normal()).clamp(0.02, 300.0);
        let demo = draw.chance(1.0 / (1.0 + libm::exp(2.6 - 1.1 * intent)));
        let money = libm::exp(8.4 + 0.45 * libm::log(size) / 1.5 + 0.4 * fit + 0.5 * draw.normal());
        let tags: Vec<_> = TAGS.iter().filter(|(_, share, _)| draw.chance(*share)).collect();
        let no_visit = pages == 0;
        // What can be seen decides, with bends and a meeting of minds no straight line has; chance does the rest.
        let senior_and_big = if rank >= 2 && size > 200.0 { 0.7 } else { 0.0 };
        let worth = source_worth
            + industry_worth
            + region_worth
            + rank_worth
            + mail_worth
            + senior_and_big
            + 0.9 * libm::log1p(f64::from(pricing)) * if rank == 0 { 0.5 } else { 1.3 }
            + 0.25 * libm::log1p(f64::from(pages))
            + 0.45 * f64::from(webinars.min(3))
            + 0.5 * libm::log1p(f64::from(clicks))
            - 0.55 * if no_visit { 3.0 } else { libm::log1p(days / 3.0) }
            + if demo { 1.9 } else { 0.0 }
            + if (50.0..2_000.0).contains(&size) { 0.5 } else { -0.2 }
            + 0.5 * (libm::log(money) - 9.5).clamp(-1.5, 1.5)
            + tags.iter().map(|(_, _, worth)| worth).sum::<f64>()
            + 0.25 * fit;
        let converted = draw.chance(1.0 / (1.0 + libm::exp(4.55 - 1.05 * worth)));
        let rep = 5.0 + 1.1 * worth + 1.6 * draw.normal();
        let known = |draw: &mut Draw, missing: f64| !draw.chance(missing);
        Lead {
            id: i + 1,
            scored_at,
            source,
            industry,
            region,
            employees: known(draw, 0.08).then_some(size.round() as u64),
            seniority: known(draw, 0.06).then_some(seniority),
            job_title,
            email: known(draw, 0.02).then_some(email),
            pages,
            pricing,
            webinars,
            opens,
            clicks,
            last_visit: (!no_visit).then_some(scored_at - (days * DAY as f64) as i64),
            budget: known(draw, 0.42).then_some((money / 500.0).round() as u64 * 500),
            demo,
            tags: tags.iter().map(|(tag, _, _)| *tag).collect(),
            human_score: known(draw, 0.35).then_some(rep.round().clamp(0.0, 10.0) as u32),
            converted,
        }
    }

    fn texts(&self) -> [(&'static str, Option<String>); 19] {
        let owned = |text: &str| Some(text.to_owned());
        [
            ("lead_id", Some(format!("L-{:06}", self.id))),
            ("scored_at", Some(date_time(self.scored_at))),
            ("lead_source", owned(self.source)),
            ("industry", owned(self.industry)),
            ("region", owned(self.region)),
            ("employees", self.employees.map(|n| n.to_string())),
            ("seniority", self.seniority.map(str::to_owned)),
            ("job_title", owned(&self.job_title)),
            ("email", self.email.clone()),
            ("pages_viewed", Some(self.pages.to_string())),
            ("pricing_page_visits", Some(self.pricing.to_string())),
            ("webinars_attended", Some(self.webinars.to_string())),
            ("emails_opened", Some(self.opens.to_string())),
            ("email_clicks", Some(self.clicks.to_string())),
            ("last_visit", self.last_visit.map(date_time)),
            ("budget", self.budget.map(|n| n.to_string())),
            ("demo_requested", Some(self.demo.to_string())),
            ("tags", Some(self.tags.join(";"))),
            ("rep_score", self.human_score.map(|n| n.to_string())),
        ]
    }

    /// A row under [`Lead::HEADER`]; no value holds a comma or a quote.
    pub fn csv(&self) -> String {
        let mut row: Vec<String> = self.texts().into_iter().map(|(_, text)| text.unwrap_or_default()).collect();
        row.push(u8::from(self.converted).to_string());
        row.join(",")
    }

    /// The lead as a CRM sends it to be scored: no outcome, missing values left out.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        for (name, text) in self.texts() {
            let Some(text) = text.filter(|_| name != "scored_at" && name != "rep_score") else { continue };
            let value = match name {
                "tags" => json!(self.tags),
                "demo_requested" => json!(self.demo),
                "lead_id" | "email" | "last_visit" => json!(text),
                _ => text.parse::<u64>().map_or_else(|_| json!(text), |n| json!(n)),
            };
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }
}

/// An address, and what its domain is worth.
fn email(draw: &mut Draw, i: u64, industry: &str, fit: f64) -> (String, f64) {
    if industry == "Education" && draw.chance(0.6) {
        return (format!("contact{i}@dept{}.university.edu", i % 40), -0.2);
    }
    if draw.chance(1.0 / (1.0 + libm::exp(1.3 + 0.8 * fit))) {
        return (format!("someone{i}@{}", draw.pick(FREE_MAIL).unwrap_or("gmail.com")), -0.75);
    }
    (format!("buyer@company{}.example", i % 7919), 0.15)
}

/// `2026-11-15T23:59:00Z` of seconds since 1970 (Hinnant, `civil_from_days`).
fn date_time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY) + 719_468, seconds.rem_euclid(DAY));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}
