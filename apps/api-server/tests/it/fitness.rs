use core_testing::http::{FormFile, Reply};
use serde_json::{Value, json};

use crate::program::{PASSWORD, Server, access};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_plans_trains_and_is_coached_on_what_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let send = |method: &str, target: &str, body: Value| {
        server.request(method, &format!("/api/v1{target}")).bearer(&token).json(&body).send()
    };
    let profile = json!({"birth_date": "1990-05-01", "sex": "female", "height": "5'7\"", "mass": "65 kg", "equipment": ["dumbbells", "bench"]});
    let put = send("PUT", "/fitness/profile", profile).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let plan = send("POST", "/fitness/plans", json!({"name": "Spring", "days_per_week": 3, "minutes": 45})).await;
    assert_eq!(plan.status, 201, "{}", plan.text());
    let plan = plan.json();
    let next = format!("/api/v1/fitness/plans/{}/next", plan["id"].as_str().unwrap());
    let slug = server.get(&next, &token).await.json()["items"][0]["exercise"].as_str().unwrap().to_owned();

    let workout = send("POST", "/fitness/workouts", json!({"plan_id": plan["id"], "plan_day": 0})).await.json();
    let sets = format!("/fitness/workouts/{}/sets", workout["id"].as_str().unwrap());
    let logged = send("POST", &sets, json!({"exercise": slug, "load": "10 kg", "reps": 8})).await;
    assert_eq!(logged.status, 201, "{}", logged.text());
    assert_eq!(server.get(&next, &token).await.json()["day"], 1);

    let conversation = json!({"template": "fitness.coach", "context": ["fitness"], "tools": ["fitness.log_set"]});
    let conversation = send("POST", "/llm/conversations", conversation).await;
    assert_eq!(conversation.status, 201, "{}", conversation.text());
    let told = format!("/api/v1/llm/conversations/{}/context", conversation.json()["id"].as_str().unwrap());
    let told = server.get(&told, &token).await.text();
    for word in ["You are a training coach", "Spring", "Next session", "10 kg x 8"] {
        assert!(told.contains(word), "{word}: {told}");
    }

    let model = send("POST", "/fitness/plans", json!({"author": "model"})).await.json();
    assert_eq!(model["author"], "builder", "without a model the rules' plan stands");
    let gif = server.request("GET", "/api/v1/fitness/exercises/push-up/animation.gif").send().await;
    assert_eq!((gif.status, gif.header("content-type")), (200, Some("image/gif")));
    let picture = json!({"media_id": "01900000-0000-7000-8000-000000000001"});
    assert_eq!(
        send("POST", "/fitness/exercises", json!({"name": "Sandbag", "pattern": "carry", "muscles": {"glutes": 1}})).await.status,
        201
    );
    assert_eq!(send("POST", "/fitness/exercises/sandbag/media", picture).await.status, 422, "there is no such picture");
}

/// What the coach and the eyes of the scripted provider say.
fn scripts(media_id: &str) -> String {
    let reply = json!({"exercises": [{"slug": "push-up", "media_id": media_id}, {"slug": "squat", "media_id": null}]});
    let seen = json!({
        "people_count": 1, "apparent_minor": false, "nudity": false, "whole_body_visible": true, "photo_issues": [],
        "body_fat": {"low": 24, "high": 30}, "features": [{"name": "abdomen_definition", "value": "low"}],
    });
    format!(
        "[llm]\ndefault_model = \"demo/coach\"\n[llm.providers.demo]\nkind = \"scripted\"\n[llm.providers.demo.scripts]\n\
         coach = [{{ text = \"Your plan Spring begins with push-ups. \" }}, {{ text = '{reply}' }}]\neyes = [{{ text = '{seen}' }}]\n\
         [vision]\nmodel = \"demo/eyes\"\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coach_cites_the_plan_shows_the_push_up_and_looks_at_a_photo() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let gif = server.request("GET", "/api/v1/fitness/exercises/push-up/animation.gif").send().await;
    let file = FormFile { field: "file", name: "push-up.gif", mime: "image/gif", bytes: &gif.body };
    let picture = server.request("POST", "/api/v1/media").bearer(&token).form(&[("alt", "Push-up")], &[file]).send().await;
    assert_eq!(picture.status, 201, "{}", picture.text());
    let media_id = picture.json()["id"].as_str().unwrap().to_owned();
    drop(server);

    // The scripts name the picture, so they come with the second start.
    std::fs::create_dir_all(folder.path().join("config")).unwrap();
    std::fs::write(folder.path().join("config/local.toml"), scripts(&media_id)).unwrap();
    let server = Server::start(folder.path());
    let token =
        access(&server.post("/api/v1/auth/login", json!({"email": "ada@example.com", "password": PASSWORD})).await.json());
    let ada = Client { server: &server, token };
    let profile = json!({"birth_date": "1990-05-01", "sex": "female", "height": "165 cm", "mass": "65 kg", "equipment": []});
    assert_eq!(ada.send("PUT", "/fitness/profile", profile).await.status, 200);
    let plan = ada.send("POST", "/fitness/plans", json!({"name": "Spring", "days_per_week": 2, "minutes": 30})).await;
    assert_eq!(plan.status, 201, "{}", plan.text());
    let plan = plan.json()["id"].as_str().unwrap().to_owned();
    let said = ada.is_coached().await;
    ada.sees_the_picture_in(&said, &media_id).await;
    ada.is_looked_at().await;
    ada.trains_by(&plan).await;
}

/// Somebody who is signed in.
struct Client<'s> {
    server: &'s Server,
    token: String,
}

