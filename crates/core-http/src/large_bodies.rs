use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core_kernel::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Problem, codes};

/// One caller has at most this part of the places, so that a few who send slowly do not keep everybody else out.
const SHARE: usize = 4;

/// Who sends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    /// Who signed in.
    User(UserId),
    /// The subscriber's address of who did not.
    Address(IpAddr),
}

/// How many large bodies are read at once. One that is being read has up to a quarter of a mebibyte in buffers, and JSON is held as a whole,
/// so the number of connections alone would not bound the memory; a body that waits here stays with its client.
#[derive(Clone, Debug)]
pub(crate) struct LargeBodies {
    all: Arc<Semaphore>,
    each: usize,
    senders: Arc<Mutex<HashMap<Sender, Arc<Semaphore>>>>,
}

impl LargeBodies {
    pub(crate) fn new(places: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(places)), each: (places / SHARE).max(1), senders: Arc::default() }
    }

    /// A place, as soon as the sender and the server have one; 503 when there is none for so long.
    pub(crate) async fn take(&self, sender: Sender, longest: Duration) -> Result<BodyPlace, Problem> {
        let own = Arc::clone(self.senders().entry(sender).or_insert_with(|| Arc::new(Semaphore::new(self.each))));
        let mut place = BodyPlace { own: Some(Arc::clone(&own)), permits: Vec::with_capacity(2), places: self.clone(), sender };
        let permits = async {
            place.permits.push(own.acquire_owned().await.map_err(Problem::internal)?);
            place.permits.push(Arc::clone(&self.all).acquire_owned().await.map_err(Problem::internal)?);
            Ok(())
        };
        match tokio::time::timeout(longest, permits).await {
            Ok(taken) => taken.map(|()| place),
            Err(_) => Err(Problem::new(&codes::UNAVAILABLE, "As many large bodies are being read as this server reads at once.")
                .with_retry_after(longest)),
        }
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<Sender, Arc<Semaphore>>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to read one large body, until it is dropped.
#[derive(Debug)]
pub(crate) struct BodyPlace {
    own: Option<Arc<Semaphore>>,
    permits: Vec<OwnedSemaphorePermit>,
    places: LargeBodies,
    sender: Sender,
}

impl Drop for BodyPlace {
    fn drop(&mut self) {
        self.permits.clear();
        let mut senders = self.places.senders();
        self.own = None;
        // Nobody else of this sender has a place or waits for one.
        if senders.get(&self.sender).is_some_and(|own| Arc::strong_count(own) == 1) {
            senders.remove(&self.sender);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SHORT: Duration = Duration::from_secs(10);

    fn sender(last: u8) -> Sender {
        Sender::Address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
    }

    #[tokio::test(start_paused = true)]
    async fn one_sender_has_a_quarter_of_the_places_and_is_told_to_come_again() {
        let places = LargeBodies::new(8);
        let first = places.take(sender(1), SHORT).await.unwrap();
        let _second = places.take(sender(1), SHORT).await.unwrap();
        let refused = places.take(sender(1), SHORT).await.unwrap_err();
        assert_eq!(refused.code().code, "server.unavailable");
        let _other = places.take(sender(2), SHORT).await.unwrap();
        drop(first);
        places.take(sender(1), SHORT).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn all_senders_together_have_no_more_than_the_places() {
        let places = LargeBodies::new(4);
        let mut taken = Vec::new();
        for one in 0..4 {
            taken.push(places.take(sender(one), SHORT).await.unwrap());
        }
        places.take(sender(4), SHORT).await.unwrap_err();
        taken.pop();
        places.take(sender(4), SHORT).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn senders_are_forgotten_when_they_have_no_place() {
        let places = LargeBodies::new(4);
        let place = places.take(sender(1), SHORT).await.unwrap();
        places.take(sender(1), SHORT).await.unwrap_err();
        assert_eq!(places.senders().len(), 1);
        drop(place);
        assert!(places.senders().is_empty());
    }
}
