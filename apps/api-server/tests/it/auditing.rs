//! The audit of a deployment, against the program itself.

use crate::program::{Server, run, text};

#[test]
fn the_program_keeps_what_its_own_audit_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let output = run(folder.path(), &["audit", &format!("http://{}", server.address)]);
    let said = text(&output);
    assert!(output.status.success() && said.contains(" 0 faults"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let checks: usize = said.lines().last().and_then(|line| line.split(' ').next()).and_then(|count| count.parse().ok()).unwrap();
    assert!(checks > 900, "{said}");
}

#[test]
fn a_part_of_the_program_keeps_it_too_and_what_is_no_deployment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start_with(folder.path(), &[("APP__FEATURES", "auth,users,media"), ("APP__AUTH__REGISTRATION", "closed")]);
    let output = run(folder.path(), &["audit", &format!("http://{}", server.address)]);
    assert!(output.status.success() && text(&output).contains("note   registration answered 403"), "{}", text(&output));
    let address = server.address;
    drop(server);
    assert_eq!(run(folder.path(), &["audit", &format!("http://{address}")]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["audit", "nonsense"]).status.code(), Some(1));
}
