use super::*;

const SECRET: &str = "pl_0123456789abcdef0123456789abcdef";
const PAGE: &str = "pl_page56789abcdef0123456789abcdef01";
/// Scope, secret, further headers, whether only the same machine reaches the service, and who it is or why not.
type Case<'a> = (Scope, Option<&'a str>, &'a [(&'a str, &'a str)], bool, Result<&'a str, &'a str>);
const CRM: &str = "https://crm.example";

fn access() -> Access {
    let key = |secret: &str, scopes: &[Scope], origins: &[&str], expires_ms| KeyRecord {
        id: secret[..6].to_owned(),
        hash: crate::model::digest(secret.as_bytes()),
        name: "Ada".into(),
        role: "ml_lead".into(),
        scopes: scopes.to_vec(),
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        per_minute: 6,
        expires_ms,
    };
    let keys = vec![
        key(SECRET, &[Scope::Read, Scope::Operate], &[], None),
        key(PAGE, &[Scope::Score], &[CRM], None),
        key("pl_old", &[Scope::Read], &[], Some(500)),
    ];
    Access::new(keys, Some("the host's own secret"), vec!["https://listed.example".into()])
}

const fn need(scope: Scope) -> Need {
    Need { scope, is_publishable: matches!(scope, Scope::Score), changes: matches!(scope, Scope::Operate | Scope::Ingest) }
}

fn admit(access: &Access, now_ms: i64, scope: Scope, headers: &[(&str, &str)], is_local: bool) -> Result<String, &'static str> {
    let request = Request { method: "POST", path: "/", query: "", headers, body: b"" };
    let admitted = access.admit(now_ms, need(scope), &request, is_local);
    admitted.map(|viewer| viewer.name().to_owned()).map_err(|problem| problem.code)
}

#[test]
fn who_may_call_what() {
    let bearer = |secret: &str| format!("Bearer {secret}");
    let cases: &[Case<'_>] = &[
        (Scope::Read, None, &[], true, Ok("local")),
        (Scope::Read, None, &[("host", "localhost:8788")], true, Ok("local")),
        (Scope::Read, None, &[("host", "[::1]:8788")], true, Ok("local")),
        (Scope::Read, None, &[("host", "evil.example:8788")], true, Err("UNAUTHENTICATED")),
        (Scope::Read, None, &[], false, Err("UNAUTHENTICATED")),
        (Scope::Operate, None, &[], true, Err("SCOPE_MISSING")),
        (Scope::Operate, Some(SECRET), &[], false, Ok("Ada")),
        (Scope::Operate, Some(SECRET), &[("host", "any.example")], true, Ok("Ada")),
        (Scope::Score, Some(SECRET), &[], true, Err("SCOPE_MISSING")),
        (Scope::Read, Some("pl_unknown"), &[], true, Err("UNAUTHENTICATED")),
        (Scope::Read, Some("pl_old"), &[], true, Err("UNAUTHENTICATED")),
        (Scope::Admin, Some("the host's own secret"), &[], false, Ok("admin")),
        (Scope::Read, Some("the host's own secret"), &[], false, Err("SCOPE_MISSING")),
        // Pages.
        (Scope::Operate, Some(SECRET), &[("origin", "https://evil.example")], false, Err("FOREIGN_ORIGIN")),
        (Scope::Operate, Some(SECRET), &[("origin", "https://listed.example")], false, Ok("Ada")),
        (Scope::Operate, Some(SECRET), &[("origin", "http://h:1"), ("host", "h:1")], false, Ok("Ada")),
        (Scope::Operate, Some(SECRET), &[("origin", "null"), ("host", "h:1")], false, Err("FOREIGN_ORIGIN")),
        (Scope::Ingest, None, &[("origin", "https://evil.example")], true, Err("FOREIGN_ORIGIN")),
        (Scope::Score, Some(PAGE), &[("origin", CRM)], false, Ok("Ada")),
        (Scope::Score, Some(PAGE), &[("origin", "https://evil.example")], false, Err("ORIGIN_NOT_ALLOWED")),
        (Scope::Score, Some(PAGE), &[], false, Err("ORIGIN_NOT_ALLOWED")),
        (Scope::Read, Some(PAGE), &[("origin", CRM)], false, Err("SCOPE_MISSING")),
    ];
    for (scope, secret, more, is_local, expected) in cases {
        let value = secret.map(bearer);
        let headers: Vec<_> = value.iter().map(|value| ("authorization", value.as_str())).chain(more.iter().copied()).collect();
        let found = admit(&access(), 1_000, *scope, &headers, *is_local);
        assert_eq!(found.as_deref().map_err(|code| *code), *expected, "{scope:?} {secret:?} {more:?} {is_local}");
    }
    assert_eq!(
        admit(&access(), 499, Scope::Read, &[("authorization", "bearer pl_old")], false),
        Ok("Ada".into()),
        "not yet over"
    );
    for wrong in ["pl_old", "Basic pl_old", "", "Bearer", "Bearer "] {
        assert_eq!(admit(&access(), 1, Scope::Read, &[("authorization", wrong)], true), Err("UNAUTHENTICATED"), "{wrong:?}");
    }
}

#[test]
fn a_published_key_has_a_rate_that_outlives_changes_of_other_keys() {
    let headers = [("authorization", format!("Bearer {PAGE}")), ("origin", CRM.to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = access();
    assert!(admit(&first, 1_000, Scope::Score, &headers, false).is_ok());
    assert_eq!(admit(&first, 1_001, Scope::Score, &headers, false), Err("RATE_LIMITED"));
    let request = Request { method: "POST", path: "/", query: "", headers: &headers, body: b"" };
    let problem = first.admit(1_001, need(Scope::Score), &request, false).unwrap_err();
    assert_eq!((problem.status, problem.response().header("retry-after")), (429, Some("10")));
    let next = first.with_keys(first.records().cloned().collect());
    assert_eq!(admit(&next, 2_000, Scope::Score, &headers, false), Err("RATE_LIMITED"));
    assert!(admit(&next, 11_000, Scope::Score, &headers, false).is_ok());
}
