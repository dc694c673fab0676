//! Who may call: keys and their scopes, callers of the same machine, and pages of other origins.
//!
//! One rule for both hosts and all routes, on the hot path as well: it takes no lock. Where keys are kept is control's; the scoring
//! service has a copy of those in force, which its host renews.

mod key;
mod scope;
mod viewer;

pub use key::KeyRecord;
pub use scope::Scope;
pub use viewer::Viewer;

use key::{Held, equal, hash};

use crate::problem::Problem;
use crate::request::Request;

/// What a route asks of its callers.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// The scope.
    pub scope: Scope,
    /// Whether a published key will do.
    pub is_publishable: bool,
    /// Whether it changes the state of the lifecycle.
    pub changes: bool,
}

/// The keys in force, and what the host says of its callers.
#[derive(Debug, Default)]
pub struct Access {
    keys: Vec<Held>,
    /// SHA-256 of the host's own secret, which makes keys.
    admin: Option<[u8; 32]>,
    /// Origins whose pages may call; `*`: all.
    origins: Vec<String>,
}

/// Names of the loopback addresses in the header `host`.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Access {
    /// That of `keys`, the host's secret `admin` and the `origins` whose pages may call.
    pub fn new(keys: Vec<KeyRecord>, admin: Option<&str>, origins: Vec<String>) -> Access {
        let admin = admin.filter(|secret| !secret.is_empty()).map(hash);
        Access { keys: keys.into_iter().map(Held::new).collect(), admin, origins }
    }

    /// The same with other keys; those that stay go on from what they have spent of their rate.
    #[must_use]
    pub fn with_keys(&self, keys: Vec<KeyRecord>) -> Access {
        let before = |record: &KeyRecord| self.keys.iter().find(|held| held.record.id == record.id);
        let keys = keys.into_iter().map(|record| {
            let before = before(&record);
            Held::after(record, before)
        });
        Access { keys: keys.collect(), admin: self.admin, origins: self.origins.clone() }
    }

    /// The keys.
    pub fn records(&self) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().map(|held| &held.record)
    }

    /// Whether anyone could show a key.
    pub fn has_keys(&self) -> bool {
        self.admin.is_some() || !self.keys.is_empty()
    }

    /// Whether pages of `origin` may call, with or without a published key.
    pub fn allows(&self, origin: &str) -> bool {
        let listed = |origins: &[String]| origins.iter().any(|known| known == "*" || known == origin);
        listed(&self.origins) || self.keys.iter().any(|held| listed(&held.record.origins))
    }

    /// Who sends `request` at `now_ms`, where they may do what needs `need`. `is_local`: only callers of the same machine reach the
    /// service, who may score, ingest and read without a key.
    ///
    /// # Errors
    /// No key, or one that is unknown, revoked or expired (401); one without the scope, or a page that may not call (403); more requests than
    /// a published key may make (429).
    pub fn admit(&self, now_ms: i64, need: Need, request: &Request<'_>, is_local: bool) -> Result<Viewer<'_>, Problem> {
        let viewer = self.viewer(now_ms, need, request, is_local)?;
        viewer.needs(need.scope)?;
        let is_foreign = |origin: &&str| !self.allows(origin) && !is_own(request, origin);
        if need.changes && request.header("origin").as_ref().is_some_and(is_foreign) {
            let detail = "a page of an origin that is not listed in cors_origins may not change anything here";
            return Err(Problem::new(403, "FOREIGN_ORIGIN", detail));
        }
        Ok(viewer)
    }

    fn viewer(&self, now_ms: i64, need: Need, request: &Request<'_>, is_local: bool) -> Result<Viewer<'_>, Problem> {
        let unknown = |detail: &str| Problem::new(401, "UNAUTHENTICATED", detail);
        let Some(given) = request.header("authorization") else {
            if !is_local {
                return Err(unknown("send a key: Authorization: Bearer KEY"));
            }
            // A page whose name was made to point here, or a proxy in front: not the same machine.
            let host = request
                .header("host")
                .map(|host| host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name));
            if host.is_some_and(|host| !LOOPBACK.iter().any(|name| name.eq_ignore_ascii_case(host))) {
                return Err(unknown("send a key: without one, only requests to localhost are answered"));
            }
            return Ok(Viewer::Local);
        };
        let secret =
            given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, secret)| secret.trim());
        let secret = secret.ok_or_else(|| unknown("a key is sent as Authorization: Bearer KEY"))?;
        let hash = hash(secret);
        if self.admin.as_ref().is_some_and(|admin| equal(admin, &hash)) {
            return Ok(Viewer::Admin);
        }
        // All are compared, whichever it is.
        let held = self.keys.iter().filter(|held| held.is(&hash)).last();
        let has_time = |held: &&Held| held.record.expires_ms.is_none_or(|expires| now_ms < expires);
        let held = held.filter(has_time).ok_or_else(|| unknown("this key is unknown, revoked or expired"))?;
        if held.record.is_publishable() {
            published(held, now_ms, need, request)?;
        }
        Ok(Viewer::Key(&held.record))
    }
}

/// Whether a published key will do.
fn published(held: &Held, now_ms: i64, need: Need, request: &Request<'_>) -> Result<(), Problem> {
    if !need.is_publishable {
        let detail = "a key that is published in pages scores, and sends feedback and exposures; nothing else";
        return Err(Problem::new(403, "SCOPE_MISSING", detail));
    }
    let origin = request.header("origin");
    if !origin.is_some_and(|origin| held.record.origins.iter().any(|known| known == origin)) {
        let from = origin.unwrap_or("no page");
        let detail = format!("this key works from pages of {} only; the request is from {from}", held.record.origins.join(", "));
        return Err(Problem::new(403, "ORIGIN_NOT_ALLOWED", detail));
    }
    held.take(now_ms, request.body.len()).map_err(|seconds| {
        let detail = format!("this key makes at most {} requests a minute; try again in {seconds} s", held.record.per_minute);
        Problem { retry_after_s: u32::try_from(seconds).ok(), ..Problem::new(429, "RATE_LIMITED", detail) }
    })
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a page of `origin` came from this service.
fn is_own(request: &Request<'_>, origin: &str) -> bool {
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == request.header("host")
}

#[cfg(test)]
mod tests;
