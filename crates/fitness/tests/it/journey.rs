use core_feature::Feature as _;
use core_testing::{Engine, engines};
use serde_json::{Value, json};

use crate::world::{World, fresh};

async fn with_profile(engine: &Engine) -> World {
    let world = fresh(engine).await;
    let profile = json!({
        "birth_date": "1990-05-01", "sex": "male", "height": "180 cm", "mass": "80 kg", "goal": "hypertrophy", "experience": "intermediate",
        "equipment": ["barbell", "rack", "bench", "dumbbells", "cable", "pull-up bar"],
    });
    let put = world.send("PUT", "/profile", profile).await;
    assert_eq!(put.status, 200, "{}", put.text());
    world
}

#[tokio::test]
async fn somebody_plans_trains_and_gets_the_next_loads() {
    for engine in engines() {
        let world = with_profile(&engine).await;
        let made = world.send("POST", "/plans", json!({"days_per_week": 4, "minutes": 60})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let plan = made.json();
        let at = format!("/plans/{}", plan["id"].as_str().unwrap());
        assert_eq!(plan["days"].as_array().unwrap().len(), 4);
        let explained = world.get(&format!("{at}/explain")).await.json();
        let reasons = explained["reasons"].as_array().unwrap();
        assert!(reasons.iter().all(|reason| reason["source"].as_str().is_some_and(|source| !source.is_empty())));

        let next = world.get(&format!("{at}/next")).await.json();
        let items = next["items"].as_array().unwrap();
        let loaded: Vec<&Value> = items.iter().filter(|item| item["metric"] == "reps" && item["load"].is_null()).collect();
        let lift = loaded.iter().find(|item| item["exercise"].as_str().unwrap().contains("bench-press")).unwrap_or(&loaded[0]);
        let (slug, high, sets) = (lift["exercise"].as_str().unwrap(), lift["high"].clone(), lift["sets"].as_u64().unwrap());
        assert_eq!(lift["trace"][0]["rule"], "progress.start");

        let begun = world.send("POST", "/workouts", json!({"plan_id": plan["id"], "plan_day": 0, "title": "Monday"})).await;
        assert_eq!(begun.status, 201, "{}", begun.text());
        let workout = format!("/workouts/{}", begun.json()["id"].as_str().unwrap());
        for _ in 0..sets {
            let set = json!({"exercise": slug, "load": "60 kg", "reps": high, "rir": 1});
            assert_eq!(world.send("POST", &format!("{workout}/sets"), set).await.status, 201);
        }
        let ended = world.send("PATCH", &workout, json!({"ended_at": "2026-01-16T15:40:00Z"})).await;
        assert_eq!(ended.status, 200, "{}", ended.text());
        let late = world.send("POST", &format!("{workout}/sets"), json!({"exercise": slug, "reps": 1})).await;
        assert_eq!(late.code(), "fitness.workout_ended");

        assert_eq!(world.get(&format!("{at}/next")).await.json()["day"], 1, "the plan turns");
        for day in 1..4 {
            let body = json!({"plan_id": plan["id"], "plan_day": day, "ended_at": "2026-01-16T16:00:00Z", "started_at": "2026-01-16T15:50:00Z"});
            assert_eq!(world.send("POST", "/workouts", body).await.status, 201);
        }
        let next = world.get(&format!("{at}/next")).await.json();
        let again = next["items"].as_array().unwrap().iter().find(|item| item["exercise"] == slug).unwrap();
        assert_eq!((next["day"].clone(), next["cycle"].clone()), (json!(0), json!(2)));
        assert!(again["load"]["value"].as_f64().unwrap() > 60.0, "{again}");
        assert_eq!(again["trace"][0]["rule"], "progress.double");

        let records = world.get("/records").await.json();
        assert!(
            records["records"].as_array().unwrap().iter().any(|record| record["kind"] == "heaviest" && record["value"] == 60.0)
        );
        let volume = world.get("/volume").await.json();
        assert!(!volume["weeks"][0]["sets"].as_object().unwrap().is_empty());

        let text = world.fitness.coach.text(&world.ada(), Some("de")).await.unwrap();
        assert!(text.contains("Next session:") && text.contains("60 kg x ") && text.contains("Locale: de"), "{text}");
    }
}

#[tokio::test]
async fn an_ambiguous_quantity_offers_its_readings_and_stores_nothing() {
    let world = fresh(&Engine::Sqlite).await;
    let asked = world.send("POST", "/units/parse", json!({"text": "5.11", "quantity": "length"})).await;
    assert_eq!((asked.status, asked.code().as_str()), (422, "fitness.ambiguous_quantity"));
    let readings = asked.json()["readings"].clone();
    assert_eq!((readings[0]["value"].clone(), readings[1]["text"].clone()), (json!(155.753), json!("5'11\"")));
    let bare = world.send("POST", "/units/parse", json!({"text": "180", "quantity": "mass"})).await;
    assert_eq!(bare.json()["readings"].as_array().unwrap().len(), 2);
    let read = world.send("POST", "/units/parse", json!({"text": "11 st 4 lb", "quantity": "mass"})).await.json();
    assert_eq!((read["unit"].clone(), read["confidence"].clone()), (json!("kg"), json!("explicit")));
    for (height, mass) in [(json!("180"), json!("80 kg")), (json!("180 cm"), json!(80)), (json!(5.11), json!("80 kg"))] {
        let body = json!({"birth_date": "1990-05-01", "sex": "male", "height": height, "mass": mass});
        assert_eq!(world.send("PUT", "/profile", body).await.code(), "fitness.ambiguous_quantity");
    }
    assert_eq!(world.get("/profile").await.code(), "fitness.no_profile");
    let range = json!({"birth_date": "1990-05-01", "sex": "male", "height": "300 cm", "mass": "80 kg"});
    let refused = world.send("PUT", "/profile", range).await;
    assert!(refused.text().contains("100 to 272 cm"), "{}", refused.text());
}

#[tokio::test]
async fn people_who_read_pounds_are_answered_in_pounds() {
    let world = fresh(&Engine::Sqlite).await;
    let body = json!({"birth_date": "1990-05-01", "sex": "male", "height": "5'11\"", "mass": "176 lb", "units": "imperial"});
    let profile = world.send("PUT", "/profile", body).await.json();
    assert_eq!((profile["mass"]["text"].clone(), profile["height"]["text"].clone()), (json!("176 lb"), json!("5'11\"")));
    world.send("POST", "/measurements", json!({"kind": "waist", "value": "34 in"})).await;
    let waists = world.get("/measurements?kind=waist").await.json();
    assert_eq!((waists["items"][0]["value"].clone(), waists["items"][0]["unit"].clone()), (json!(34.0), json!("in")));
}

#[tokio::test]
async fn an_exercise_is_found_by_any_of_its_names_and_moves() {
    let world = fresh(&Engine::Sqlite).await;
    for name in ["push-up", "pushup", "Liegest%C3%BCtz"] {
        let found = world.get(&format!("/exercises/{name}")).await.json();
        assert_eq!(found["slug"], "push-up");
        assert_eq!(found["animation"]["gif"], "/api/v1/fitness/exercises/push-up/animation.gif");
    }
    let found = world.get("/exercises?muscle=chest&equipment=none&limit=3").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
    let cursor = found["next_cursor"].as_str().unwrap();
    let more = world.get(&format!("/exercises?muscle=chest&equipment=none&limit=3&cursor={cursor}")).await.json();
    assert_ne!(more["items"][0]["slug"], found["items"][0]["slug"]);
    let public = world.server.get("/api/v1/fitness/exercises/push-up/animation.gif").send().await;
    assert_eq!((public.status, public.header("content-type")), (200, Some("image/gif")));
    assert!(public.body.starts_with(b"GIF89a"));
    let tag = public.header("etag").unwrap().to_owned();
    let same = world.server.get("/api/v1/fitness/exercises/pushup/animation.gif").header("if-none-match", tag).send().await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    let svg = world.server.get("/api/v1/fitness/exercises/push-up/animation.svg?theme=dark").send().await;
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    let none = world.server.get("/api/v1/fitness/exercises/russian-twist/animation.gif").send().await;
    assert_eq!(none.code(), "fitness.no_animation");
    let media = world.send("POST", "/exercises/push-up/media", json!({"media_id": "01900000-0000-7000-8000-000000000001"})).await;
    assert_eq!((media.status, media.code().as_str()), (503, "fitness.not_connected"));
    assert!(media.text().contains("MediaLinks"));
}

#[tokio::test]
async fn a_taken_machine_is_swapped_for_this_workout_alone() {
    let world = with_profile(&Engine::Sqlite).await;
    let workout = world.send("POST", "/workouts", json!({})).await.json();
    let at = format!("/workouts/{}/substitute", workout["id"].as_str().unwrap());
    let swapped = world.send("POST", &at, json!({"exercise": "bench press", "missing": ["barbell"]})).await.json();
    assert_eq!(swapped["to"]["slug"], "dumbbell-bench-press");
    assert_eq!(swapped["swaps"][0]["from"], "barbell-bench-press");
}

#[tokio::test]
async fn a_proposal_of_a_model_is_repaired_and_an_outage_falls_back() {
    let world = with_profile(&Engine::Sqlite).await;
    let wish = json!({"days_per_week": 3, "minutes": 60, "author": "model"});
    let fallen = world.send("POST", "/plans", wish.clone()).await.json();
    assert_eq!(
        (fallen["author"].clone(), fallen["differences"][0]["rule"].clone()),
        (json!("builder"), json!("writer.fallback"))
    );
    let days: Vec<Value> = fallen["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| {
            let items = day["items"].as_array().unwrap();
            let mut items: Vec<Value> =
                items.iter().map(|item| json!({"exercise": item["exercise"], "sets": item["sets"]})).collect();
            items.push(json!({"exercise": "teleportation", "sets": 3}));
            json!({"name": day["name"], "items": items})
        })
        .collect();
    world.writer.answer(json!({"days": days, "wording": "Enjoy."}));
    let proposed = world.send("POST", "/plans", wish.clone()).await.json();
    assert_eq!((proposed["author"].clone(), proposed["wording"].clone()), (json!("model"), json!("Enjoy.")));
    assert!(proposed["differences"].to_string().contains("teleportation"));
    world.writer.answer(json!({"days": [], "evil": true}));
    assert_eq!(world.send("POST", "/plans", wish).await.json()["author"], "builder");
}

