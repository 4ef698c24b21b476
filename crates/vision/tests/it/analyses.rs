use core_kernel::PageRequest;
use core_testing::{Engine, engines};
use serde_json::{Value, json};
use vision::testing::{FixedFormulas, FixedModel};
use vision::{AnalysisStatus, Kind, VisionError, codes};

use crate::world::{World, fresh, photo, submission};

const MEDIA: &str = "01900000-0000-7000-8000-000000000007";

fn wish() -> Value {
    json!({"images": [{"media_id": MEDIA, "view": "front"}], "kind": "physique", "consent": true})
}

#[expect(clippy::indexing_slicing, reason = "members of an object that is written above")]
fn with(name: &str, value: Value) -> Value {
    let mut wish = wish();
    wish[name] = value;
    wish
}

async fn ended(world: &World, wish: Value) -> Value {
    let begun = world.send("POST", "/analyses", wish).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    assert_eq!(begun.json().get("status"), Some(&json!("queued")));
    let at = begun.header("location").unwrap().to_owned();
    world.work().await;
    world.server.get(&at).bearer("ada").send().await.json()
}

#[tokio::test]
async fn a_physique_gets_a_range_from_formulas_and_a_look_and_its_photos_are_gone() {
    for engine in engines() {
        let world = fresh(&engine, FixedModel::default()).await;
        *world.formulas.0.lock().unwrap() = Some(FixedFormulas::profile(30.0));
        world.model.answer(FixedModel::physique(16.0, 22.0));
        let done = ended(&world, wish()).await;
        assert_eq!((done["status"].clone(), done["progress"].clone()), (json!("succeeded"), json!(1.0)), "{done}");
        let fat = &done["result"]["body_fat"];
        assert!(fat["low"].as_f64() < fat["mid"].as_f64() && fat["mid"].as_f64() < fat["high"].as_f64());
        let methods: Vec<&str> = fat["method"].as_array().unwrap().iter().map(|method| method["id"].as_str().unwrap()).collect();
        assert_eq!(methods, ["first", "second", "photo_model"]);
        assert_eq!(done["result"]["model"]["prompt_version"], "physique-1");
        assert_eq!(done["consent"]["version"], "photos-1");
        assert!(done["result"]["limits"].as_array().unwrap().len() >= 3);
        let asked = &world.model.asked()[0];
        assert!(asked.photos[0].bytes.starts_with(&[0xff, 0xd8]) && !asked.prompt.contains("80"), "no measure is told");
        assert_eq!(world.stored_photos().await, 0);
        let events = core_jobs::events_after(&world.test.db, 0, &[world.ada().personal_space()], 10).await.unwrap();
        let ours: Vec<&Value> =
            events.iter().filter(|event| event.r#type == "vision.analysis.completed").map(|event| &event.data).collect();
        assert_eq!(ours, [&json!({"id": done["id"], "kind": "physique", "status": "succeeded"})]);
    }
}

#[tokio::test]
async fn the_whole_answer_of_a_physique() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    *world.formulas.0.lock().unwrap() = Some(FixedFormulas::profile(30.0));
    world.model.answer(FixedModel::physique(16.0, 22.0));
    insta::assert_json_snapshot!(ended(&world, wish()).await, { ".id" => "[id]" });
}

#[tokio::test]
async fn without_a_model_formulas_speak_alone_or_the_answer_says_what_to_set() {
    let world = fresh(&Engine::Sqlite, FixedModel::absent()).await;
    let nothing = world.send("POST", "/analyses", wish()).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (503, "vision.model_not_configured"));
    assert!(nothing.text().contains("APP__LLM__PROVIDERS__"));
    let profile = json!({"sex": "male", "age": 30, "height_cm": 180, "mass_kg": 80});
    let done = ended(&world, with("profile", profile)).await;
    assert_eq!(done["result"]["model"], Value::Null);
    assert_eq!(done["result"]["body_fat"]["method"].as_array().unwrap().len(), 2);
    assert!(done["result"]["limits"].to_string().contains("No model looked"));
    assert!(world.model.asked().is_empty());
    let question = json!({"images": [{"media_id": MEDIA}], "kind": "general", "prompt": "Which machine?", "consent": true});
    assert_eq!(world.send("POST", "/analyses", question).await.code(), "vision.model_not_configured");
}

