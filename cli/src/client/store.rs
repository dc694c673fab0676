//! Requests to the store of a service on this machine: the same rules, without the service.
//!
//! Who has the files may do all but approve: that is a person's, with a key of the store. A service that runs on the store takes up what
//! was changed within two seconds.

use std::path::Path;

use plumbline_worker::{Request, Response, Scope, Viewer, lifecycle_route};

use super::{Answer, Sent, answer};
use crate::host::lifecycle;
use crate::{Failure, clock};

pub(super) fn send(folder: &Path, key: Option<&str>, sent: &Sent<'_>) -> Result<Answer, Failure> {
    let (path, query) = sent.path.split_once('?').unwrap_or((sent.path, ""));
    // Keys and the first model may be the first that a store is asked for.
    let is_first = sent.method == "POST" && matches!(path, "/v1/keys" | "/v1/models");
    if !is_first && !lifecycle::exists(folder) {
        let what = format!("{} is no store; plumbline serve --store makes one", folder.display());
        return Err(Failure::input(folder.display().to_string(), "STORE_MISSING", what));
    }
    let mut lifecycle = lifecycle::reopen(folder)?;
    let bearer = key.map(|key| format!("Bearer {key}")).unwrap_or_default();
    let headers = [("content-type", sent.media_type), ("if-match", sent.revision), ("authorization", bearer.as_str())];
    let headers: Vec<(&str, &str)> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let request = Request { method: sent.method, path, query, headers: &headers, body: sent.body };
    let scope = lifecycle_route(sent.method, path).and_then(|routed| routed.route.scope);
    let as_owner = |lifecycle: &mut plumbline_worker::Lifecycle<_>| lifecycle.answer_as(clock::now().0, &request, &Viewer::Owner);
    let mut response: Response = match key {
        Some(_) => lifecycle.answer(clock::now().0, &request, false),
        None => as_owner(&mut lifecycle),
    };
    // The key says who approves; what the key may not do, the owner of the files may.
    if key.is_some() && response.status == 403 && scope.is_some_and(|scope| scope != Scope::Approve) {
        response = as_owner(&mut lifecycle);
    }
    let revision = response.header("etag").unwrap_or_default().to_owned();
    Ok(answer(response.status, revision, response.body))
}
