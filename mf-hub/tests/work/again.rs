//! A hub that is killed while it is asked for builds: who asks again with the
//! same key has each build once.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::farm::Farm;

/// How often the hub is killed.
const KILLS: usize = 6;
/// How many ask at the same time.
const ASKERS: usize = 8;

/// Asks for a build, by the key of that asker and round.
fn asked(farm: &Farm, round: usize, asker: usize) -> RequestBuilder {
    let admin = farm.admin();
    admin
        .http
        .post(format!("{}/build/post.json", admin.url))
        .bearer_auth(&admin.key)
        .header("idempotency-key", format!("round-{round}-{asker}"))
        .json(&json!({ "project_label": "demo", "package_branch_label": "two" }))
}

/// The label of the build, if the answer came.
async fn label(request: RequestBuilder) -> Option<String> {
    let reply: Value = request.send().await.ok()?.json().await.ok()?;
    Some(reply["data"]["build"]["label"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_twice_however_often_the_hub_is_killed() {
    let mut farm = Farm::new().await;
    let mut all = BTreeSet::new();
    for round in 0..KILLS {
        let under_way: Vec<_> =
            (0..ASKERS).map(|asker| tokio::spawn(label(asked(&farm, round, asker)))).collect();
        // In some rounds an answer comes first, in others the end.
        if round % 2 == 1 {
            farm.admin().ok(Method::GET, "/util/version.json", json!(null)).await;
        }
        farm.kill();
        let mut first = Vec::new();
        for answer in under_way {
            first.push(answer.await.unwrap());
        }
        farm.start_again();
        for (asker, first) in first.into_iter().enumerate() {
            let again = label(asked(&farm, round, asker)).await.expect("the hub is back");
            assert!(first.is_none_or(|first| first == again), "another build: {again}");
            assert!(all.insert(again), "two have the same build");
        }
    }
    let path = "/build/get_all.json?project_label=demo";
    let builds = farm.admin().ok(Method::GET, path, json!(null)).await.json;
    assert_eq!(builds["data"]["builds"].as_array().unwrap().len(), KILLS * ASKERS);
}
