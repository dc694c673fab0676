//! From a path to its routes. Nothing is allocated for a path without escapes.

use std::borrow::Cow;

use plumbline_core::Timestamp;

use super::routes::{ROUTES, Route};
use crate::request::Request;
use crate::service::Serving;
use crate::text::percent_decoded;

/// Placeholders a path may have.
const MOST: usize = 2;

/// What the placeholders of a path stand for, by name.
type Values<'a> = [(&'static str, Cow<'a, str>); MOST];

/// A request that has found its route.
pub(super) struct Call<'a> {
    pub serving: Serving<'a>,
    pub now: Timestamp,
    pub request: &'a Request<'a>,
    values: Values<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn new(serving: Serving<'a>, now: Timestamp, request: &'a Request<'a>, found: Found<'a>) -> Call<'a> {
        Call { serving, now, request, values: found.values }
    }

    /// What the placeholder `name` stands for; none where the path has none of this name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}

/// The routes of a path.
pub(super) struct Found<'a> {
    /// One a method; never empty.
    pub routes: &'static [Route],
    values: Values<'a>,
}

/// A request that the lifecycle answers.
#[derive(Debug)]
pub struct Routed<'a> {
    /// Its route.
    pub route: &'static Route,
    values: Values<'a>,
}

impl Routed<'_> {
    /// What the placeholder `name` stands for; empty where the path has none of this name.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_ref())
    }
}

/// The route of the lifecycle that takes `method` at `path`, if one does.
pub fn lifecycle_route<'a>(method: &str, path: &'a str) -> Option<Routed<'a>> {
    let Found { routes, values } = find(path)?;
    let route = routes.iter().find(|route| route.is_kept() && route.method.takes(method))?;
    Some(Routed { route, values })
}

/// The routes of `path`: one that is written exactly so, else one that fits.
pub(super) fn find(path: &str) -> Option<Found<'_>> {
    find_in(ROUTES, path)
}

fn find_in<'a>(table: &'static [Route], path: &'a str) -> Option<Found<'a>> {
    let literal = |route: &Route| route.path == path && route.fixed == path.len();
    let exact = table.iter().position(literal).map(|at| (at, Values::default()));
    let fits = || {
        let escaped = path.contains('%');
        table.iter().enumerate().find_map(|(at, route)| {
            // Most rows differ before their first placeholder; escapes are decoded segment by segment.
            let fixed = if escaped { 0 } else { route.fixed };
            let (start, pattern) = route.path.split_at_checked(fixed)?;
            Some((at, fit(pattern, path.strip_prefix(start)?)?))
        })
    };
    let (at, values) = exact.or_else(fits)?;
    let rest = table.get(at..)?;
    let same = rest.iter().take_while(|route| rest.first().is_some_and(|first| first.path == route.path)).count();
    Some(Found { routes: rest.get(..same)?, values })
}

/// What the placeholders of `pattern` stand for in `path`; none when it does not fit. An escaped `/` is part of its segment.
fn fit<'a>(pattern: &'static str, path: &'a str) -> Option<Values<'a>> {
    let mut values = Values::default();
    let mut free = values.iter_mut();
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let segment = segments.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => *free.next()? = (name, percent_decoded(segment)),
            None if segment == expected || percent_decoded(segment) == expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;
    use crate::answer::Answer;
    use crate::route::Method;

    fn found(path: &str) -> Option<(&'static str, Vec<String>)> {
        let Found { routes, values } = find(path)?;
        let values = values.iter().filter(|(name, _)| !name.is_empty()).map(|(name, value)| format!("{name}={value}"));
        Some((routes[0].path, values.collect()))
    }

    #[test]
    fn a_path_finds_its_route_and_what_its_placeholders_stand_for() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("/v1/score", "/v1/score", &[]),
            ("/v1/%73core", "/v1/score", &[]),
            ("/v2/", "/v2/", &[]),
            ("/v2/models/m/infer", "/v2/models/{model}/infer", &["model=m"]),
            ("/v2/models/a%2fb%20c/infer", "/v2/models/{model}/infer", &["model=a/b c"]),
            ("/v2/models//ready", "/v2/models/{model}/ready", &["model="]),
            ("/v2/models/versions", "/v2/models/{model}", &["model=versions"]),
            (
                "/v2/models/m/versions/2026-11-16.1/infer",
                "/v2/models/{model}/versions/{version}/infer",
                &["model=m", "version=2026-11-16.1"],
            ),
            ("/v2/models/{model}", "/v2/models/{model}", &["model={model}"]),
        ];
        for (path, pattern, values) in cases {
            assert_eq!(found(path), Some((*pattern, values.iter().map(|v| (*v).to_owned()).collect())), "{path}");
        }
        for path in
            ["", "v1/score", "/", "//v1/score", "/v1/score/", "/v1", "/v2/models", "/v2/models/m/versions", "/v1/score%", "*"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_may_have_a_row_for_each_method() {
        let row = |method, path| Route::new(method, path, Some(Scope::Admin), |_| Ok(Answer::default()));
        let table = [
            row(Method::Get, "/v1/keys"),
            row(Method::Post, "/v1/keys").reads(&["if-match"]),
            row(Method::Delete, "/v1/keys/{id}"),
            row(Method::Get, "/v1/models/{version}/bundle"),
        ];
        let table: &'static [Route] = Box::leak(Box::new(table));
        let methods = |path| find_in(table, path).map(|found| found.routes.iter().map(|row| row.method).collect::<Vec<_>>());
        assert_eq!(methods("/v1/keys"), Some(vec![Method::Get, Method::Post]));
        assert_eq!(methods("/v1/keys/7"), Some(vec![Method::Delete]));
        assert_eq!(find_in(table, "/v1/models/2026-12-01.1/bundle").unwrap().values[0], ("version", "2026-12-01.1".into()));
        assert_eq!(super::super::methods(find_in(table, "/v1/keys").unwrap().routes), "GET, HEAD, POST, OPTIONS");
    }

    #[test]
    fn every_route_of_the_table_is_found_by_its_own_path() {
        for route in ROUTES {
            let names = route.path.split('/').filter(|segment| segment.starts_with('{')).count();
            assert!(names <= MOST, "{}", route.path);
            let found = find(route.path).unwrap();
            assert!(found.routes.iter().any(|row| std::ptr::eq(row, route)), "{}", route.path);
        }
    }
}
