//! Resumable uploads, part by part.

use core_kernel::DomainError as _;
use media::testing::photo;
use media::{MediaStatus, Part, Upload};

use crate::world::{World, file, on_every_engine_and_store};

fn part(bytes: &[u8]) -> Part {
    Part { file: file(bytes), bytes: bytes.len() as u64 }
}

async fn begin(world: &World, length: usize) -> Upload {
    // `filename dog.jpg`
    world.media.uploads.begin(&world.ada(), length as u64, "filename ZG9nLmpwZw==").await.unwrap()
}

on_every_engine_and_store! {
    async fn an_upload_in_parts_becomes_the_picture(world) {
        let (bytes, ada) = (photo(400, 300), world.ada());
        let upload = begin(&world, bytes.len()).await;
        let mut at = 0;
        let mut last = upload.clone();
        for chunk in bytes.chunks(5_000) {
            last = world.media.uploads.append(&ada, upload.id, at, part(chunk)).await.unwrap();
            at += chunk.len() as u64;
            assert_eq!(last.offset, at);
        }
        let media = world.media.library.get(&ada, last.media.unwrap()).await.unwrap();
        assert_eq!((media.width, media.status, media.file_name.as_deref()), (400, MediaStatus::Ready, Some("dog.jpg")));
        assert!(world.stored().await.iter().all(|path| !path.contains("uploads")), "parts are gone");
    }

    async fn a_part_at_the_wrong_place_or_of_somebody_else_changes_nothing(world) {
        let upload = begin(&world, 100).await;
        let uploads = &world.media.uploads;
        uploads.append(&world.ada(), upload.id, 0, part(b"0123456789")).await.unwrap();
        let wrong = uploads.append(&world.ada(), upload.id, 0, part(b"0123456789")).await.unwrap_err();
        assert_eq!(wrong.code().code, "media.wrong_offset");
        assert!(uploads.append(&world.person(9), upload.id, 10, part(b"x")).await.is_err());
        let long = uploads.append(&world.ada(), upload.id, 10, part(&[0; 91])).await.unwrap_err();
        assert_eq!(long.code().code, "media.invalid");
        assert_eq!(uploads.get(&world.ada(), upload.id).await.unwrap().offset, 10);
    }

    async fn an_upload_that_is_no_picture_is_there_as_rejected(world) {
        let upload = begin(&world, 10).await;
        let done = world.media.uploads.append(&world.ada(), upload.id, 0, part(b"0123456789")).await.unwrap();
        let media = world.media.library.get(&world.ada(), done.media.unwrap()).await.unwrap();
        assert_eq!((media.status, media.reason.as_deref()), (MediaStatus::Rejected, Some("media.unsupported")));
        let shown = world.media.content.pick(&world.ada(), media.id, media::VariantName::Original, media::Accepts::default()).await;
        assert_eq!(shown.unwrap_err().code().code, "media.not_ready");
    }

    async fn of_two_parts_for_one_place_one_counts(world) {
        let upload = begin(&world, 100).await;
        let ada = world.ada();
        let send = || world.media.uploads.append(&ada, upload.id, 0, part(b"0123456789"));
        let (one, other) = futures_util::future::join(send(), send()).await;
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
        assert_eq!(world.media.uploads.get(&ada, upload.id).await.unwrap().offset, 10);
    }

    async fn an_upload_has_its_time(world) {
        let upload = begin(&world, 100).await;
        world.test.clock.advance(std::time::Duration::from_hours(24));
        let over = world.media.uploads.get(&world.ada(), upload.id).await.unwrap_err();
        assert_eq!(over.code().code, "media.upload_expired");
    }
}
