use plumbline_core::rollout::policy::Span;
use plumbline_core::rollout::{Policy, ledger};
use plumbline_core::route::AllocationSettings;
use plumbline_core::window::{Layout, Window};

use super::Control;
use crate::access::Scope;
use crate::lifecycle::admitted;
use crate::log::{Grain, ShardWindow};
use crate::request::{Request, Response};
use crate::sample::bytes_of;
use crate::store::memory::Memory;
use crate::store::{Param, Sql};

pub(super) const NOW: i64 = 1_700_000_000_000;
pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn control() -> Control<Memory> {
    let mut control = Control::open(Memory::new(), Policy::default(), AllocationSettings::champion_only("")).unwrap();
    control.genesis(NOW, &bytes_of("1", 0.5), "test").unwrap();
    control.register(NOW, &bytes_of("2", 0.6), "test").unwrap();
    for (secret, name) in [(SECRET.to_owned(), "Ada"), (format!("{SECRET}2"), "Ben")] {
        control.add_key(NOW, &secret, name, "ml_lead", &[Scope::Read, Scope::Operate, Scope::Approve], "test").unwrap();
    }
    control
}

pub(super) fn ask(control: &mut Control<Memory>, line: &str, token: Option<&str>, revision: &str, body: &str) -> Response {
    let (method, path) = line.split_once(' ').unwrap();
    let mut headers = if revision.is_empty() { vec![] } else { vec![("if-match", revision)] };
    let bearer = token.map(|token| format!("Bearer {token}"));
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let request = Request { method, path, query: "", headers: &headers, body: body.as_bytes() };
    let access = control.access(NOW + 1).unwrap();
    match admitted(&access, NOW + 1, &request, true) {
        Ok((routed, viewer)) => control.answer(NOW + 1, &routed, &request, &viewer),
        Err(problem) => problem.response(),
    }
}

