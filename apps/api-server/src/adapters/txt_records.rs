use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use core_kernel::PortError;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use orgs::{DomainProof, OrgsError};

/// The longest that a look-up may take in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many answers are looked at, and how long one may be; whoever owns a name decides what it holds.
const MAX_ANSWERS: usize = 64;
const MAX_BYTES: usize = 1024;

/// Looks TXT records up, with the name servers of the settings or of the system. Nothing is remembered: whoever has just published a record
/// tries again at once.
pub(crate) struct TxtRecords {
    resolver: TokioResolver,
}

impl TxtRecords {
    /// Asks these name servers; where there are none, those of the system.
    pub(crate) fn new(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let servers = servers.iter().map(name_server).collect();
            TokioResolver::builder_with_config(ResolverConfig::from_name_servers(servers), TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.cache_size = 0;
        options.timeout = Duration::from_secs(2);
        Ok(Self { resolver: builder.build()? })
    }
}

fn name_server(at: &SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(at.ip());
    server.connections.iter_mut().for_each(|connection| connection.port = at.port());
    server
}

#[async_trait]
impl DomainProof for TxtRecords {
    async fn txt_records(&self, name: &str) -> Result<Vec<String>, PortError> {
        // The dot at the end keeps the system's search domains out.
        let asked = tokio::time::timeout(PATIENCE, self.resolver.txt_lookup(format!("{name}."))).await;
        let found = match asked {
            Ok(Ok(found)) => found,
            Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a look-up of TXT records failed");
                return Err(OrgsError::LookupFailed.into());
            }
            Err(_) => return Err(OrgsError::LookupFailed.into()),
        };
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        let short = texts.take(MAX_ANSWERS).filter(|bytes| bytes.len() <= MAX_BYTES);
        Ok(short.filter_map(|bytes| String::from_utf8(bytes).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::net::UdpSocket;

    use super::*;

    /// Answers one query with TXT records of these strings, or with an error code.
    fn answer(query: &[u8], records: &[&[&str]], code: u8) -> Vec<u8> {
        // The question ends four bytes after the empty label.
        let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
        let count = u16::try_from(records.len()).unwrap().to_be_bytes();
        let mut reply = vec![query[0], query[1], 0x81, 0x80 | code, 0, 1, count[0], count[1], 0, 0, 0, 0];
        reply.extend_from_slice(&query[12..end]);
        for record in records {
            let data: Vec<u8> =
                record.iter().flat_map(|text| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()).collect();
            reply.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
            reply.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            reply.extend_from_slice(&data);
        }
        reply
    }

    /// Asks a name server that answers so.
    async fn ask(records: &[&[&str]], code: u8) -> (Result<Vec<String>, PortError>, u32) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let lookup = TxtRecords::new(&[socket.local_addr().unwrap()]).unwrap();
        let asked = AtomicU32::new(0);
        let serve = async {
            let mut query = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut query).await.unwrap();
                asked.fetch_add(1, Ordering::SeqCst);
                socket.send_to(&answer(&query[..length], records, code), from).await.unwrap();
            }
        };
        let twice = async {
            lookup.txt_records("_brickwork.example.com").await.ok();
            lookup.txt_records("_brickwork.example.com").await
        };
        let found = tokio::select! {
            found = twice => found,
            () = serve => unreachable!("it serves for ever"),
        };
        (found, asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn records_are_joined_and_asked_for_anew_each_time() {
        let (found, asked) = ask(&[&["brickwork-", "verify=1"], &["v=spf1 -all"]], 0).await;
        let mut found = found.unwrap();
        found.sort();
        assert_eq!((found, asked), (vec!["brickwork-verify=1".to_owned(), "v=spf1 -all".to_owned()], 2));
    }

    #[tokio::test]
    async fn a_name_that_is_not_there_has_no_records() {
        assert_eq!(ask(&[], 3).await.0.unwrap(), Vec::<String>::new());
        assert_eq!(ask(&[], 0).await.0.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_name_server_that_fails_is_no_proof_of_absence() {
        let error = ask(&[], 2).await.0.unwrap_err();
        assert_eq!(error.cause().code().code, "orgs.domain_lookup_failed");
    }

    #[tokio::test]
    async fn a_name_server_that_is_silent_is_given_up_in_five_seconds() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let lookup = TxtRecords::new(&[silent.local_addr().unwrap()]).unwrap();
        let begun = tokio::time::Instant::now();
        let error = lookup.txt_records("_brickwork.example.com").await.unwrap_err();
        assert_eq!(error.cause().code().code, "orgs.domain_lookup_failed");
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1));
    }
}
