//! A store without a demo, from its first model to its first rollout, by commands alone; and what becomes of outcomes that are wrong.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and waits for a real server"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// A store in a folder of its own.
struct Store {
    folder: tempfile::TempDir,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl Store {
    fn new() -> Store {
        Store { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> String {
        self.folder.path().join("store").display().to_string()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Exit code, standard output and standard error of a command on the store.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        output(Command::new(env!("CARGO_BIN_EXE_plumbline")).args(args).args(["--store", &self.path()]))
    }

    fn done(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out
    }
}

fn output(command: &mut Command) -> (i32, String, String) {
    let output = command.env_remove("PLUMBLINE_KEY").env_remove("PLUMBLINE_URL").env_remove("PLUMBLINE_ADMIN").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_first_keys_of_a_store_make_four_eyes_possible() {
    let store = Store::new();
    let (code, _, err) = store.run(&["models", "list"]);
    assert_eq!((code, err.contains("STORE_MISSING")), (5, true), "{err}");
    let bundle = |name: &str| root().join(name).display().to_string();
    assert!(store.done(&["models", "add", &bundle("worker/demo/demo.plumb")]).contains("is champion"));
    assert!(store.done(&["models", "add", &bundle("core/src/bundle/reference/by_column.plumb")]).contains("is registered"));
    let key =
        |name: &str| store.done(&["keys", "add", name, "--role", "ml_lead", "--scope", "read,operate,approve"]).trim().to_owned();
    let ada = key("Ada");
    let start = ["rollout", "start", "1", "--acknowledge"];
    let (code, _, err) = store.run(&start);
    assert_eq!((code, err.contains("SCOPE_MISSING")), (8, true), "the owner of the files is no person who approves: {err}");
    let (code, _, err) = store.run(&[&start[..], &["--key", &ada]].concat());
    assert_eq!((code, err.contains("FOUR_EYES")), (8, true), "{err}");
    let ben = key("Ben");
    let started = store.done(&[&start[..], &["--key", &ada]].concat());
    let report = started.find("no lead has an outcome yet, so nothing can be planned");
    assert!(report.is_some() && report < started.find("shadow"), "the start report comes first: {started}");
    // What may be done without a person is done as the owner of the files.
    assert!(store.done(&["rollout", "hold", "--reason", "a drill"]).contains("shadow"));
    let held = store.done(&["rollout", "hold", "--reason", "a short drill", "--until", "2100-01-01T00:00:00Z", "--json"]);
    assert!(held.contains("4102444800000"), "{held}");
    let listed = store.done(&["keys", "list"]);
    assert!(listed.contains("Ada") && listed.contains("Ben") && !listed.contains(&ada) && !listed.contains(&ben), "{listed}");
    let id = listed.lines().find(|line| line.contains("Ben")).unwrap().split_whitespace().next().unwrap().to_owned();
    store.done(&["keys", "revoke", &id]);
    let (code, _, err) = store.run(&["rollout", "approve", "--key", &ben]);
    assert_eq!((code, err.contains("UNAUTHENTICATED")), (8, true), "{err}");
    // The ledger has all of it, is whole, and is found to be cut by an anchor.
    let ledger: Value = serde_json::from_str(&store.done(&["ledger", "list", "--json"])).unwrap();
    let head = &ledger["entries"][0];
    assert!(ledger["entries"].as_array().unwrap().iter().any(|entry| entry["kind"] == "refused"));
    assert!(store.done(&["ledger", "verify"]).contains("is whole"));
    let hex = head["hash"].as_str().unwrap();
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let anchor = format!("09:00 bot\nplumbline\n{}\n{}\n", head["seq"], base64(&bytes));
    let anchor = store.file("channel.txt", &anchor);
    store.done(&["ledger", "verify", "--anchor", &anchor]);
    let control = rusqlite::Connection::open(Path::new(&store.path()).join("control.sqlite")).unwrap();
    control.execute("DELETE FROM ledger WHERE seq = ?1", [head["seq"].as_i64()]).unwrap();
    store.done(&["ledger", "verify"]);
    let (code, out, _) = store.run(&["ledger", "verify", "--anchor", &anchor]);
    assert_eq!((code, out.contains("not whole")), (1, true), "{out}");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().chain([&0, &0]).take(3).fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        (0..4).for_each(|place| {
            text.push(if place <= chunk.len() { DIGITS[(word >> (18 - 6 * place)) as usize & 63] as char } else { '=' })
        });
    }
    text
}

#[test]
fn a_nightly_batch_is_drawn_and_logged_as_requests_are() {
    let store = Store::new();
    store.done(&["models", "add", &root().join("worker/demo/demo.plumb").display().to_string()]);
    let leads = root().join("worker/demo/leads.ndjson").display().to_string();
    let out = store.folder.path().join("scores.csv").display().to_string();
    let (code, _, err) = store.run(&["score", &leads, "-o", &out]);
    assert_eq!(code, 0, "{err}");
    let scores = fs::read_to_string(&out).unwrap();
    let count = fs::read_to_string(&leads).unwrap().lines().count();
    assert_eq!(scores.lines().count(), count + 1);
    assert!(scores.starts_with("lead_id,score,probability,band,reasons,variant,model,version\nL-000001,"), "{scores}");
    let query = "SELECT count(*) AS n, min(epoch) AS epoch, min(variant) AS variant, min(role) AS role FROM prediction_logs WHERE status = 200";
    let rows: Value = serde_json::from_str(&store.done(&["sql", query, "--json"])).unwrap();
    assert_eq!(rows[0]["n"], count, "{rows}");
    assert_eq!(
        (&rows[0]["epoch"], &rows[0]["variant"], &rows[0]["role"]),
        (&1.into(), &"2026-11-16.1".into(), &"champion".into())
    );
    // The same scores as the bundle gives.
    let alone = store.folder.path().join("alone.csv").display().to_string();
    let bundle = root().join("worker/demo/demo.plumb").display().to_string();
    let (code, _, err) = output(Command::new(env!("CARGO_BIN_EXE_plumbline")).args(["score", &bundle, &leads, "-o", &alone]));
    assert_eq!(code, 0, "{err}");
    let probability =
        |text: &str| -> Vec<String> { text.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().to_owned()).collect() };
    assert_eq!(probability(&scores), probability(&fs::read_to_string(&alone).unwrap()));
    // Rows of a CSV, one of them no lead, without columns that the model reads: only where they may be missing.
    let csv = store.file("leads.csv", "lead_id,employees,lead_source\nC-1,120,Partner\nC-2,many,Partner\n");
    let server = Server::on(&store);
    let by_bundle = output(Command::new(env!("CARGO_BIN_EXE_plumbline")).args(["score", &bundle, &csv]));
    for (code, out, err) in [by_bundle, store.run(&["score", &csv]), server.run(&["score", &csv])] {
        assert_eq!((code, out.as_str(), err.contains("INPUT_MISSING_COLUMNS")), (5, "", true), "{out}{err}");
    }
    for (code, out, err) in
        [&store.run(&["score", &csv, "--allow-missing-columns"]), &server.run(&["score", &csv, "--allow-missing-columns"])]
    {
        assert_eq!((*code, out.lines().count()), (3, 2), "{out}{err}");
        assert!(err.contains("line 3: "), "{err}");
    }
}

/// A server on the store that ends with the test.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Server {
    fn on(store: &Store) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--json", "--store", &store.path()]).env_remove("PLUMBLINE_ADMIN");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = serde_json::from_str::<Value>(&line).unwrap()["listening"].as_str().unwrap().to_owned();
        Server(child, url)
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        output(Command::new(env!("CARGO_BIN_EXE_plumbline")).args(args).args(["--url", &self.1]))
    }