#[tokio::test]
async fn a_log_is_imported_once_and_comes_out_again() {
    for engine in engines() {
        let world = fresh(&engine).await;
        let table = "title,start_time,end_time,exercise_title,set_type,weight_kg,reps\n\
            Push,\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",Bench Press (Barbell),normal,80,8\n\
            Push,\"28 Mar 2025, 17:29\",\"28 Mar 2025, 18:35\",Moon Walk,normal,,8\n";
        let mut results = Vec::new();
        for _ in 0..2 {
            let request = world.server.post("/api/v1/fitness/imports?source=hevy").bearer("ada").body("text/csv", table);
            let begun = request.send().await;
            assert_eq!(begun.status, 202, "{}", begun.text());
            world.work().await;
            let at = begun.header("location").unwrap().to_owned();
            results.push(world.server.get(&at).bearer("ada").send().await.json());
        }
        assert_eq!(results[0]["status"], "succeeded", "{}", results[0]);
        assert_eq!((results[0]["result"]["workouts"].clone(), results[0]["result"]["sets"].clone()), (json!(1), json!(2)));
        assert_eq!(results[0]["result"]["unknown_exercises"], json!(["Moon Walk"]));
        assert_eq!(
            (results[1]["result"]["workouts"].clone(), results[1]["result"]["already_there"].clone()),
            (json!(0), json!(1))
        );
        let workouts = world.get("/workouts").await.json();
        assert_eq!(workouts["items"][0]["sets"][0]["exercise"], "barbell-bench-press");
        let export = world.get("/export").await;
        assert!(export.text().contains("barbell-bench-press"));
        let csv = world.get("/export?format=csv").await;
        assert_eq!(csv.text().lines().count(), 3);
        let broken =
            world.server.post("/api/v1/fitness/imports?source=strong").bearer("ada").body("text/csv", "no,table\n").send().await;
        world.work().await;
        let failed = world.server.get(broken.header("location").unwrap()).bearer("ada").send().await.json();
        assert_eq!(
            (failed["status"].clone(), failed["problem"]["code"].clone()),
            (json!("failed"), json!("fitness.unreadable_import"))
        );
    }
}

