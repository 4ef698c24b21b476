//! Mail as a job, on every engine at hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::DbError;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::UserId;
use core_mail::{
    Address, FolderMailer, MailError, MailRequest, MailTemplate, Mailer, MemoryMailer, Message, Recipient, Recipients, Rendered,
    SmtpMailer, Templates, handler, mail,
};
use core_testing::{Engine, TestDb};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use uuid::Uuid;

const HELLO: MailTemplate =
    MailTemplate { name: "test.hello", subject: "Hello {{ who }}", text: "Dear {{ who }}", html: "<p>{{ who }}</p>" };

struct OnlyAda;

#[async_trait]
impl Recipients for OnlyAda {
    async fn address_of(&self, user: UserId) -> Result<Option<Address>, DbError> {
        let ada = Address { email: "ada@example.com".into(), locale: None };
        Ok((user.get() == Uuid::from_u128(1)).then_some(ada))
    }
}

async fn fresh(engine: &Engine) -> TestDb {
    TestDb::fresh(engine, Vec::new()).await.unwrap()
}

fn runner(test: &TestDb, mailer: Arc<dyn Mailer>) -> Runner {
    let mut registry = Registry::default();
    registry.handler(handler(mailer, Templates::new([HELLO], None), Arc::new(OnlyAda))).unwrap();
    Runner::new(test.db.clone(), registry, RunnerConfig::default())
}

async fn queue(test: &TestDb, to: Recipient) {
    let request = MailRequest { to, template: "test.hello".into(), locale: None, values: serde_json::json!({"who": "Ada"}) };
    test.db
        .write(|tx| {
            let request = request.clone();
            async move { mail(&tx, request).await }
        })
        .await
        .unwrap();
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_queued_mail_goes_to_the_address_that_the_person_has_when_it_is_sent(test) {
        let mailer = Arc::new(MemoryMailer::default());
        queue(&test, Recipient::User(UserId(Uuid::from_u128(1)))).await;
        queue(&test, Recipient::User(UserId(Uuid::from_u128(2)))).await;
        runner(&test, Arc::clone(&mailer) as Arc<dyn Mailer>).drain().await.unwrap();
        let sent = mailer.sent();
        assert_eq!((sent.len(), sent[0].to.as_str(), sent[0].content.subject.as_str()), (1, "ada@example.com", "Hello Ada"));
    }

    async fn a_mail_that_could_not_be_handed_over_is_tried_again_under_the_same_id(test) {
        let mailer = Arc::new(MemoryMailer::default());
        mailer.fail_next(MailError::Later("greylisted".into()));
        queue(&test, Recipient::Address("ada@example.com".into())).await;
        let runner = runner(&test, Arc::clone(&mailer) as Arc<dyn Mailer>);
        runner.drain().await.unwrap();
        test.clock.advance(Duration::from_hours(1));
        runner.drain().await.unwrap();
        assert_eq!(mailer.sent().len(), 1);
    }

    async fn a_mail_that_is_refused_for_good_is_not_tried_again(test) {
        let mailer = Arc::new(MemoryMailer::default());
        mailer.fail_next(MailError::Refused("no such user".into()));
        queue(&test, Recipient::Address("ada@example.com".into())).await;
        let runner = runner(&test, Arc::clone(&mailer) as Arc<dyn Mailer>);
        assert_eq!(runner.drain().await.unwrap(), 1);
        test.clock.advance(Duration::from_hours(1));
        assert_eq!(runner.drain().await.unwrap(), 0);
    }
}

fn message() -> Message {
    let content = Rendered { subject: "Grüße".into(), text: "Hallo".into(), html: "<p>Hallo</p>".into() };
    Message { id: "4711".into(), to: "ada@example.com".into(), content }
}

#[tokio::test]
async fn without_a_mail_server_a_mail_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let clock = core_testing::TestAmbient::default().clock;
    let mailer = FolderMailer::new(folder.path(), "Brickwork <no-reply@example.com>".parse().unwrap(), clock);
    mailer.send(&message()).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("To: ada@example.com") && text.contains("Message-ID: <4711@example.com>") && text.contains("Hallo"));
}

#[tokio::test]
async fn an_address_with_a_line_break_is_refused() {
    let mailer = FolderMailer::new(
        std::path::Path::new("nowhere"),
        "a@example.com".parse().unwrap(),
        core_testing::TestAmbient::default().clock,
    );
    let hostile = Message { to: "ada@example.com\r\nBcc: eve@example.com".into(), ..message() };
    assert!(matches!(mailer.send(&hostile).await, Err(MailError::Refused(_))));
}

/// Speaks just enough SMTP (RFC 5321) for one mail.
async fn catcher(listener: tokio::net::TcpListener) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut mail, mut in_data) = (String::new(), false);
    write.write_all(b"220 catcher\r\n").await.unwrap();
    while let Some(line) = lines.next_line().await.unwrap() {
        if in_data && line != "." {
            mail.push_str(&line);
            mail.push('\n');
            continue;
        }
        let verb: String = line.chars().take(4).collect();
        let answer = match verb.as_str() {
            _ if in_data => "250 taken",
            "EHLO" => "250 catcher",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        in_data = verb == "DATA";
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        if !mail.is_empty() && !in_data {
            break;
        }
    }
    mail
}

#[tokio::test]
async fn a_mail_goes_out_by_smtp() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let mailer = SmtpMailer::new(&url.into(), "no-reply@example.com".parse().unwrap()).unwrap();
    let outgoing = message();
    let (mail, sent) = tokio::join!(catcher(listener), mailer.send(&outgoing));
    sent.unwrap();
    assert!(mail.contains("To: ada@example.com"), "{mail}");
}

#[test]
fn an_unusable_mail_url_is_refused_without_telling_its_password() {
    let error = SmtpMailer::new(&"imap://ada:hunter2@example.com".into(), "a@example.com".parse().unwrap()).unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}