    fn import(&self, file: &str, more: &[&str]) -> (i32, BTreeMap<String, u64>) {
        let (code, out, err) = self.run(&[&["outcomes", "import", file, "--json"], more].concat());
        let account: Value = serde_json::from_str(&out).unwrap_or_default();
        assert!(account["by_code"].is_object(), "{out}{err}");
        (code, serde_json::from_value(account["by_code"].clone()).unwrap())
    }
}

/// RFC 3339 without a zone.
fn local(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000);
    // Civil from days (Howard Hinnant).
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let s = ms.rem_euclid(86_400_000) / 1_000;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

#[test]
fn every_row_of_outcomes_is_accounted_for_however_wrong_it_is() {
    let store = Store::new();
    store.done(&["models", "add", &root().join("worker/demo/demo.plumb").display().to_string()]);
    let leads = root().join("worker/demo/leads.ndjson").display().to_string();
    store.done(&["score", &leads]);
    let server = Server::on(&store);
    let began = Instant::now();
    while server.run(&["leads", "list"]).1.lines().count() < 5 {
        assert!(began.elapsed() < Duration::from_secs(20), "the leads were never digested");
        std::thread::sleep(Duration::from_millis(200));
    }
    let at = now_ms() + 1_000;
    let utc = |ms: i64| format!("{}Z", local(ms));
    let row = |lead: &str, kind: &str, time: &str, id: &str, replaces: &str| format!("{lead},{kind},{time},{id},{replaces}\n");
    let head = "lead_id,kind,occurred_at,event_id,replaces\n";
    let file = |name: &str, rows: &[String]| store.file(name, &format!("{head}{}", rows.concat()));
    let counts = |list: &[(&str, u64)]| list.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect::<BTreeMap<_, _>>();

    let first = file("first.csv", &[row("L-000001", "converted", &utc(at), "a", ""), row("L-000002", "lost", &utc(at), "b", "")]);
    assert_eq!(server.import(&first, &[]), (0, counts(&[("ACCEPTED", 2)])));
    assert_eq!(server.import(&first, &[]), (0, counts(&[("DUPLICATE", 2)])), "twice");
    let conflicting = file("conflict.csv", &[row("L-000001", "lost", &utc(at), "a", "")]);
    assert_eq!(server.import(&conflicting, &[]), (3, counts(&[("OUTCOME_CONFLICT", 1)])));
    let corrected =
        file("corrected.csv", &[row("L-000001", "lost", &utc(at), "a2", "a"), row("L-000002", "retract", &utc(at), "b2", "b")]);
    assert_eq!(server.import(&corrected, &[]), (0, counts(&[("CORRECTED", 2)])));
    let odd = file(
        "odd.csv",
        &[
            row("unknown", "converted", &utc(at), "c", ""),
            row("L-000003", "converted", &utc(at + 3_600_000), "d", ""),
            row("L-000003", "converted", &local(at), "e", ""),
            row("L-000003", "converted", "28.11.2026", "f", ""),
            row("L-000003", "won", &utc(at), "g", ""),
            row("", "converted", &utc(at), "h", ""),
            row("L-000003", "converted", &utc(at - 86_400_000), "i", ""),
        ],
    );
    let expected = [
        ("ORPHAN", 1),
        ("EVENT_IN_FUTURE", 1),
        ("EVENT_TIME_WITHOUT_ZONE", 1),
        ("EVENT_BAD_VALUE", 2),
        ("EVENT_MISSING_FIELD", 1),
        ("BEFORE_SCORE", 1),
    ];
    assert_eq!(server.import(&odd, &[]), (3, counts(&expected)));
    // Times of Berlin that are sent as UTC lie in the future; named for what they are, they are taken. So are those of New York, which
    // as UTC would come before the score.
    let berlin = file("berlin.csv", &[row("L-000004", "converted", &local(at + 3_600_000), "j", "")]);
    assert_eq!(server.import(&berlin, &["--time-zone", "Z"]), (3, counts(&[("EVENT_IN_FUTURE", 1)])));
    assert_eq!(server.import(&berlin, &["--time-zone", "+01:00"]), (0, counts(&[("ACCEPTED", 1)])));
    let york = file("york.csv", &[row("L-000005", "converted", &local(at - 5 * 3_600_000), "k", "")]);
    assert_eq!(server.import(&york, &["--time-zone", "-05:00", "--dry-run"]), (0, counts(&[("READABLE", 1)])));
    assert_eq!(server.import(&york, &["--time-zone", "-05:00"]), (0, counts(&[("ACCEPTED", 1)])));
    // One lead a row, as a CRM exports it, its words translated or its rows skipped.
    let wide = store
        .file("wide.csv", &format!("Id,won,lost,Amount\nL-000006,{},,1200.5\nL-000007,,{},\nL-000008,,,\n", utc(at), utc(at)));
    let columns = ["--lead", "Id", "--closed-at", "won", "--lost-at", "lost", "--value", "Amount"];
    assert_eq!(server.import(&wide, &columns), (0, counts(&[("ACCEPTED", 2), ("SKIPPED", 1)])));
    // The corrected export takes the place of the first: another value, a loss that was none.
    let wide = store.file("wide.csv", &format!("Id,won,lost,Amount\nL-000006,{},,900\nL-000007,,,\nL-000008,,,\n", utc(at)));
    let (_, out, _) = server.run(&[&["outcomes", "import", &wide], &columns[..]].concat());
    assert!(out.starts_with("3 rows: 2 events taken (2 corrected), 0 rejected"), "{out}");
    assert_eq!(server.import(&wide, &columns), (0, counts(&[("DUPLICATE", 1), ("SKIPPED", 2)])), "again");
    let (_, out, _) = server.run(&["leads", "show", "L-000006", "--json"]);
    let shown: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(shown["lead"]["outcome"]["deal_value"], 900.0, "{out}");
    assert_eq!(shown["events"].as_array().map(Vec::len), Some(2), "the row before stays in the record: {out}");
    let (_, page, _) = server.run(&["leads", "show", "L-000006"]);
    for line in ["scores", "outcome", "deal_closed", "900", "row/deal_closed#2", "fields"] {
        assert!(page.contains(line) && !page.contains('{'), "{line}: {page}");
    }
    let (_, out, _) = server.run(&["leads", "show", "L-000007", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["lead"]["outcome"]["lost_ms"], Value::Null, "{out}");
    let stages =
        store.file("stages.csv", &format!("lead_id,Stage,occurred_at\nL-000009,Closed Won,{0}\nL-000009,Open,{0}\n", utc(at)));
    let words = ["--kind", "Stage", "--map", "Closed Won=converted", "--map", "Open"];
    assert_eq!(server.import(&stages, &words), (0, counts(&[("ACCEPTED", 1), ("SKIPPED", 1)])));
    let (code, _, err) = server.run(&["outcomes", "import", &stages, "--lead", "LeadId"]);
    assert_eq!((code, err.contains("COLUMN_MISSING")), (2, true), "{err}");
    for wrong in [
        ["--kind", "Statuss", "--map", "Open"],
        ["--kind", "Stage", "--time", "Typo"],
        ["--kind", "Stage", "--event-id", "Id"],
        ["--converted-at", "won", "--lost-at", "lost"],
        ["--kind", "Stage", "--value", "Amount"],
    ] {
        let (code, _, err) = server.run(&[&["outcomes", "import", &stages], &wrong[..]].concat());
        assert_eq!((code, err.contains("COLUMN_MISSING")), (2, true), "{wrong:?}: {err}");
    }
    let (code, _, err) = server.run(&["outcomes", "import", &stages, "--kind", "Stage", "--map", "Open=wonderful"]);
    assert_eq!((code, err.contains("KIND_UNKNOWN")), (2, true), "{err}");
    let twice = ["--kind", "Stage", "--map", "Open", "--map", "Open=lost"];
    let (code, _, err) = server.run(&[&["outcomes", "import", &stages], &twice[..]].concat());
    assert_eq!((code, err.contains("MAP_REPEATED")), (2, true), "{err}");
    let (_, out, _) = server.run(&["outcomes", "import", &stages, "--kind", "Stage", "--map", "Open=lost"]);
    assert!(out.starts_with("2 rows: 1 events taken, 1 rejected"), "{out}");
    // A date is that day's end, or now: a lead that converts on the day of its first score converts after it, whenever it is sent.
    let today = &local(now_ms())[..10];
    let dated = store.file("dated.csv", &format!("lead_id,kind,occurred_at\nL-000010,converted,{today}\n"));
    assert_eq!(server.import(&dated, &[]), (0, counts(&[("ACCEPTED", 1)])));
    assert_eq!(server.import(&dated, &["--time-zone", "Z"]), (0, counts(&[("DUPLICATE", 1)])));

    // What was said of scores, and an erasure, after which nothing of the lead is taken.
    let feedback = store
        .file("feedback.csv", &format!("lead_id,kind,rating,occurred_at\nL-000001,thumb,1,{0}\nL-000001,thumb,3,{0}\n", utc(at)));
    let (code, out, _) = server.run(&["feedback", "import", &feedback]);
    assert!(code == 3 && out.contains("ACCEPTED") && out.contains("EVENT_BAD_VALUE"), "{out}");
    let stray = store.file("stray.csv", &format!("lead_id,kind,version,text,occurred_at\nNOBODY,odd,none,x,{}\n", utc(at)));
    let (code, out, _) = server.run(&["feedback", "import", &stray]);
    assert!(code == 0 && out.contains("ORPHAN"), "{out}");
    assert!(store.done(&["leads", "erase", "L-nowhere"]).starts_with("nothing was stored of L-nowhere"));
    // A report that was closed one way and then the other: the ledger has both.
    let odd = store.file("odd.csv", &format!("lead_id,kind,event_id,occurred_at\nL-000002,odd,f-9,{}\n", utc(at)));
    assert_eq!(server.run(&["feedback", "import", &odd]).0, 0);
    for confirmed in ["yes", "no"] {
        store.done(&["feedback", "close", "f-9", "--confirmed", confirmed]);
    }
    let entries = store.done(&["ledger", "list"]);
    let closed = |what: &str| entries.contains(&format!("closed the report f-9: {what} was odd."));
    assert!(closed("something") && closed("nothing"), "{entries}");
    store.done(&["leads", "erase", "L-000001"]);
    assert_eq!(server.import(&first, &[]).1, counts(&[("DUPLICATE", 1), ("ERASED", 1)]));
    let (code, _, err) = server.run(&["leads", "show", "L-000001"]);
    assert_eq!((code, err.contains("LEAD_ERASED")), (8, true), "nothing is left of it: {err}");
    assert!(server.run(&["leads", "show", "L-nobody"]).2.contains("NO_SUCH_LEAD"));
    let found = store.done(&["sql", "SELECT count(*) AS n FROM prediction_logs WHERE lead_id = 'L-000001'", "--json"]);
    assert!(found.contains("\"n\": 0"), "{found}");
    let ledger = store.done(&["ledger", "list", "--json"]);
    assert!(ledger.contains("\"erase\"") && !ledger.contains("L-000001"), "the ledger names no lead");
}

/// Tables and views of the database in `file`, each with its columns.
fn tables(file: &str) -> BTreeMap<String, Vec<String>> {
    let database = rusqlite::Connection::open(file).unwrap();
    let query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type IN ('table', 'view')
        AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid";
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    columns.map(Result::unwrap).for_each(|(table, column)| found.entry(table).or_default().push(column));
    found
}

#[test]
fn the_page_of_tables_has_every_table_and_column_of_a_store() {
    let store = Store::new();
    store.done(&["models", "add", &root().join("worker/demo/demo.plumb").display().to_string()]);
    let mut real = tables(&format!("{}/log.sqlite", store.path()));
    real.extend(tables(&format!("{}/control.sqlite", store.path())));
    let page = std::fs::read_to_string(root().join("docs/TABLES.md")).unwrap();
    let name = |line: &str, before: &str| Some(line.strip_prefix(before)?.split_once('`')?.0.to_owned());
    let mut described: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in page.lines() {
        if let Some(found) = name(line, "### `") {
            assert!(described.insert(found.clone(), Vec::new()).is_none(), "{found} is described twice");
            table = found;
        } else if let Some(column) = name(line, "- `") {
            assert!(line.split_once("`: ").is_some_and(|(_, what)| what.len() > 1), "{table}.{column} has no description");
            described.entry(table.clone()).or_default().push(column);
        }
    }
    assert!(real.len() > 40, "{real:?}");
    let differ: Vec<&String> =
        real.keys().chain(described.keys()).filter(|name| real.get(*name) != described.get(*name)).collect();
    assert_eq!(differ, Vec::<&String>::new(), "docs/TABLES.md differs from the store");
}

#[test]
fn a_store_of_a_newer_version_is_not_usable() {
    let store = Store::new();
    store.done(&["models", "add", &root().join("worker/demo/demo.plumb").display().to_string()]);
    assert!(store.done(&["check", "setup"]).contains("it can be used"));
    for file in ["log.sqlite", "control.sqlite"] {
        let database = rusqlite::Connection::open(Path::new(&store.path()).join(file)).unwrap();
        database.execute("INSERT INTO plumbline_schema (version) VALUES (99)", []).unwrap();
        let (code, out, _) = store.run(&["check", "setup"]);
        assert_eq!((code, out.contains("STORE_NEWER"), out.contains(file)), (1, true, true), "{out}");
        database.execute("DELETE FROM plumbline_schema WHERE version = 99", []).unwrap();
    }
}

#[test]
fn the_secret_that_makes_keys_is_long_where_others_can_try_it() {
    let store = Store::new();
    let model = root().join("worker/demo/demo.plumb").display().to_string();
    let run = |admin: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
        // An address for documents, which no machine has: with a long secret, the service fails when it listens.
        command
            .args(["serve", "--model", &model, "--listen", "192.0.2.1:1", "--store", &store.path()])
            .env("PLUMBLINE_ADMIN", admin);
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let short = run(&"x".repeat(31));
    assert!(short.contains("ADMIN_TOO_SHORT") && !short.contains("xxx"), "{short}");
    let long = run(&"x".repeat(32));
    assert!(!long.contains("ADMIN_TOO_SHORT"), "{long}");
}

#[test]
fn bundles_have_a_limit_and_a_clean_stop_reports_no_trouble() {
    let store = Store::new();
    store.done(&["models", "add", &root().join("worker/demo/demo.plumb").display().to_string()]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--json", "--store", &store.path()]).env_remove("PLUMBLINE_ADMIN");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = serde_json::from_str::<Value>(&line).unwrap()["listening"].as_str().unwrap().replace("http://", "");
    let ask = |path: &str, length: usize| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let head = "host: x\r\ncontent-type: application/octet-stream\r\nconnection: close";
        write!(stream, "POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {length}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = ask("/v1/models", (16 << 20) + 1);
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("BUNDLE_TOO_LARGE") && answer.contains("16777216"),
        "{answer}"
    );
    let answer = ask("/v1/outcomes", (64 << 20) + 1);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("BODY_TOO_LARGE"), "{answer}");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!((ended.status.code(), said.contains("takes rows again")), (Some(0), false), "{said}");
    assert!(said.contains("stopping"), "{said}");
}
