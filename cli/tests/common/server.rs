//! `plumbline serve` for a test, ended with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::plumbline;

/// A service that runs.
pub struct Server {
    child: Child,
    /// Its address.
    pub url: String,
}

impl Server {
    /// `plumbline serve` with `more` on a free port.
    pub fn start(more: &[&str]) -> Server {
        let mut child = plumbline()
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        Server { child, url: line["listening"].as_str().expect("an address").to_owned() }
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("it is killed");
    }

    /// Ends it by SIGTERM; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    /// A test that fails leaves no server behind.
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}
