use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use core_config::Loaded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::terminal;
use crate::settings::Settings;

/// Asks the server of this configuration, on this machine, whether it is alive. A bare socket, so that a container needs no
/// client of its own.
pub(crate) async fn run(loaded: &Loaded<Settings>) -> anyhow::Result<ExitCode> {
    let server = &loaded.settings.server;
    let host = if server.host.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { server.host };
    let answer = tokio::time::timeout(Duration::from_secs(3), ask(SocketAddr::new(host, server.port))).await;
    match answer {
        Ok(Ok(status)) if status.contains(" 200 ") => {
            terminal::line("alive");
            Ok(ExitCode::SUCCESS)
        }
        Ok(Ok(status)) => Ok(say(&format!("the server answered `{status}`"))),
        Ok(Err(error)) => Ok(say(&format!("no server answers: {error}"))),
        Err(_elapsed) => Ok(say("the server did not answer within 3 s")),
    }
}

fn say(text: &str) -> ExitCode {
    terminal::error(text);
    ExitCode::FAILURE
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut head = [0_u8; 64];
    let read = stream.read(&mut head).await?;
    let text = String::from_utf8_lossy(head.get(..read).unwrap_or_default()).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
