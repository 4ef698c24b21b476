//! What becomes of the bytes of strangers.

use core_kernel::DomainError as _;
use core_testing::Engine;
use media::testing::{animation, drawing, photo};
use media::{Accepts, Format, MediaConfig, MediaError, VariantName, near};

use crate::world::{World, fresh, with};

async fn world() -> World {
    fresh(&Engine::Sqlite).await
}

fn code<T>(outcome: Result<T, MediaError>) -> &'static str {
    outcome.map_or_else(|error| error.code().code, |_| "taken")
}

/// The same JPEG with an orientation, a place and a hidden text, as a phone writes them (Exif 2.32, TIFF 6.0).
fn tagged(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let gps_at = 8 + 2 + 2 * 12 + 4_u32;
    let main = [entry(0x0112, 3, 1, [orientation, 0, 0, 0]), entry(0x8825, 4, 1, gps_at.to_le_bytes())].concat();
    let gps = [entry(1, 2, 2, *b"N\0\0\0"), entry(3, 2, 2, *b"E\0\0\0")].concat();
    let ifd = |entries: Vec<u8>| [&2_u16.to_le_bytes()[..], &entries, &[0; 4]].concat();
    let tiff = [b"II*\0\x08\0\0\0".as_slice(), &ifd(main), &ifd(gps), b"heliotrope-in-exif"].concat();
    let body = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xFF, 0xE1], &length[..], &body].concat();
    [&jpeg[..2], &segment, &jpeg[2..], b"PK\x03\x04 <script>heliotrope-behind</script>"].concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_photo_comes_out_upright_and_clean() {
    let world = world().await;
    let sent = tagged(&photo(400, 300), 6);
    assert!(holds(&sent, "heliotrope-in-exif") && holds(&sent, "heliotrope-behind"));
    let media = world.add(&sent).await.unwrap();
    assert_eq!((media.width, media.height), (300, 400), "turned as the camera was held");
    let stored = world.original(&media).await;
    assert!(!holds(&stored, "Exif") && !holds(&stored, "heliotrope"), "nothing but pixels is kept");
    assert_eq!(media.original().unwrap().format, Format::Jpeg);
}

#[tokio::test]
async fn a_large_picture_has_four_smaller_sizes_and_none_is_made_larger() {
    let world = world().await;
    let media = world.add(&photo(2500, 1000)).await.unwrap();
    let sizes: Vec<_> = VariantName::SIZES.iter().map(|name| media.pick(*name, Accepts::default()).unwrap()).collect();
    let sides: Vec<_> = sizes.iter().map(|size| (size.width, size.height)).collect();
    assert_eq!(sides, [(2048, 819), (1280, 512), (640, 256), (320, 128)]);
    let small = world.add(&photo(500, 200)).await.unwrap();
    assert_eq!(small.pick(VariantName::Large, Accepts::default()).unwrap().width, 500);
    assert_eq!(
        small.variants.iter().map(|variant| variant.name).collect::<Vec<_>>(),
        [VariantName::Original, VariantName::Thumb]
    );
}

#[tokio::test]
async fn a_drawing_keeps_its_transparency_and_is_served_as_webp_to_those_who_take_it() {
    let mut shaded = image::load_from_memory(&photo(700, 500)).unwrap().into_rgba8();
    shaded.pixels_mut().for_each(|pixel| pixel.0[3] = pixel.0[0] | 1);
    let mut png = std::io::Cursor::new(Vec::new());
    shaded.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let media = world().await.add(png.get_ref()).await.unwrap();
    assert_eq!(media.pick(VariantName::Thumb, Accepts::default()).unwrap().format, Format::Png);
    assert_eq!(media.pick(VariantName::Thumb, Accepts { webp: true, ..Accepts::default() }).unwrap().format, Format::Webp);
}

#[tokio::test]
async fn an_animation_stays_one_in_every_size_and_a_still_gif_becomes_a_picture() {
    let world = world().await;
    let media = world.add(&animation(400, 100, 12)).await.unwrap();
    assert_eq!((media.frames, media.pick(VariantName::Thumb, Accepts::default()).unwrap().format), (12, Format::Gif));
    assert!(world.original(&media).await.starts_with(b"GIF89a"));
    let still = world.add(&animation(400, 100, 1)).await.unwrap();
    assert_eq!((still.frames, still.original().unwrap().format), (1, Format::Png));
}

/// A PNG header that announces a size, and nothing behind it.
fn announcing(width: u32, height: u32) -> Vec<u8> {
    let mut png = drawing(1, 1);
    png.splice(16..20, width.to_be_bytes());
    png.splice(20..24, height.to_be_bytes());
    let sum = crc32fast::hash(&png[12..29]);
    png.splice(29..33, sum.to_be_bytes());
    png
}

#[tokio::test]
async fn bombs_are_refused_by_their_headers() {
    let world = world().await;
    assert_eq!(code(world.add(&announcing(60_000, 60_000)).await), "media.too_large");
    let narrow = with(&Engine::Sqlite, MediaConfig { max_pixels: 10_000, ..MediaConfig::default() }).await;
    assert_eq!(code(narrow.add(&photo(101, 100)).await), "media.too_large");
    let mut wide = photo(16, 16);
    let frame = wide.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    wide.splice(frame + 5..frame + 9, [0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(code(world.add(&wide).await), "media.too_large");
    assert!(world.stored().await.is_empty());
}

#[tokio::test]
async fn animations_with_too_many_frames_or_pixels_are_refused() {
    let config = MediaConfig { max_frames: 10, max_animated_pixels: 200_000, ..MediaConfig::default() };
    let world = with(&Engine::Sqlite, config).await;
    assert_eq!(code(world.add(&animation(8, 8, 11)).await), "media.too_large");
    assert_eq!(code(world.add(&animation(200, 200, 6)).await), "media.too_large");
    assert_eq!(code(world.add(&animation(200, 200, 5)).await), "taken");
}

#[tokio::test]
async fn what_is_no_picture_of_ours_is_named() {
    let world = world().await;
    assert_eq!(code(world.add(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").await), "media.heic_unsupported");
    assert_eq!(code(world.add(b"<svg xmlns='http://www.w3.org/2000/svg'/>").await), "media.unsupported");
    assert_eq!(code(world.add(b"").await), "media.unsupported");
    assert_eq!(code(world.add(&photo(64, 64)[..200]).await), "media.broken");
}

#[tokio::test]
async fn pictures_that_are_nearly_the_same_are_found() {
    let world = world().await;
    let large = world.add(&photo(1200, 900)).await.unwrap();
    let again = world.add(&photo(600, 450)).await.unwrap();
    let other = world.add(&drawing(600, 450)).await.unwrap();
    assert!(near(large.dhash.unwrap(), again.dhash.unwrap()) && !near(large.dhash.unwrap(), other.dhash.unwrap()));
    let filter = media::MediaFilter { similar_to: Some(large.id), ..media::MediaFilter::default() };
    let page = core_kernel::PageRequest::default();
    let found = world.media.library.list(&world.ada(), filter, &page).await.unwrap();
    assert_eq!(found.items.iter().map(|media| media.id).collect::<Vec<_>>(), [again.id]);
}

#[test]
fn no_bytes_break_the_decoders() {
    let seeds = [photo(24, 16), tagged(&photo(40, 17), 7), drawing(20, 20), animation(16, 16, 3)];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    core_testing::fuzz(&seeds, 1500, media::testing::fuzz);
}