#[tokio::test]
async fn who_must_not_be_looked_at_is_refused_and_nothing_is_kept() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let young = with("profile", json!({"sex": "male", "age": 17, "height_cm": 180, "mass_kg": 70}));
    assert_eq!(world.send("POST", "/analyses", young).await.code(), "vision.minor");
    let mut stored = FixedFormulas::profile(17.5);
    stored.neck_cm = None;
    *world.formulas.0.lock().unwrap() = Some(stored);
    assert_eq!(world.send("POST", "/analyses", wish()).await.code(), "vision.minor");
    *world.formulas.0.lock().unwrap() = None;
    assert_eq!(world.send("POST", "/analyses", with("consent", json!(false))).await.code(), "vision.consent_required");
    let sick = json!({"images": [{"media_id": MEDIA}], "kind": "general", "prompt": "Is this melanoma?", "consent": true});
    assert_eq!(world.send("POST", "/analyses", sick).await.code(), "vision.medical_question");
    assert!(world.model.asked().is_empty());

    for (name, value, code) in [
        ("apparent_minor", json!(true), "vision.minor"),
        ("nudity", json!(true), "vision.nudity"),
        ("people_count", json!(2), "vision.several_people"),
        ("people_count", json!(0), "vision.no_person"),
    ] {
        let mut said = FixedModel::physique(16.0, 22.0);
        said[name] = value;
        world.model.answer(said);
        let refused = ended(&world, wish()).await;
        assert_eq!((refused["status"].clone(), refused["problem"]["code"].clone()), (json!("failed"), json!(code)));
        assert_eq!(refused["result"], Value::Null);
    }
    assert_eq!(world.stored_photos().await, 0);
}

#[tokio::test]
async fn photos_that_are_not_good_enough_are_named_and_nothing_is_queued() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let wish = |content: &[u8]| submission(Kind::Physique, vec![photo(b"fine"), photo(content)]);
    let refused = world.vision.analyses.submit(&world.ada(), wish(b"dark")).await.unwrap_err();
    let VisionError::PhotoUnusable(faults) = refused else { panic!("{refused:?}") };
    assert!(faults.iter().all(|fault| fault.pointer == "/images/1") && faults.iter().any(|fault| fault.code == "too_dark"));
    let missing =
        world.send("POST", "/analyses", with("images", json!([{"media_id": "00000000-0000-0000-0000-000000000000"}]))).await;
    assert_eq!((missing.status, missing.json()["errors"][0]["pointer"].clone()), (422, json!("/images/0/media_id")));
    for wrong in [json!([]), json!([{"media_id": MEDIA}, {"media_id": MEDIA}, {"media_id": MEDIA}, {"media_id": MEDIA}])] {
        assert_eq!(world.send("POST", "/analyses", with("images", wrong)).await.code(), "vision.invalid");
    }
    let page = world.vision.analyses.list(&world.ada(), &PageRequest::first(10, core_kernel::Order::Desc)).await.unwrap();
    assert!(page.items.is_empty());
    assert_eq!(world.stored_photos().await, 0);
}

#[tokio::test]
async fn a_head_is_blurred_before_anything_is_stored_or_it_is_refused() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let blind = world.send("POST", "/analyses", with("blur_head", json!(true))).await;
    assert_eq!(blind.code(), "vision.blur_needs_landmarks");
    let mut landmarks = vec![Value::Null; 33];
    for (place, at) in landmarks.iter_mut().zip([[0.5, 0.2], [0.48, 0.18], [0.52, 0.18], [0.5, 0.22]]) {
        *place = json!(at);
    }
    let mut told = with("blur_head", json!(true));
    told["images"][0]["landmarks"] = json!(landmarks);
    world.model.answer(FixedModel::physique(16.0, 22.0));
    world.model.answer(FixedModel::physique(16.0, 22.0));
    let blurred = ended(&world, told).await;
    assert_eq!(blurred["result"]["quality"][0]["head_blurred"], true);
    ended(&world, wish()).await;
    let asked = world.model.asked();
    assert_ne!(asked[0].photos[0].bytes, asked[1].photos[0].bytes, "the model got other pixels");
}

