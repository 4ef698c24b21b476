#![doc = include_str!("../README.md")]

mod ambient;
mod database;
mod fuzz;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "s3")]
pub mod s3;

pub use ambient::{CountingIds, FrozenClock, SeededRng, TestAmbient};
pub use database::{Engine, TestDb, engines, redis_url};
pub use fuzz::fuzz;

/// Writes each test once and runs it on every engine at hand. `setup` is an async function from [`Engine`] to whatever the tests
/// take.
///
/// ```ignore
/// core_testing::on_every_engine! {
///     setup = fresh;
///     async fn a_stored_note_can_be_read(test) {
///         assert!(test.db.ping().await.is_ok());
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_every_engine {
    (setup = $setup:path; $($(#[$meta:meta])* async fn $name:ident($test:ident) $body:block)*) => {$(
        $(#[$meta])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for engine in $crate::engines() {
                let $test = $setup(&engine).await;
                $body
            }
        }
    )*};
}
