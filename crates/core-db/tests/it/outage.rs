use std::net::SocketAddr;

use std::time::{Duration, Instant};

use core_db::{Db, DbConfig, DbError};
use core_testing::{Engine, TestDb, engines};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands between a client and its database and can be cut.
struct Cable {
    address: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Cable {
    async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (whole, state) = watch::channel(true);
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (target, mut state) = (target.clone(), state.clone());
                tokio::spawn(async move {
                    if !*state.borrow() {
                        return;
                    }
                    let Ok(mut far) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = state.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { address, whole }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_unavailable_within_two_seconds_and_heals_by_itself() {
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let test: TestDb = crate::fresh(&engine).await;
        let (scheme, rest) = test.url.split_once("://").unwrap();
        let (credentials, rest) = rest.split_once('@').unwrap_or(("postgres", rest));
        let (host, path) = rest.split_once('/').unwrap();
        let cable = Cable::to(host.to_owned()).await;
        let url = format!("{scheme}://{credentials}@{}/{path}", cable.address);
        let db = Db::connect(DbConfig::new(url), test.db.ambient().clone(), test.db.keyring().clone()).await.unwrap();
        let owner = core_kernel::Owner(uuid::Uuid::from_u128(1));
        crate::notes::add(&db, owner, "before").await.unwrap();
        assert_eq!(crate::notes::look(&db, owner).await.unwrap(), 1);

        cable.whole.send_replace(false);
        for _ in 0..3 {
            let begin = Instant::now();
            let outcome = crate::notes::add(&db, owner, "meanwhile").await;
            assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{outcome:?}");
            assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
            let begin = Instant::now();
            let outcome = crate::notes::look(&db, owner).await;
            assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{outcome:?}");
            assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        }

        cable.whole.send_replace(true);
        crate::notes::add(&db, owner, "after").await.unwrap();
        assert_eq!(crate::notes::look(&db, owner).await.unwrap(), 2);
        let mut stored = crate::notes::all(&test.db, owner).await;
        stored.sort();
        assert_eq!(stored, ["after", "before"]);
    }
}