impl Client<'_> {
    async fn send(&self, method: &str, target: &str, body: Value) -> Reply {
        self.server.request(method, &format!("/api/v1{target}")).bearer(&self.token).json(&body).send().await
    }

    async fn get(&self, target: &str) -> Reply {
        self.server.get(&format!("/api/v1{target}"), &self.token).await
    }

    /// What the coach says, who knows the plan.
    async fn is_coached(&self) -> String {
        let conversation = json!({"template": "fitness.coach", "context": ["fitness"]});
        let id = self.send("POST", "/llm/conversations", conversation).await.json()["id"].as_str().unwrap().to_owned();
        let told = self.get(&format!("/llm/conversations/{id}/context")).await.text();
        assert!(told.contains("Spring"), "the coach knows the plan: {told}");
        let asked = json!({"content": "What do I do today?"});
        let reply = self.send("POST", &format!("/llm/conversations/{id}/messages"), asked).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert!(reply.text().contains("Your plan Spring"), "{}", reply.text());
        let messages = self.get(&format!("/llm/conversations/{id}/messages")).await.json();
        let answer = messages["items"].as_array().unwrap().iter().find(|message| message["role"] == "assistant").unwrap();
        let content = &answer["content"];
        content.as_str().or_else(|| content[0]["text"].as_str()).unwrap().to_owned()
    }

    /// The JSON of the reply carries the picture that it names.
    async fn sees_the_picture_in(&self, said: &str, media_id: &str) {
        let found = self.send("POST", "/llm/json/extract", json!({"text": said})).await.json();
        let value = found["values"][0].clone();
        let rules = json!([{"id_pointer": "/exercises/*/media_id", "target": "/exercises/*/media", "variants": ["thumb"]}]);
        let attached = self.send("POST", "/media/attach", json!({"value": value, "rules": rules})).await;
        assert_eq!(attached.status, 200, "{} of {found}", attached.text());
        let media = attached.json()["value"]["exercises"][0]["media"].clone();
        assert_eq!(media["id"], json!(media_id), "{media}");
        let (_, path) = media["url"].as_str().unwrap().split_once("/api/v1").unwrap();
        let shown = self.get(path).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/gif")));
    }

    /// A photo is described by the model and merged with formulas.
    async fn is_looked_at(&self) {
        let profile =
            r#"{"sex": "female", "age": 28, "height_cm": 165, "mass_kg": 65, "waist_cm": 70, "hip_cm": 96, "neck_cm": 33}"#;
        let photo = media::testing::photo(1600, 1200);
        let texts = [("kind", "physique"), ("consent", "true"), ("profile", profile)];
        let request = self.server.request("POST", "/api/v1/vision/analyses").bearer(&self.token);
        let begun = request.form(&texts, &[FormFile::jpeg("image", &photo)]).send().await;
        assert_eq!(begun.status, 202, "{}", begun.text());
        let at = format!("{}?wait=25", begun.header("location").unwrap());
        let done = self.server.get(&at, &self.token).await.json();
        assert_eq!(done["status"], "succeeded", "{done}");
        let methods = done["result"]["body_fat"]["method"].as_array().unwrap();
        let is_there = |wanted: &&str| methods.iter().any(|method| method["id"] == **wanted);
        assert!(["photo_model", "navy_women"].iter().all(is_there), "{done}");
    }

    /// A logged session moves the plan on, and a weight is drawn.
    async fn trains_by(&self, plan: &str) {
        let next = format!("/fitness/plans/{plan}/next");
        let first = self.get(&next).await.json();
        let workout = self.send("POST", "/fitness/workouts", json!({"plan_id": plan, "plan_day": 0})).await.json();
        let sets = format!("/fitness/workouts/{}/sets", workout["id"].as_str().unwrap());
        for item in first["items"].as_array().unwrap() {
            let set = self.send("POST", &sets, json!({"exercise": item["exercise"], "reps": 10, "rir": 2})).await;
            assert_eq!(set.status, 201, "{}", set.text());
        }
        assert_eq!(self.get(&next).await.json()["day"], 1, "the next loads are those of the next day");
        let weight = json!({"kind": "mass", "value": "64.5 kg"});
        assert_eq!(self.send("POST", "/fitness/measurements", weight).await.status, 201);
        let chart = self.get("/fitness/progress.svg?metric=mass").await;
        assert_eq!((chart.status, chart.header("content-type")), (200, Some("image/svg+xml")));
    }
}
