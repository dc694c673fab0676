//! `plumbline serve` for a test, ended with it.

use std::io::BufReader;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

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
        Server::of(&[&["serve", "--listen", "127.0.0.1:0"], more].concat()).0
    }

    /// `plumbline` with `args`, which end in a service, and what it printed before it listened.
    pub fn of(args: &[&str]) -> (Server, Vec<Value>) {
        // The secret of a webhook, where a test has one.
        let command =
            plumbline().args(args).arg("--json").env("HOOK", "a secret").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        // Ended with it, whatever it prints.
        let mut server = Server { child: command.expect("the binary starts"), url: String::new() };
        let printed = BufReader::new(server.child.stdout.take().expect("stdout"));
        let mut before = Vec::new();
        for said in serde_json::Deserializer::from_reader(printed).into_iter::<Value>() {
            let said = said.expect("JSON");
            if let Some(url) = said["listening"].as_str() {
                url.clone_into(&mut server.url);
                return (server, before);
            }
            before.push(said);
        }
        panic!("it does not listen; it printed {before:?}")
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("it is killed");
    }

    /// Ends it by SIGTERM; its exit code.
    pub fn stop(self) -> Option<i32> {
        self.end("TERM")
    }

    /// Ends it by a signal; its exit code.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status().expect("kill runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    /// A test that fails leaves no server behind.
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}
