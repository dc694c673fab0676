//! Which headers the shell hands in for a path: asking the runtime for one costs more than reading it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::request::Request;
use crate::route::{Place, ROUTES, Route};

/// Headers are given by their number among `names`.
#[derive(Debug, Serialize)]
pub(super) struct Reads {
    names: &'static [&'static str],
    /// For each path without placeholders.
    paths: BTreeMap<&'static str, BTreeSet<usize>>,
    /// For all other paths, by their first segment.
    roots: BTreeMap<&'static str, BTreeSet<usize>>,
    /// For a path that is written in no known way.
    all: BTreeSet<usize>,
}

impl Reads {
    /// What the routes read; with the headers of cross-origin questions where those are answered, and with what says who calls where keys
    /// are `kept`.
    pub(super) fn new(cross_origin: bool, kept: bool) -> Reads {
        let names = Request::HEADERS;
        // Control is given all headers by itself.
        let table = || ROUTES.iter().filter(|route| matches!(route.place, Place::Service | Place::Either));
        let caller = ["authorization", "host", "origin"];
        let lifecycle = ["authorization", "if-match", "host"];
        let common = names.iter().filter(|name| {
            let asked = cross_origin && !lifecycle.contains(name);
            asked || (kept && (caller.contains(name) || **name == "access-control-request-method"))
        });
        let common = common.filter(|name| table().all(|route| !route.headers.contains(name)));
        let common: Vec<&str> = common.copied().collect();
        let numbers = |route: &'static Route| {
            // Where a body is taken, who sends it and as what says whether it may be.
            let sender = |name: &&str| !route.bodies.is_empty() && ["content-type", "origin"].contains(name);
            let wanted = |name: &&str| route.headers.contains(name) || common.contains(name) || sender(name);
            names.iter().enumerate().filter(move |(_, name)| wanted(name)).map(|(number, _)| number).collect::<Vec<_>>()
        };
        let mut reads = Reads { names, paths: BTreeMap::new(), roots: BTreeMap::new(), all: BTreeSet::new() };
        for route in table() {
            let root = route.path.split('/').nth(1).unwrap_or_default();
            if !route.path.contains('{') {
                reads.paths.entry(route.path).or_default().extend(numbers(route));
            }
            reads.roots.entry(root).or_default().extend(numbers(route));
            reads.all.extend(numbers(route));
        }
        reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_given_what_its_routes_read() {
        let named =
            |reads: &Reads, numbers: &BTreeSet<usize>| numbers.iter().map(|i| reads.names[*i]).collect::<Vec<_>>().join(" ");
        let reads = Reads::new(false, false);
        assert_eq!(named(&reads, &reads.paths["/v1/score"]), "content-type x-request-id origin");
        assert_eq!(named(&reads, &reads.paths["/metrics"]), "");
        assert_eq!(named(&reads, &reads.roots["v2"]), "content-type inference-header-content-length x-request-id origin");
        assert_eq!(named(&reads, &reads.roots["v1"]), "content-type x-request-id if-none-match origin");
        assert_eq!(named(&reads, &reads.all), "content-type inference-header-content-length x-request-id if-none-match origin");
        let reads = Reads::new(true, false);
        assert_eq!(named(&reads, &reads.paths["/metrics"]), "origin access-control-request-method");
        assert_eq!(
            named(&reads, &reads.roots["v2"]),
            "content-type inference-header-content-length x-request-id origin access-control-request-method"
        );
        assert_eq!(reads.all.len() + 3, Request::HEADERS.len(), "all but those that only the lifecycle reads");
        let kept = Reads::new(false, true);
        assert_eq!(named(&kept, &kept.paths["/metrics"]), "origin access-control-request-method authorization host");
        assert!(named(&kept, &kept.paths["/v1/score"]).ends_with("authorization host"));
    }
}