#[tokio::test]
async fn a_model_that_is_down_is_asked_again_and_in_the_end_the_formulas_stand() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let begun = world.send("POST", "/analyses", wish()).await;
    world.work().await;
    let at = begun.header("location").unwrap().to_owned();
    let look = || world.server.get(&at).bearer("ada").send();
    assert_eq!(look().await.json()["status"], "running", "another try follows");
    assert_eq!(world.stored_photos().await, 1, "it needs the photos");
    world.model.answer(FixedModel::physique(16.0, 22.0));
    world.later().await;
    assert_eq!(look().await.json()["status"], "succeeded");
    assert_eq!(world.model.asked().len(), 2);

    *world.formulas.0.lock().unwrap() = Some(FixedFormulas::profile(30.0));
    let begun = world.send("POST", "/analyses", wish()).await;
    world.work().await;
    for _ in 0..4 {
        world.later().await;
    }
    let at = begun.header("location").unwrap().to_owned();
    let done = world.server.get(&at).bearer("ada").send().await.json();
    assert_eq!(done["status"], "succeeded", "{done}");
    assert!(done["result"]["limits"].to_string().contains("The model failed"), "{done}");
    assert_eq!(done["result"]["body_fat"]["method"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_none_gives_no_number() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    world.model.answer(json!("I see a person of about fifteen percent."));
    let done = ended(&world, wish()).await;
    assert_eq!((done["status"].clone(), done["problem"]["code"].clone()), (json!("failed"), json!("vision.model_failed")));
    world.model.answer(
        json!({"people_count": 1, "apparent_minor": false, "nudity": false, "medical_question": false, "answer": "A rack."}),
    );
    let question = json!({"images": [{"media_id": MEDIA}], "kind": "general", "prompt": "Which machine?", "consent": true});
    let done = ended(&world, question).await;
    assert_eq!(done["result"]["answer"], "A rack.");
    assert_eq!(done["result"]["body_fat"], Value::Null);
}

#[tokio::test]
async fn analyses_are_removed_when_their_time_is_over() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    world.model.answer(FixedModel::physique(16.0, 22.0));
    let done = ended(&world, with("retain_days", json!(2))).await;
    let at = format!("/api/v1/vision/analyses/{}", done["id"].as_str().unwrap());
    let look = || world.server.get(&at).bearer("ada").send();
    world.test.clock.advance(std::time::Duration::from_hours(47));
    assert_eq!(look().await.status, 200);
    world.test.clock.advance(std::time::Duration::from_hours(2));
    assert_eq!(look().await.code(), codes::NOT_FOUND.code, "at once");
    world.sweep().await;
    let page = world.vision.analyses.list(&world.ada(), &PageRequest::first(10, core_kernel::Order::Desc)).await.unwrap();
    assert!(page.items.is_empty(), "and its row soon");
    assert_eq!(world.send("POST", "/analyses", with("retain_days", json!(100_000))).await.code(), "vision.invalid");
}

#[tokio::test]
async fn deleting_one_that_waits_takes_its_photos_and_its_job_does_nothing() {
    let world = fresh(&Engine::Sqlite, FixedModel::default()).await;
    let waiting = world.vision.analyses.submit(&world.ada(), submission(Kind::Physique, vec![photo(b"fine")])).await.unwrap();
    assert_eq!((waiting.status, world.stored_photos().await), (AnalysisStatus::Queued, 1));
    world.vision.analyses.delete(&world.ada(), waiting.id).await.unwrap();
    assert_eq!(world.stored_photos().await, 0);
    world.work().await;
    assert!(world.model.asked().is_empty());
}

#[tokio::test]
async fn json_is_as_small_as_everywhere_and_only_forms_are_as_large_as_their_photos() {
    let world = fresh(&Engine::Sqlite, FixedModel::absent()).await;
    let body = |prompt: usize| {
        let image = json!({"media_id": "01900000-0000-7000-8000-000000000007"});
        json!({"images": [image], "kind": "general", "consent": true, "prompt": "?".repeat(prompt)})
    };
    let large = world.send("POST", "/analyses", body(256 * 1024)).await;
    assert_eq!((large.status, large.code().as_str()), (413, "request.body_too_large"));
    assert_eq!(world.send("POST", "/analyses", body(200 * 1024)).await.code(), "vision.invalid");
}