#[tokio::test]
async fn exercises_of_others_come_in_for_everybody_with_their_licence() {
    let world = fresh(&Engine::Sqlite).await;
    let file = r#"[{"id":"Atlas_Lift","name":"Atlas Lift","force":"pull","level":"expert","mechanic":"compound","equipment":"other",
        "primaryMuscles":["lower back"],"secondaryMuscles":["glutes"],"instructions":["Lift it."],"category":"strongman"}]"#;
    let path = "/api/v1/fitness/exercises/imports?source=free_exercise_db";
    let begun = world.server.post(path).bearer("ada").body("application/json", file).send().await;
    world.work().await;
    let done = world.server.get(begun.header("location").unwrap()).bearer("ada").send().await.json();
    assert_eq!(done["result"]["exercises"], 1, "{done}");
    assert_eq!(done["result"]["unknown_vocabulary"]["equipment"], json!(["other"]));
    let found = world.get("/exercises/fedb-atlas-lift").await.json();
    assert_eq!((found["licence"].clone(), found["source"].clone()), (json!("Unlicense"), json!("free-exercise-db")));
}

#[tokio::test]
async fn the_coach_logs_a_set_and_reads_the_next_session() {
    let world = with_profile(&Engine::Sqlite).await;
    let tools = world.fitness.tools();
    let call = |name: &str, arguments: Value| {
        let tool = tools.iter().find(|tool| tool.name == name).unwrap();
        (tool.call)(world.ada(), arguments)
    };
    let found = call("fitness.find_exercises", json!({"query": "pushup"})).await.unwrap();
    assert_eq!(found["exercises"][0]["slug"], "push-up");
    assert!(call("fitness.next_session", json!({})).await.is_err());
    world.send("POST", "/plans", json!({})).await;
    assert!(!call("fitness.next_session", json!({})).await.unwrap()["items"].as_array().unwrap().is_empty());
    let ambiguous = call("fitness.log_set", json!({"exercise": "bench press", "load": "60", "reps": 8})).await.unwrap_err();
    assert!(ambiguous.contains("60 kg or 60 lb"), "{ambiguous}");
    call("fitness.log_set", json!({"exercise": "bench press", "load": "60 kg", "reps": 8})).await.unwrap();
    call("fitness.log_set", json!({"exercise": "bench press", "load": "60 kg", "reps": 7})).await.unwrap();
    let workouts = world.get("/workouts").await.json();
    assert_eq!(workouts["items"][0]["sets"].as_array().unwrap().len(), 2, "both in the open workout");
    let template = world.fitness.templates().remove(0);
    assert_eq!(template.name, "fitness.coach");
}

#[tokio::test]
async fn energy_follows_what_was_logged_and_the_chart_shows_it() {
    let world = with_profile(&Engine::Sqlite).await;
    assert_eq!(world.get("/energy").await.json()["method"], "formula");
    for day in 1..=16 {
        let at = format!("2026-01-{day:02}T07:00:00Z");
        world.send("POST", "/measurements", json!({"kind": "mass", "value": "80 kg", "measured_at": at})).await;
        world.send("POST", "/measurements", json!({"kind": "intake", "value": 2400, "measured_at": at})).await;
    }
    let energy = world.get("/energy").await.json();
    assert_eq!((energy["method"].clone(), energy["tdee_kcal"].clone()), (json!("adaptive"), json!(2400.0)));
    let progress = world.get("/progress?metric=mass").await.json();
    assert_eq!((progress["points"].as_array().unwrap().len(), progress["change"]["amount"].clone()), (16, Value::Null));
    let chart = world.get("/progress.svg?metric=mass&theme=dark").await;
    assert!(chart.text().starts_with("<svg") && chart.text().contains("Body mass"));
}
