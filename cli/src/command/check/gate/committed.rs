//! Whether a file is the one that is committed in git. The program `git` answers: it knows filters, attributes and work trees.

use std::path::Path;
use std::process::Command;

use crate::report::gate::GateReport;

const GIT: &str = "git is needed for this check: install it, and run the check in a clone of the repository";

/// Adds to `report` whether `file` is the one committed in the repository that it lies in.
pub fn check(report: &mut GateReport, id: &str, file: &Path) {
    let (shown, name) = (file.display(), file.file_name().unwrap_or_default());
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !file.is_file() {
        return report.fail(id, format!("{shown} does not exist"), "name the file that is used");
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(arguments);
        if arguments.last() == Some(&"--") {
            command.arg(name);
        }
        command.output()
    };
    let revision = match git(&["rev-parse", "--verify", "HEAD"]) {
        Err(e) => return report.fail(id, format!("git cannot be run: {e}"), GIT),
        Ok(output) if !output.status.success() => {
            return report.fail(
                id,
                format!("{shown} is in no git repository with a commit"),
                "commit it, and run the check there",
            );
        }
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().chars().take(12).collect::<String>(),
    };
    let is = |arguments: &[&str]| git(arguments).is_ok_and(|output| output.status.success());
    let is_tracked = is(&["ls-files", "--error-unmatch", "--"]);
    if !is_tracked {
        report.fail(id, format!("{shown} is not committed"), format!("git add {shown} && git commit"));
    } else if is(&["diff", "--quiet", "HEAD", "--"]) {
        report.pass(id, format!("{shown} is that of commit {revision}"));
    } else {
        let next = format!("commit the change, or undo it: git diff HEAD -- {shown}");
        report.fail(id, format!("{shown} differs from that of commit {revision}"), next);
    }
}