pub(super) fn code(response: &Response) -> String {
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    body["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_command_needs_its_scope_its_revision_and_the_rules() {
    let mut control = control();
    let start = |control: &mut Control<Memory>, token, revision: &str| {
        ask(control, "POST /v1/rollout/start", token, revision, r#"{"version":"2"}"#)
    };
    for (token, revision, status, expected) in [
        (None, "\"v1\"", 403, "SCOPE_MISSING"),
        (Some("unknown"), "\"v1\"", 401, "UNAUTHENTICATED"),
        (Some(SECRET), "", 428, "VERSION_REQUIRED"),
        (Some(SECRET), "\"v9\"", 412, "VERSION_STALE"),
        (Some(SECRET), "nine", 400, "BAD_IF_MATCH"),
    ] {
        let answer = start(&mut control, token, revision);
        assert_eq!((answer.status, code(&answer).as_str()), (status, expected));
    }
    assert_eq!(start(&mut control, Some(SECRET), "\"v1\"").status, 200);
    let state = control.state().unwrap().unwrap();
    assert_eq!((state.challenger(), state.epoch), (Some("2"), 2));
    assert_eq!(control.deployed().unwrap().unwrap().allocation.shadow, ["2"]);
    // The same command twice: one wins, and the ledger has both.
    let again = start(&mut control, Some(SECRET), "\"v1\"");
    assert_eq!((again.status, code(&again).as_str()), (412, "VERSION_STALE"));
    let revision = format!("\"v{}\"", state.version);
    let approve = ask(&mut control, "POST /v1/rollout/approve", Some(&format!("{SECRET}2")), &revision, "{}");
    assert_eq!(approve.status, 409, "no look was judged yet: {}", String::from_utf8_lossy(&approve.body));
    let kinds: Vec<String> = control.entries(i64::MAX, 100).unwrap().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "refused").count(), 3, "{kinds:?}");
    assert!(
        ["genesis", "model", "key", "command", "transition", "deployment"]
            .iter()
            .all(|kind| kinds.iter().any(|found| found == kind))
    );
    // A rollback names no revision and gives all leads back.
    let rollback = ask(&mut control, "POST /v1/rollout/rollback", Some(SECRET), "", r#"{"reason":"a drill"}"#);
    assert_eq!(rollback.status, 200, "{}", String::from_utf8_lossy(&rollback.body));
    assert!(control.deployed().unwrap().unwrap().allocation.shadow.is_empty());
}

#[test]
fn an_altered_or_dropped_entry_is_found() {
    let mut control = control();
    let whole = control.chain().unwrap();
    assert_eq!(ledger::verify(&whole, &[]).fault, None);
    assert_eq!(control.chain_after(1, 2).unwrap(), whole[1..3.min(whole.len())]);
    control.sql().execute("UPDATE ledger SET at_ms = at_ms + 1 WHERE seq = 2", &[]).unwrap();
    let fault = ledger::verify(&control.chain().unwrap(), &[]).fault.unwrap();
    assert_eq!((fault.seq, fault.kind), (2, ledger::FaultKind::Altered));
    control.sql().execute("DELETE FROM ledger WHERE seq = 2", &[]).unwrap();
    assert_eq!(ledger::verify(&control.chain().unwrap(), &[]).fault.unwrap().kind, ledger::FaultKind::Dropped);
}

#[test]
fn an_altered_state_or_document_and_an_emptied_ledger_are_found() {
    let fault = |control: &mut Control<Memory>| control.verified(&[]).unwrap().fault.map(|fault| fault.kind);
    let started = || {
        let mut control = control();
        assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#).status, 200);
        assert_eq!(fault(&mut control), None);
        control
    };
    for (change, expected) in [
        ("UPDATE rollout SET state = replace(state, '\"shadow\"', '\"full\"')", ledger::FaultKind::State),
        ("UPDATE documents SET body = body || ' ' WHERE kind = 'policy'", ledger::FaultKind::Document),
        ("DELETE FROM documents", ledger::FaultKind::Document),
        (
            "UPDATE deployments SET document = replace(document, '\"shadow\":[\"2', '\"shadow\":[\"3')",
            ledger::FaultKind::Deployment,
        ),
        (
            "UPDATE deployments SET document = replace(document, '\"models\":[\"', '\"models\":[\"0')",
            ledger::FaultKind::Deployment,
        ),
        ("DELETE FROM deployments WHERE epoch > 1", ledger::FaultKind::Deployment),
        (
            "INSERT INTO deployments (epoch, effective_ms, document) SELECT 99, 0, document FROM deployments LIMIT 1",
            ledger::FaultKind::Deployment,
        ),
        ("UPDATE models SET digest = 'x' || digest", ledger::FaultKind::Model),
        ("UPDATE model_chunks SET bytes = CAST(bytes || 'x' AS BLOB)", ledger::FaultKind::Model),
        ("DELETE FROM model_chunks", ledger::FaultKind::Model),
        ("DELETE FROM ledger", ledger::FaultKind::Cut),
    ] {
        let mut control = started();
        assert!(control.sql().execute(change, &[]).unwrap() > 0, "{change}");
        assert_eq!(fault(&mut control), Some(expected), "{change}");
    }
}

#[test]
fn a_version_that_was_rolled_back_starts_again_once_its_post_mortem_is_closed() {
    let mut control = control();
    let at = |control: &mut Control<Memory>| format!("\"v{}\"", control.state().unwrap().unwrap().version);
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#).status, 200);
    // In shadow no lead was served, so a rollback needs no post-mortem: the state of a canary.
    let mut state = control.state().unwrap().unwrap();
    state.rollout.as_mut().unwrap().stage = plumbline_core::rollout::Stage::Canary;
    let text = serde_json::to_string(&state).unwrap();
    control.sql().execute("UPDATE rollout SET state = ?1", &[Param::Text(&text)]).unwrap();
    assert_eq!(ask(&mut control, "POST /v1/rollout/rollback", Some(SECRET), "", r#"{"reason":"a drill"}"#).status, 200);
    let again = |control: &mut Control<Memory>| {
        let revision = at(control);
        ask(control, "POST /v1/rollout/start", Some(SECRET), &revision, r#"{"version":"2","again":true}"#)
    };
    assert_eq!(code(&again(&mut control)), "POST_MORTEM_OPEN");
    let open = control.incidents(10).unwrap();
    assert_eq!(open.len(), 2, "{open:?}");
    for incident in open {
        let line = format!("POST /v1/incidents/{}/close", incident.id);
        let closed = ask(&mut control, &line, Some(SECRET), "", r#"{"cause":"A drill","post_mortem":"It was a drill."}"#);
        assert_eq!(closed.status, 200, "{}", String::from_utf8_lossy(&closed.body));
    }
    let answer = again(&mut control);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

#[test]
fn days_on_which_the_service_did_not_run_are_not_made_up() {
    let mut control = control();
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#).status, 200);
    const DAY: i64 = 86_400_000;
    let logged = |control: &mut Control<Memory>| {
        let rollout = control.state().unwrap().unwrap().rollout.unwrap();
        (rollout.days_logged, rollout.days_missed)
    };
    for day in 0..3 {
        control.tick(NOW + day * DAY).unwrap();
    }
    let (before, missed) = logged(&mut control);
    assert!(before >= 1 && missed == 0, "quiet days count: {before} {missed}");
    // It stands still for sixty days.
    control.tick(NOW + 63 * DAY).unwrap();
    let (after, missed) = logged(&mut control);
    assert!(after <= before + 1 && missed >= 59, "{after} {missed}");
}

#[test]
fn a_person_with_two_keys_is_one_person() {
    let mut control = Control::open(Memory::new(), Policy::default(), AllocationSettings::champion_only("")).unwrap();
    control.genesis(NOW, &bytes_of("1", 0.5), "test").unwrap();
    control.register(NOW, &bytes_of("2", 0.6), "test").unwrap();
    let scopes = [Scope::Read, Scope::Operate, Scope::Approve];
    control.add_key(NOW, SECRET, "Ben Okafor", "ml_lead", &scopes, "test").unwrap();
    control.add_key(NOW, &format!("{SECRET}2"), "  ben  okafor ", "ml_lead", &scopes, "test").unwrap();
    let start = ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#);
    assert_eq!(code(&start), "FOUR_EYES", "{}", String::from_utf8_lossy(&start.body));
    let king = control.add_key(NOW, &format!("{SECRET}3"), "Ada", "ml-lead", &scopes, "test").unwrap_err();
    assert_eq!(king.problem().code, "ROLE_UNKNOWN");
}

#[test]
fn windows_replace_and_never_add() {
    let mut control = control();
    let window = |requests: u64, rev: i64| {
        let mut window = Window::new(&Layout::default());
        window.at(NOW);
        window.counters.requests = requests;
        let start_ms = NOW.div_euclid(3_600_000) * 3_600_000;
        ShardWindow {
            grain: Grain::Hour,
            start_ms,
            version: "1".into(),
            role: "champion".into(),
            rev,
            bytes: window.write(),
            business: None,
        }
    };
    let count = |control: &mut Control<Memory>| {
        control.merge_windows().unwrap();
        control
            .windows(Grain::Hour, 0, i64::MAX >> 12)
            .unwrap()
            .iter()
            .map(|figures| figures.window.counters.requests)
            .sum::<u64>()
    };
    control.receive(0, &[window(5, 1)]).unwrap();
    control.receive(0, &[window(5, 1)]).unwrap();
    control.receive(1, &[window(7, 1)]).unwrap();
    assert_eq!(count(&mut control), 12);
    // A later revision replaces, an older one that comes late changes nothing.
    control.receive(0, &[window(6, 2)]).unwrap();
    control.receive(0, &[window(5, 1)]).unwrap();
    assert_eq!(count(&mut control), 13);
    // A report merged the windows first: the tick still writes the figures of their day.
    let leads = |control: &mut Control<Memory>| {
        control.tick(NOW).unwrap();
        control.sql.query("SELECT leads FROM metric_days WHERE version = '1' AND role = 'champion'", &[]).unwrap().len()
    };
    let mut day = window(6, 3);
    day.grain = Grain::Day;
    day.start_ms = NOW.div_euclid(86_400_000) * 86_400_000;
    control.receive(0, &[day]).unwrap();
    control.merge_windows().unwrap();
    assert_eq!(leads(&mut control), 1);
}

#[test]
fn a_policy_of_the_settings_waits_for_the_end_of_a_rollout() {
    let mut control = control();
    let changed = |control: &mut Control<Memory>, days: i64| control.own.gates.service.capacity_max_age = Span::days(days);
    changed(&mut control, 31);
    assert_eq!(control.settle_policy(NOW), Ok(None));
    let in_force = control.state().unwrap().unwrap();
    assert_eq!((in_force.version, control.document(&in_force.policy_sha256).unwrap().is_some()), (2, true));
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v2\"", r#"{"version":"2"}"#).status, 200);
    changed(&mut control, 32);
    assert!(control.settle_policy(NOW).unwrap().unwrap().contains("after the rollout"));
    assert_eq!(control.policy().gates.service.capacity_max_age, Span::days(31), "the one it began with");
    let entries = |control: &mut Control<Memory>| {
        let found = control.sql().query("SELECT count(*) FROM ledger WHERE kind = ?1", &[Param::Text("policy")]).unwrap();
        found[0][0].as_integer()
    };
    assert_eq!(entries(&mut control), Some(1));
    // Who hears of what does not wait, and stays after another start.
    control.own.alerts.notify.slack = "SLACK".into();
    for _ in 0..2 {
        assert!(control.settle_policy(NOW).unwrap().unwrap().contains("after the rollout"));
        assert_eq!(control.policy().alerts.notify.slack, "SLACK");
        assert_eq!(control.policy().gates.service.capacity_max_age, Span::days(31));
    }
    control.tick(NOW).unwrap();
    assert_eq!(entries(&mut control), Some(2), "the change is in the ledger");
    // The rest follows when the rollout has ended.
    assert_eq!(ask(&mut control, "POST /v1/rollout/rollback", Some(SECRET), "", r#"{"reason":"a drill"}"#).status, 200);
    control.tick(NOW).unwrap();
    assert_eq!(control.policy().gates.service.capacity_max_age, Span::days(32));
    assert_eq!(entries(&mut control), Some(3));
    assert_eq!(control.settle_policy(NOW), Ok(None));
    assert_eq!(entries(&mut control), Some(3));
}

#[test]
fn keys_are_made_once_listed_without_secrets_and_end() {
    let mut control = control();
    control.guard(Some("the secret of the host"), Vec::new());
    let admin = Some("the secret of the host");
    let made = |control: &mut Control<Memory>, body: &str| ask(control, "POST /v1/keys", admin, "", body);
    assert_eq!(
        code(&made(&mut control, r#"{"name":"Cy","scopes":["read"]}"#)),
        "NO_RANDOMNESS",
        "a host without a seed makes none"
    );
    control.seed([7; 32]);
    for (body, expected) in [
        (r#"{"name":"Cy","scopes":[]}"#, "KEY_INCOMPLETE"),
        (r#"{"name":" ","scopes":["read"]}"#, "KEY_INCOMPLETE"),
        (r#"{"name":"Cy","scopes":["write"]}"#, "SCOPE_UNKNOWN"),
        (r#"{"name":"Cy","scopes":["admin"]}"#, "SCOPE_NOT_GRANTABLE"),
        (r#"{"name":"Cy","scopes":["approve"]}"#, "KEY_WITHOUT_PERSON"),
        (r#"{"name":"Cy","scopes":["read"],"origins":["https://crm.example"]}"#, "SCOPE_NOT_PUBLISHABLE"),
        (r#"{"name":"Cy","scopes":["score"],"origins":["crm.example"]}"#, "ORIGIN_INVALID"),
        (r#"{"name":"Cy","scopes":["score"],"origins":["https://*"]}"#, "ORIGIN_INVALID"),
        (r#"{"name":"Cy","scopes":["read"],"expires_ms":1}"#, "KEY_EXPIRED"),
        (r#"{"name":"Cy","scopes":["read"],"secret":"mine"}"#, "BODY_MALFORMED"),
    ] {
        assert_eq!(code(&made(&mut control, body)), expected, "{body}");
    }
    let answer = made(&mut control, r#"{"name":"page","scopes":["score"],"origins":["https://crm.example"]}"#);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let secret = body["secret"].as_str().unwrap();
    assert_eq!((secret.len(), &body["key"]["per_minute"]), (67, &60.into()));
    let listed = String::from_utf8(ask(&mut control, "GET /v1/keys", admin, "", "").body).unwrap();
    assert!(listed.contains("\"page\"") && !listed.contains(secret) && !listed.contains("hash"), "{listed}");
    let stored = control.sql().query("SELECT body FROM ledger", &[]).unwrap();
    assert!(!stored.is_empty() && !format!("{stored:?}").contains(secret), "the ledger has no secret");
    // Rotation: the new one first, then the old one ends.
    let ends = format!(r#"{{"name":"Cy","scopes":["read"],"expires_ms":{}}}"#, NOW + 2);
    let body: serde_json::Value = serde_json::from_slice(&made(&mut control, &ends).body).unwrap();
    let (secret, id) = (body["secret"].as_str().unwrap().to_owned(), body["key"]["id"].as_str().unwrap().to_owned());
    assert_eq!(ask(&mut control, "GET /v1/me", Some(&secret), "", "").status, 200);
    assert_eq!(control.access(NOW + 2).unwrap().records().filter(|key| key.name == "Cy").count(), 0, "it has ended");
    assert_eq!(ask(&mut control, &format!("DELETE /v1/keys/{id}"), admin, "", "").status, 200);
    assert_eq!(code(&ask(&mut control, "GET /v1/me", Some(&secret), "", "")), "UNAUTHENTICATED");
    assert_eq!(code(&ask(&mut control, &format!("DELETE /v1/keys/{id}"), admin, "", "")), "NO_SUCH_KEY");
    assert_eq!(code(&ask(&mut control, "GET /v1/keys", Some(SECRET), "", "")), "SCOPE_MISSING", "no key makes keys");
}

#[test]
fn a_command_that_the_rules_reject_is_answered_with_its_sentence_and_values() {
    let mut control = control();
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v1\"", r#"{"version":"2"}"#).status, 200);
    let again = ask(&mut control, "POST /v1/rollout/start", Some(SECRET), "\"v2\"", r#"{"version":"2"}"#);
    let body: serde_json::Value = serde_json::from_slice(&again.body).unwrap();
    assert_eq!((again.status, &body["sentence"]["code"]), (409, &"ROLLOUT_ACTIVE".into()));
    assert_eq!((&body["sentence"]["text"], &body["sentence"]["values"]["rollout"]), (&body["detail"], &"2-r1".into()));
}

#[test]
fn the_policy_is_changed_by_a_person_before_the_test_and_by_nobody_without_a_revision() {
    let mut control = control();
    let get = |control: &mut Control<Memory>| {
        let answer = ask(control, "GET /v1/rollout/policy", Some(SECRET), "", "");
        (answer.header("etag").unwrap().to_owned(), serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap())
    };
    let (tag, shown) = get(&mut control);
    let mut policy = shown["policy"].clone();
    policy["gates"]["auc"]["min"] = 0.8.into();
    let body = policy.to_string();
    let put =
        |control: &mut Control<Memory>, tag: &str, body: &str| ask(control, "POST /v1/rollout/policy", Some(SECRET), tag, body);
    assert_eq!(code(&put(&mut control, "", &body)), "VERSION_REQUIRED");
    assert_eq!(code(&put(&mut control, &tag, r#"{"gates":{"auc":{"minimum":1}}}"#)), "BODY_MALFORMED");
    assert_eq!(put(&mut control, &tag, &body).status, 200);
    assert_eq!(code(&put(&mut control, &tag, &body)), "VERSION_STALE");
    assert_eq!(control.policy().gates.auc.min, 0.8);
    // Another program with the same store takes it up.
    control.policy = Policy::default();
    control.forget();
    let (tag, shown) = get(&mut control);
    assert_eq!(shown["policy"]["gates"]["auc"]["min"], 0.8);
    assert_eq!(ask(&mut control, "POST /v1/rollout/start", Some(SECRET), &tag, r#"{"version":"2"}"#).status, 200);
    let unchanged = ask(&mut control, "GET /v1/rollout/policy", Some(SECRET), "", "");
    assert!(unchanged.status == 200 && unchanged.header("etag") != Some(&tag));
}

#[test]
fn what_is_read_has_a_tag_and_is_not_sent_twice() {
    let mut control = control();
    for path in
        ["/v1/report", "/v1/rollout", "/v1/ledger", "/v1/models", "/v1/models/2/bundle", "/v1/models/2/card", "/v1/deployment"]
    {
        let first = ask(&mut control, &format!("GET {path}"), None, "", "");
        let tag = first.header("etag").unwrap().to_owned();
        let request = Request { method: "GET", path, query: "", headers: &[("if-none-match", &tag)], body: b"" };
        let access = control.access(NOW + 1).unwrap();
        let (routed, viewer) = admitted(&access, NOW + 1, &request, true).unwrap();
        let again = control.answer(NOW + 1, &routed, &request, &viewer);
        assert_eq!((first.status, again.status, again.body.len()), (200, 304, 0), "{path}");
    }
    assert_eq!(code(&ask(&mut control, "GET /v1/models/3/bundle", None, "", "")), "NO_SUCH_MODEL");
    assert_eq!(ask(&mut control, "GET /v1/models/sample%2F2/bundle", None, "", "").body, bytes_of("2", 0.6));
}

/// Who asks from another machine: a name, a key and an origin, the scopes, and whether the key is published.
type Caller<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [Scope], bool);

#[test]
fn from_other_machines_every_route_needs_a_key_with_its_scope() {
    let mut control = control();
    control.guard(Some("the secret of the host"), Vec::new());
    let secret = |scope: Scope| format!("{SECRET}{}", scope.name());
    for scope in [Scope::Score, Scope::Ingest, Scope::Read, Scope::Operate, Scope::Approve] {
        control.add_key(NOW, &secret(scope), scope.name(), "ml_lead", &[scope], "test").unwrap();
    }
    let page = format!("{SECRET}page");
    let origins = vec!["https://crm.example".to_owned()];
    let new = super::NewKey {
        name: "page".into(),
        scopes: vec![Scope::Score, Scope::Ingest],
        origins,
        per_minute: 100_000,
        ..Default::default()
    };
    control.insert_key(NOW, &page, new, "test").unwrap();
    control.seed([7; 32]);
    let shard = || crate::LogShard::open(Memory::new()).unwrap();
    let mut lifecycle = crate::Lifecycle::new(control, vec![shard(), shard()]);
    let secrets = Scope::ALL.map(secret);
    let mut callers: Vec<Caller<'_>> = vec![
        ("no key", None, None, &[], false),
        ("an unknown key", Some("unknown"), None, &[], false),
        ("the host", Some("the secret of the host"), None, &[Scope::Admin], false),
        ("page", Some(&page), Some("https://crm.example"), &[Scope::Score, Scope::Ingest], true),
        ("page elsewhere", Some(&page), Some("https://evil.example"), &[], true),
    ];
    callers.extend(
        Scope::ALL
            .iter()
            .zip(&secrets)
            .take(5)
            .map(|(scope, secret)| (scope.name(), Some(secret.as_str()), None, std::slice::from_ref(scope), false)),
    );
    let mut cells = 0;
    for route in crate::ROUTES.iter().filter(|route| route.is_kept()) {
        let path = route.path.replace(['{', '}'], "");
        for (name, key, origin, scopes, is_published) in &callers {
            let bearer = key.map(|key| format!("Bearer {key}"));
            let mut headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
            headers.extend(origin.map(|origin| ("origin", origin)));
            let request = Request { method: route.method.name(), path: &path, query: "", headers: &headers, body: b"{}" };
            let answer = lifecycle.answer(NOW, &request, false);
            let is_admitted = route.scope.is_some_and(|scope| scopes.contains(&scope)) && (!is_published || route.is_publishable);
            let expected = match (is_admitted, *name) {
                (true, _) => None,
                (false, "no key" | "an unknown key") => Some((401, "UNAUTHENTICATED")),
                (false, "page elsewhere") if route.is_publishable => Some((403, "ORIGIN_NOT_ALLOWED")),
                (false, _) => Some((403, "SCOPE_MISSING")),
            };
            let found = (answer.status, code(&answer));
            match expected {
                Some((status, word)) => {
                    assert_eq!((found.0, found.1.as_str()), (status, word), "{} {path} by {name}", route.method.name())
                }
                None => assert!(
                    !matches!(found.0, 401 | 429) && found.1 != "SCOPE_MISSING",
                    "{} {path} by {name}: {found:?}",
                    route.method.name()
                ),
            }
            cells += 1;
        }
    }
    assert!(cells > 400, "{cells}");
}

#[test]
fn a_first_model_without_the_segments_of_the_test_is_rejected_and_nothing_is_stored() {
    let mut policy = Policy::default();
    policy.experiment.segments.fields = vec!["country".into()];
    let mut control = Control::open(Memory::new(), policy, AllocationSettings::champion_only("")).unwrap();
    let problem = control.genesis(NOW, &bytes_of("1", 0.5), "test").unwrap_err().problem();
    assert_eq!((problem.status, problem.code), (422, "SEGMENT_UNKNOWN"), "{}", problem.detail);
    assert!(problem.detail.contains("\"country\"") && control.state().unwrap().is_none() && control.models().unwrap().is_empty());
}
