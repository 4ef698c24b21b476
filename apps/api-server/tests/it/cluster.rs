//! The journeys once more, against two replicas: with `TEST_CLUSTER=1` each server that a test starts is two, on one PostgreSQL and one
//! Redis, behind a proxy that passes each connection to the other one than the last.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use core_testing::{Engine, TestDb, engines, redis_url};

use crate::program::{MASTER_KEY, Server};

/// The other replica, and what both share.
pub(crate) struct Twin {
    pub(crate) server: Box<Server>,
    _database: TestDb,
}

/// Whether a server with this environment is to be two. One that names its database is as the test says.
#[expect(clippy::disallowed_methods, reason = "how tests are run is no setting of the server")]
pub(crate) fn is_wanted(environment: &[(&str, &str)]) -> bool {
    std::env::var("TEST_CLUSTER").is_ok_and(|value| value == "1") && environment.iter().all(|(name, _)| *name != "DATABASE_URL")
}

/// Starts both and the proxy. The first has the address of the proxy.
pub(crate) fn start(folder: &Path, environment: &[(&str, &str)]) -> Server {
    let redis = redis_url().expect("a cluster needs Redis");
    let database = database();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let proxy = listener.local_addr().unwrap();
    let public = format!("http://localhost:{}", proxy.port());
    let store = format!("file://{}", folder.join("data/blobs").display());
    let shared = [
        ("DATABASE_URL", database.url.as_str()),
        ("REDIS_URL", redis.as_str()),
        ("APP__SECURITY__MASTER_KEY", MASTER_KEY),
        ("APP__SERVER__PUBLIC_URL", public.as_str()),
        ("APP__MEDIA__STORE_URL", store.as_str()),
    ];
    let environment = [environment, &shared].concat();
    // Mails of both are where tests look for them; what else they keep on their disks is their own.
    let (mails, own) = (folder.join("data/mail"), folder.join("two"));
    std::fs::create_dir_all(&mails).unwrap();
    std::fs::create_dir_all(&own).unwrap();
    drop(symlink(&mails, own.join("mail")));
    let mut first = Server::spawn(Server::quick(folder, &environment), folder);
    let second = [environment.as_slice(), &[("APP__DATA_DIR", "two")]].concat();
    let second = Server::spawn(Server::quick(folder, &second), folder);
    pass_on(listener, [first.address, second.address]);
    first.address = proxy;
    first.twin = Some(Twin { server: Box::new(second), _database: database });
    first
}

/// A database on PostgreSQL. Tests may be on a runtime already, so it is made on one of its own.
fn database() -> TestDb {
    let made = thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let engine =
            engines().into_iter().find(|engine| matches!(engine, Engine::Postgres(_))).expect("a cluster needs PostgreSQL");
        runtime.block_on(TestDb::bare(&engine)).unwrap()
    });
    made.join().unwrap()
}

fn pass_on(listener: TcpListener, replicas: [SocketAddr; 2]) {
    thread::spawn(move || {
        for (client, replica) in listener.incoming().zip(replicas.into_iter().cycle()) {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(replica)) else { continue };
            let Ok((near, far)) = client.try_clone().and_then(|near| Ok((near, server.try_clone()?))) else { continue };
            carry(near, far, Shutdown::Write);
            carry(server, client, Shutdown::Both);
        }
    });
}

fn carry(mut from: TcpStream, mut to: TcpStream, end: Shutdown) {
    thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(end));
    });
}
