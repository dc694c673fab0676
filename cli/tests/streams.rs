//! Long inputs through the real binary: memory that does not grow, interruption in the middle, gzip.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use common::{bundle, expect, failure, plumbline, text};
use flate2::Compression;
use flate2::write::GzEncoder;

const MB: usize = 1 << 20;

/// The most memory `child` has held so far, in bytes.
fn peak(child: &Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_ascii_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).expect("a number") * 1024
}

fn start(arguments: &[&str]) -> (Child, ChildStdin) {
    let mut child = plumbline()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let stdin = child.stdin.take().expect("stdin");
    (child, stdin)
}

/// Feeds `head`, then `rows` again and again until `bytes` went through; returns the peak of memory and how many rounds there were.
fn feed(arguments: &[&str], head: &[u8], rows: &[u8], bytes: usize) -> (usize, usize) {
    let (mut child, mut stdin) = start(arguments);
    stdin.write_all(head).expect("it reads");
    let rounds = bytes / rows.len();
    for _ in 0..rounds {
        stdin.write_all(rows).expect("it reads");
    }
    // All but what a pipe holds has been read by now.
    let peak = peak(&child);
    drop(stdin);
    assert!(matches!(child.wait().expect("it ends").code(), Some(0 | 3)));
    (peak, rounds)
}

#[test]
fn two_hundred_megabytes_take_less_than_64() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let out = text(&folder.path().join("out.csv"));
    let csv: String = (0..1000).map(|i| format!("{},{}.5,{:0>150}\n", i % 9, i % 4, i)).collect();
    let json: String = (0..1000)
        .map(|i| format!("{{\"lead_id\":\"L{i}\",\"visits\":{},\"pages\":{}.5,\"note\":\"{i:0>300}\"}}\n", i % 9, i % 4))
        .collect();
    // One row in ten is rejected: those are written down as they come, too.
    let bad = csv.replace("\n8,", "\nmany,");
    let cases: [(&[&str], &str, &str); 4] = [
        (&["--raw"], "visits,pages,note\n", &csv),
        (&["--raw"], "visits,pages,note\n", &bad),
        (&["--explain", "0"], "visits,pages,note\n", &csv),
        (&["--explain", "0"], "", &json),
    ];
    for (more, head, rows) in cases {
        let arguments = [&["score", &model, "-", "-o", &out], more].concat();
        let (peak, rounds) = feed(&arguments, head.as_bytes(), rows.as_bytes(), 200 * MB);
        eprintln!("{more:?} {:.12}…: {} rows of {} MB, peak {} KB", rows, rounds * 1000, rounds * rows.len() / MB, peak / 1024);
        assert!(peak < 64 * MB, "{more:?}: {peak} bytes");
        assert!(rounds * rows.len() > 199 * MB);
        let scored = std::io::BufRead::lines(std::io::BufReader::new(std::fs::File::open(&out).expect("scores"))).count() - 1;
        let rejected = std::fs::read_to_string(format!("{out}.rejected")).map_or(0, |text| text.lines().count() - 1);
        assert_eq!(scored + rejected, rounds * 1000);
        assert_eq!(rejected > 0, rows.contains("many"));
    }
}

#[test]
fn ctrl_c_in_the_middle_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let out = folder.path().join("out.csv");
    std::fs::write(&out, "of an earlier run").expect("a file");
    let (mut child, mut stdin) = start(&["score", &model, "-", "--raw", "-o", &text(&out)]);
    // More than the buffers on the way hold: rows and rejects are in their temp files already.
    let rows: String = (0..400_000).map(|i| if i % 5 == 0 { "many,1\n".to_owned() } else { format!("{},1\n", i % 7) }).collect();
    stdin.write_all(b"visits,pages\n").expect("it reads");
    stdin.write_all(rows.as_bytes()).expect("it reads");
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path()).expect("a folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names().iter().filter(|name| name.ends_with(".part")).count(), 2, "{:?}", names());
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(names(), ["m.plumb", "out.csv"]);
    assert_eq!(std::fs::read_to_string(&out).expect("the file"), "of an earlier run");
}

fn gzip(parts: &[&str]) -> Vec<u8> {
    let member = |part: &&str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(part.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    parts.iter().flat_map(member).collect()
}

#[test]
fn gzipped_inputs_are_unpacked_whole_or_refused() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let model = bundle(folder.path());
    let rows = ["visits,pages\n1,1\n", "many,1\n3,1\n"];
    let plain = failure(3, &["score", &model, "-", "--raw"], rows.concat().as_bytes());
    assert!(plain.contains("line 3 rejected [FIELD_NOT_A_NUMBER]"), "{plain}");
    // As two members, which `cat a.gz b.gz` makes; by name, and by content without one.
    let packed = gzip(&rows);
    let file = folder.path().join("rows.csv.gz");
    std::fs::write(&file, &packed).expect("a file");
    let out = text(&folder.path().join("out.csv"));
    for input in [text(&file).as_str(), "-"] {
        expect(3, &["score", &model, input, "--raw", "-o", &out], if input == "-" { &packed } else { b"" });
        assert_eq!(std::fs::read_to_string(&out).expect("scores").lines().count(), 3);
        let rejected = std::fs::read_to_string(format!("{out}.rejected")).expect("rejects");
        assert!(rejected.lines().nth(1).is_some_and(|line| line.starts_with("3,FIELD_NOT_A_NUMBER,")), "{rejected}");
    }
    std::fs::remove_file(&out).expect("a file");
    let message = failure(5, &["score", &model, "-", "--raw", "-o", &out], &packed[..packed.len() - 5]);
    assert!(message.contains("standard input"), "{message}");
    assert!(!std::fs::exists(&out).expect("a folder"));
    let lines = gzip(&["{\"visits\":1}\n", "{\"visits\":\n"]);
    let message = failure(3, &["score", &model, "-"], &lines);
    assert!(message.contains("line 2 rejected [LEAD_MALFORMED]"), "{message}");
}
