//! Arrows between modules, and the cycles among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

/// Which module imports which, and the first line that does.
#[derive(Debug, Default)]
pub struct Graph {
    arrows: BTreeMap<String, BTreeMap<String, String>>,
}

impl Graph {
    /// Adds an import of `to` by `from`; `place` says where it is written. A module's import of itself is none.
    pub fn add(&mut self, from: &str, to: &str, place: String) {
        if from != to {
            self.arrows.entry(from.to_owned()).or_default().entry(to.to_owned()).or_insert(place);
        }
    }

    /// Whether `from` imports `to`.
    pub fn has(&self, from: &str, to: &str) -> bool {
        self.arrows.get(from).is_some_and(|arrows| arrows.contains_key(to))
    }

    /// The shortest cycle through each module that is on one, each cycle once; the first module is repeated at its end.
    pub fn cycles(&self) -> BTreeSet<Vec<&str>> {
        self.arrows.keys().filter_map(|start| self.cycle_through(start)).collect()
    }

    fn targets(&self, from: &str) -> impl Iterator<Item = &str> {
        self.arrows.get(from).into_iter().flat_map(|to| to.keys().map(String::as_str))
    }

    /// The shortest way from `start` to itself, turned so that it begins with its least name.
    fn cycle_through<'a>(&'a self, start: &'a str) -> Option<Vec<&'a str>> {
        let (mut came_from, mut open) = (BTreeMap::new(), VecDeque::from([start]));
        while let Some(from) = open.pop_front() {
            for to in self.targets(from) {
                if to == start {
                    let mut cycle = vec![from];
                    while let Some(before) = cycle.last().and_then(|at| came_from.get(at)) {
                        cycle.push(*before);
                    }
                    cycle.reverse();
                    let least = cycle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(at, _)| at);
                    cycle.rotate_left(least);
                    cycle.extend(cycle.first().copied());
                    return Some(cycle);
                }
                if !came_from.contains_key(to) {
                    came_from.insert(to, from);
                    open.push_back(to);
                }
            }
        }
        None
    }

    /// Every arrow between two modules, with its place; empty when there are none.
    pub fn list(&self) -> String {
        let mut list = String::new();
        for (from, arrows) in &self.arrows {
            for (to, place) in arrows {
                writeln!(list, "{from} imports {to} at {place}").expect("a String takes all");
            }
        }
        list
    }

    /// The cycles with the place of each arrow; empty when there are none.
    pub fn report(&self) -> String {
        let mut report = String::new();
        for cycle in self.cycles() {
            writeln!(report, "{}", cycle.join(" → ")).expect("a String takes all");
            for pair in cycle.windows(2) {
                writeln!(report, "    {} imports {} at {}", pair[0], pair[1], self.arrows[pair[0]][pair[1]])
                    .expect("a String takes all");
            }
        }
        report
    }
}
