//! The cluster of `docker-compose.yml` as processes: two replicas set by the very file that compose gives them, PostgreSQL, Redis, a
//! store that speaks S3, a mail server, and a proxy that asks the replicas in turn.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use core_testing::http::{FormFile, Reply, Request};
use core_testing::s3::{BUCKET, KEY_ID, S3Server, SECRET};
use core_testing::{Engine, TestDb, engines, redis_url};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::program::{MASTER_KEY, PASSWORD, Server, access, code_in, command, eventually, text};

/// What compose sets every replica to.
const FULL: &str = include_str!("../../../../deploy/full.env");
const PROXY: &str = include_str!("../../../../deploy/Caddyfile");
const COMPOSE: &str = include_str!("../../../../docker-compose.yml");
const SETTINGS: &str = include_str!("../../../../docs/settings.md");

/// Passes connections on to the replicas in turn, and past one that does not listen.
async fn proxy(replicas: [SocketAddr; 2]) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    background(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let next = Arc::clone(&next);
            background(async move {
                for _ in replicas {
                    let replica = replicas[next.fetch_add(1, Ordering::Relaxed) % replicas.len()];
                    if let Ok(mut server) = TcpStream::connect(replica).await {
                        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                        return;
                    }
                }
            });
        }
    });
    address
}

/// A mail server that takes everything (RFC 5321, as much as a client needs).
struct MailServer {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        background(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                background(async move { drop(converse(stream, &kept).await) });
            }
        });
        Self { address, mails }
    }

    async fn to(&self, address: &str) -> String {
        eventually("a mail", async || {
            let mails = self.mails.lock().unwrap();
            mails.iter().rfind(|mail| mail.contains(&format!("To: {address}"))).cloned()
        })
        .await
    }
}

async fn converse(mut stream: TcpStream, mails: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push_str("\r\n");
                }
                mails.lock().unwrap().push(mail);
                writing.write_all(b"250 taken\r\n").await?;
            }
            "QUIT" => return writing.write_all(b"221 bye\r\n").await,
            _ => writing.write_all(b"250 fine\r\n").await?,
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
fn background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

/// The cluster. Its parts go when it goes.
struct Cluster {
    replicas: Vec<Server>,
    proxy: SocketAddr,
    mail: MailServer,
    s3: S3Server,
    _database: TestDb,
    folder: tempfile::TempDir,
}

impl Cluster {
    async fn start(engine: &Engine, redis: &str) -> Self {
        let database = TestDb::bare(engine).await.unwrap();
        let (mail, s3) = (MailServer::start().await, S3Server::start().await.unwrap());
        let folder = tempfile::tempdir().unwrap();
        let replaced = |name: &str, value: &str| match name {
            "DATABASE_URL" => database.url.clone(),
            "REDIS_URL" => redis.to_owned(),
            "APP__MEDIA__STORE_URL" => format!("s3://{BUCKET}/{}", value.rsplit('/').next().unwrap()),
            "AWS_ENDPOINT_URL" => s3.endpoint(),
            "AWS_ACCESS_KEY_ID" => KEY_ID.to_owned(),
            "AWS_SECRET_ACCESS_KEY" => SECRET.to_owned(),
            "APP__MAIL__URL" => format!("smtp://{}", mail.address),
            _ => value.to_owned(),
        };
        let lines = FULL.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        let mut environment: Vec<(&str, String)> = lines.map(|(name, value)| (name, replaced(name, value))).collect();
        environment.push(("APP__SECURITY__MASTER_KEY", MASTER_KEY.to_owned()));
        // Production has limits; everybody comes from one address here, and asks seven hundred things at once.
        environment.push(("APP__RATE_LIMITS__ENABLED", "true".to_owned()));
        for class in [
            "APP__RATE_LIMITS__PUBLIC__REQUESTS",
            "APP__RATE_LIMITS__READ__REQUESTS",
            "APP__RATE_LIMITS__WRITE__REQUESTS",
            "APP__RATE_LIMITS__EXPENSIVE__REQUESTS",
            "APP__RATE_LIMITS__LOGIN__REQUESTS",
        ] {
            environment.push((class, "100000".to_owned()));
        }
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let replica = |name: &str| {
            let own = folder.path().join(name);
            std::fs::create_dir(&own).unwrap();
            Server::start_with(&own, &environment)
        };
        let replicas = vec![replica("one"), replica("two")];
        let proxy = proxy([replicas[0].address, replicas[1].address]).await;
        Self { replicas, proxy, mail, s3, _database: database, folder }
    }

