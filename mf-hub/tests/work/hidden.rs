//! Nothing of a restricted project is told to who may not know of it, by
//! whatever way he asks.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

/// In everything that nobody may know of, and nowhere else.
const TOKEN: &str = "xyzzy";

/// A restricted project with a build that was tagged and spoken of, and its
/// task's label and files.
async fn secret(farm: &Farm) -> Value {
    let worker = farm.worker(4).await;
    let token = |field: &str| json!({ "project_label": TOKEN, "label": TOKEN, field: TOKEN });
    let mut branch = token("package_label");
    branch["build_handler_label"] = "generic".into();
    branch["releases"] = "el6".into();
    let mut build = token("package_branch_label");
    build["notes"] = TOKEN.into();
    for (resource, fields) in [
        ("project", json!({ "label": TOKEN, "restricted": true })),
        ("package", token("summary")),
        ("package-branch", branch),
        ("tag", json!({ "project_label": TOKEN, "label": TOKEN, "manage_repo": true })),
        ("build", build),
    ] {
        farm.admin().ok(Method::POST, &format!("/{resource}/post.json"), fields).await;
    }
    let claim = worker.take("a").await;
    worker.append(&claim, 0, "xyzzy\n").await.done();
    worker.upload(&claim, "file", "xyzzy.rpm", b"xyzzy").await.done();
    worker.complete(&claim, Outcome::Success, TOKEN).await.done();
    let on_it = |verb: &str| format!("/build/{TOKEN}/{verb}.json?project_label={TOKEN}");
    let tag = json!({ "tag_label": TOKEN });
    farm.admin().ok(Method::POST, &on_it("tag"), tag).await;
    let comment = json!({ "comment": TOKEN, "karma": 1 });
    farm.admin().ok(Method::POST, &on_it("comment"), comment).await;
    let task = format!("/task/{TOKEN}.el6-x86_64/get_one.json?project_label={TOKEN}");
    farm.admin().ok(Method::GET, &task, Value::Null).await.json["data"]["task"].take()
}

/// The path with its parts filled in by what is secret.
fn filled(path: &str, task: &Value) -> String {
    let of_task = path.starts_with("/task/");
    let label = if of_task { task["label"].as_str().unwrap() } else { TOKEN };
    path.replace("{label}", label)
        .replace("{id}", &task["id"].to_string())
        .replace("{project}", TOKEN)
        .replace("{project_label}", TOKEN)
        .replace("{name}", "build.log")
        .replace("{path}", &format!("{}/xyzzy.rpm", task["fs_path"].as_str().unwrap()))
}

/// Every page and everything beside the API, as a visitor may guess it.
fn beside(task: &Value) -> Vec<String> {
    let label = task["label"].as_str().unwrap();
    let fs_path = task["fs_path"].as_str().unwrap();
    let mut paths: Vec<String> =
        ["/", "/repo/", "/repo/xyzzy/", "/repo/xyzzy/xyzzy/"].map(str::to_owned).to_vec();
    for resource in mf_core::resource::ALL {
        let name = resource.name;
        paths.push(format!("/{name}"));
        for label in [TOKEN, label] {
            for at in ["", "/xyzzy"] {
                paths.push(format!("/{name}{at}/{label}"));
                paths.push(format!("/{name}{at}/{label}?project_label={TOKEN}"));
            }
        }
    }
    for root in ["/download", "/files", ""] {
        for file in ["", "/", "/xyzzy.rpm", "/build.log", "/log", "/file/xyzzy.rpm"] {
            paths.push(format!("{root}/{}{file}", fs_path.trim_start_matches('/')));
        }
    }
    paths
}

#[tokio::test]
async fn no_answer_to_a_stranger_has_anything_of_it() {
    let farm = Farm::new().await;
    let task = secret(&farm).await;
    let ask = async |path: &str| {
        let answer = farm.http.get(format!("{}{path}", farm.url)).send().await.unwrap();
        let length = answer.content_length();
        let (status, endless) = (answer.status(), length.is_none() && path.contains("events"));
        if endless { (status, String::new()) } else { (status, answer.text().await.unwrap()) }
    };
    let document = ask("/openapi.json").await.1;
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut paths = beside(&task);
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_none() {
            continue;
        }
        let path = filled(path, &task);
        paths.push(path.clone());
        paths.push(format!("{path}?project_label={TOKEN}"));
        paths.push(format!("{path}?mf_search_query={}", &TOKEN[..4]));
        paths.push(format!("{path}?query={}", &TOKEN[..4]));
        paths.push(format!("{path}?lists=all&limit=100"));
    }
    assert!(paths.len() > 300, "{}", paths.len());
    let mut answered = 0;
    for path in paths {
        let (status, text) = ask(&path).await;
        // A refusal may say again what was asked for.
        if status.is_success() {
            answered += 1;
            assert!(!text.contains(TOKEN), "{path}: {text}");
        }
    }
    assert!(answered > 50, "{answered}");
}