    fn ask(&self, method: &str, target: &str) -> Request {
        Request::to(self.proxy, method, target)
    }

    /// Registers somebody, who confirms the address by the link of the mail and signs in.
    async fn join(&self, email: &str) -> String {
        let account = json!({"email": email, "password": PASSWORD});
        let made = self.ask("POST", "/api/v1/auth/register").json(&account).send().await;
        assert_eq!(made.status, 202, "{}", made.text());
        let early = self.ask("POST", "/api/v1/auth/login").json(&account).send().await;
        assert_ne!(early.status, 200, "nobody signs in before the address is confirmed: {}", early.text());
        let code = json!({"token": code_in(&self.mail.to(email).await)});
        let confirmed = self.ask("POST", "/api/v1/auth/verify-email").json(&code).send().await;
        assert_eq!(confirmed.status, 204, "{}", confirmed.text());
        let login = self.ask("POST", "/api/v1/auth/login").json(&account).send().await;
        assert_eq!(login.status, 200, "{}", login.text());
        access(&login.json())
    }

    async fn upload(&self, token: &str) -> Reply {
        let photo = media::testing::photo(800, 600);
        self.ask("POST", "/api/v1/media").bearer(token).form(&[], &[FormFile::jpeg("file", &photo)]).send().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cluster_of_compose_is_one_server_to_whoever_asks_its_proxy() {
    let Some(redis) = redis_url() else { return };
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let mut cluster = Cluster::start(&engine, &redis).await;
        let ready = cluster.ask("GET", "/readyz").send().await;
        assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ok")), "{}", ready.text());
        let (ada, bob) = (cluster.join("ada@example.com").await, cluster.join("bob@example.com").await);

        let made = cluster.upload(&ada).await;
        assert_eq!(made.status, 201, "{}", made.text());
        assert!(std::fs::read_dir(cluster.s3.bucket()).unwrap().count() > 0, "pictures are in the store of both");
        let content = format!("{}/content", made.header("location").unwrap());
        for replica in &cluster.replicas {
            assert_eq!(replica.get(&content, &ada).await.status, 200, "each replica has it");
        }
        audit(&cluster, &ada, &bob);

        cluster.replicas.remove(0).kill();
        for _ in 0..4 {
            let shown = cluster.ask("GET", &content).bearer(&ada).send().await;
            assert_eq!(shown.status, 200, "one replica is enough: {}", shown.text());
        }
        assert_eq!(cluster.upload(&bob).await.status, 201);
        assert_eq!(cluster.replicas.remove(0).stop(), Some(0));
    }
}

/// The number behind `name`.
fn number(text: &str, name: &str) -> u64 {
    let (_, behind) = text.split_once(name).unwrap();
    behind.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn a_replica_stays_until_the_proxy_has_noticed_and_is_not_killed_while_it_answers() {
    let open = number(FULL, "APP__SERVER__DRAIN_DELAY_MS=");
    assert!(open > 1000 * number(PROXY, "health_interval "));
    let answering = 1000 * number(SETTINGS, "| `server.shutdown_seconds` | `");
    let replica = COMPOSE.split_once("x-replica:").and_then(|(_, rest)| rest.split_once("\nservices:")).unwrap().0;
    assert!(1000 * number(replica, "stop_grace_period: ") > open + answering);
}

/// The program's own audit of the contract, through the proxy.
fn audit(cluster: &Cluster, owner: &str, stranger: &str) {
    let folder = cluster.folder.path();
    std::fs::write(folder.join("owner"), owner).unwrap();
    std::fs::write(folder.join("stranger"), stranger).unwrap();
    let url = format!("http://{}", cluster.proxy);
    let tokens = ["--owner-token-file", "owner", "--stranger-token-file", "stranger"];
    let output = command(folder).arg("audit").arg(url).args(tokens).output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains(" 0 faults"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
